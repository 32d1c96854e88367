import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { decodeJson, encodeJson, encodeTimestamp } from '../../src/wire/json.ts';
import { encodeRecords } from '../../src/wire/stored-records.ts';

const number = fc.bigInt({ min: 10n ** 55n, max: 10n ** 56n - 1n }).map(String);
const shardId = fc.nat().map((index) => `shardId-${String(index).padStart(12, '0')}`);
const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\u2028', '\ud800'),
);

describe('text written by hand', () => {
  test('of read records reads back as they were, payloads of either kind and keys of any characters', () => {
    const record = fc.record({
      SequenceNumber: number,
      ApproximateArrivalTimestamp: time,
      Data: fc.oneof(fc.base64String(), fc.uint8Array()),
      PartitionKey: anyText,
    });
    const child = fc.record({
      ShardId: shardId,
      ParentShards: fc.array(shardId),
      HashKeyRange: fc.record({ StartingHashKey: number, EndingHashKey: number }),
    });
    const output = fc.record(
      {
        Records: fc.array(record),
        MillisBehindLatest: fc.nat(),
        NextShardIterator: fc.base64String(),
        ContinuationSequenceNumber: number,
        ChildShards: fc.array(child),
      },
      { requiredKeys: ['Records', 'MillisBehindLatest'] },
    );
    fc.assert(
      fc.property(output, (given) => {
        expect(JSON.parse(encodeRecords(given).toString())).toEqual({
          ...given,
          Records: given.Records.map((one) => ({
            ...one,
            ApproximateArrivalTimestamp: one.ApproximateArrivalTimestamp / 1000,
            Data: typeof one.Data === 'string' ? one.Data : Buffer.from(one.Data).toString('base64'),
          })),
        });
      }),
    );
  });

  test('of a time is seconds with at most three decimals, exact to the millisecond', () => {
    fc.assert(
      fc.property(time, (milliseconds) => {
        const text = encodeTimestamp(milliseconds);
        expect(text).toMatch(/^\d+(?:\.\d{3})?$/);
        expect(Math.round(Number(text) * 1000)).toBe(milliseconds);
      }),
    );
  });
});

describe('JSON', () => {
  test('answers times in seconds and bytes in base64, at any depth', () => {
    expect(
      encodeJson({
        A: { StreamCreationTimestamp: 1_767_225_600_123, List: [{ Data: Uint8Array.of(1, 2, 3) }] },
      }),
    ).toBe('{"A":{"StreamCreationTimestamp":1767225600.123,"List":[{"Data":"AQID"}]}}');
  });

  test('answers nothing with an empty body', () => {
    expect(encodeJson(undefined)).toBe('');
  });

  test('of any bytes is an object or a SerializationException', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const result = attempt(() => decodeJson(bytes));
          expect(result).toMatch(/^(?:object|SerializationException)$/);
        },
      ),
    );
  });
});

function attempt(decode: () => unknown): string {
  try {
    const value = decode();
    return Array.isArray(value) || value === null ? 'not an object' : typeof value;
  } catch (error) {
    return (error as { type: string }).type;
  }
}
