import { decodeAggregate, encodeAggregate, expandRecord } from '@millrace/kinesis/codec';
import { effectiveHashKey, toSequenceNumber, type StoredRecord } from '@millrace/kinesis/record';
import { contains, evenRanges } from '@millrace/kinesis/shard';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { field, integer, seal, utf8 } from './aggregate-bytes.ts';
import { someEntries } from './arbitraries.ts';

const place = { sequenceNumber: toSequenceNumber('49590338271490256608'), arrivedAt: 1_767_225_600_000 };

function store(data: Uint8Array): StoredRecord {
  return { ...place, partitionKey: 'a', data };
}

test('a plain record is itself, under its own key, and never foreign', () => {
  const stored = { ...place, partitionKey: 'user-b', data: utf8('plain') };
  const [low] = evenRanges(1000);
  expect(expandRecord(stored, low && { range: low })).toEqual([
    { ...stored, subSequenceNumber: 0, headers: {}, aggregated: false, foreign: false },
  ]);
});

test('the records of an aggregate share its place and number themselves from 0', () => {
  const data = encodeAggregate([
    { partitionKey: 'user-b', data: utf8('one'), headers: { trace: 't1' } },
    { partitionKey: '42', explicitHashKey: '7', data: utf8('') },
  ]).data;
  const shared = { ...place, aggregated: true, foreign: false };
  const [one, two, ...rest] = expandRecord(store(data));
  expect(one).toMatchObject({
    ...shared,
    partitionKey: 'user-b',
    subSequenceNumber: 0,
    headers: { trace: 't1' },
  });
  expect(one).not.toHaveProperty('explicitHashKey');
  expect(two).toMatchObject({
    ...shared,
    partitionKey: '42',
    subSequenceNumber: 1,
    explicitHashKey: '7',
    headers: {},
  });
  expect(rest).toEqual([]);
});

test('a corrupt aggregate is passed through as the plain record it was stored as', () => {
  const data = Uint8Array.from(encodeAggregate([{ partitionKey: 'k', data: utf8('one') }]).data);
  data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
  const expanded = expandRecord(store(data));
  expect(expanded).toMatchObject([{ partitionKey: 'a', aggregated: false }]);
  expect(expanded[0]?.data).toBe(data);
});

test('an aggregate of one user record is opened', () => {
  const data = encodeAggregate([{ partitionKey: 'k', data: utf8('one') }]).data;
  expect(expandRecord(store(data))).toMatchObject([
    { partitionKey: 'k', aggregated: true, subSequenceNumber: 0 },
  ]);
});

test('exactly the records whose hash key another shard owns are foreign, and all keep their place', () => {
  fc.assert(
    fc.property(someEntries, fc.integer({ min: 1, max: 4 }), fc.nat(3), (entries, shards, pick) => {
      const data = encodeAggregate(entries).data;
      const range = evenRanges(shards)[pick % shards];
      fc.pre(range !== undefined);
      const expanded = expandRecord(store(data), { range });
      const decoded = decodeAggregate(data) ?? [];
      expect(expanded.map(({ foreign, subSequenceNumber }) => ({ foreign, subSequenceNumber }))).toEqual(
        decoded.map(({ partitionKey, explicitHashKey }, subSequenceNumber) => ({
          foreign: !contains(range, effectiveHashKey(partitionKey, explicitHashKey)),
          subSequenceNumber,
        })),
      );
      expect(expanded.map((record) => record.data)).toEqual(decoded.map((entry) => entry.data));
    }),
  );
});

test('a partition key that looks like a hash key is hashed all the same', () => {
  const entries = [
    { partitionKey: 'k', explicitHashKey: '7', data: utf8('') },
    { partitionKey: '7', data: utf8('') },
  ];
  for (const order of [entries, entries.toReversed()]) {
    const expanded = expandRecord(store(encodeAggregate(order).data), { range: { start: 0n, end: 9n } });
    expect(expanded.map(({ partitionKey, foreign }) => [partitionKey, foreign])).toEqual(
      order.map(({ partitionKey }) => [partitionKey, partitionKey === '7']),
    );
  }
});

test('without a range no record is foreign', () => {
  fc.assert(
    fc.property(someEntries, (entries) => {
      expect(expandRecord(store(encodeAggregate(entries).data)).some((record) => record.foreign)).toBe(false);
    }),
  );
});

test('a record with a hash key that is none is delivered: nobody knows where else it would be', () => {
  const data = seal(
    Buffer.concat([field(1, 'k'), field(2, 'abc'), field(3, integer(1, 0), integer(2, 0), field(3, 'data'))]),
  );
  expect(expandRecord(store(data), { range: { start: 0n, end: 0n } })).toMatchObject([
    { explicitHashKey: 'abc', aggregated: true, foreign: false },
  ]);
});
