import { decodeAggregate } from '@millrace/kinesis/codec';
import { expect, test } from 'vitest';

import { packAggregates, packOne } from '../../src/producer/pack.ts';
import type { Pending } from '../../src/producer/pending.ts';
import type { OutgoingRecord } from '../../src/record/record.ts';

function waiting(records: readonly Partial<OutgoingRecord>[]): readonly Pending[] {
  return records.map((given) => {
    const record = { partitionKey: 'a', data: Uint8Array.of(1, 2, 3), ...given };
    const bytes = record.data.length + record.partitionKey.length;
    return { record, bytes, acceptedAt: 0, deadlineAt: 1000, stored() {}, failed() {} };
  });
}

const ofKey = { key: 'a', shardId: 'shard-1' };
const ofShard = { key: 'shard-1', shardId: 'shard-1' };
const some = packAggregates({ ordering: 'none', maxRecordBytes: undefined });

test('a record alone is sent as it is', () => {
  const [only] = waiting([{}]);
  expect(packOne(ofKey, waiting([{}, {}]), 0)).toMatchObject({ record: only?.record, bytes: 4 });
  expect(some(ofKey, waiting([{}]), 0).record).toEqual(only?.record);
});

test('a record alone that has headers is an aggregate of one, under its own key', () => {
  const { record, members } = packOne(ofKey, waiting([{ headers: { trace: '1' } }]), 0);
  expect(members).toHaveLength(1);
  expect(record).not.toHaveProperty('headers');
  expect(record.partitionKey).toBe('a');
  expect(decodeAggregate(record.data)).toMatchObject([{ headers: { trace: '1' } }]);
});

test('in a lane of a key only neighbours of one key and hash key travel together', () => {
  const lane = waiting([{}, {}, { explicitHashKey: '7' }, {}]);
  expect(some(ofKey, lane, 0).members).toEqual(lane.slice(0, 2));
  expect(some(ofKey, lane, 2).members).toEqual(lane.slice(2, 3));
});

test('in a lane of a shard all travel together, under the key of the first', () => {
  const lane = waiting([{ partitionKey: 'b' }, {}, { partitionKey: 'c', explicitHashKey: '7' }]);
  const { record, members, bytes } = some(ofShard, lane, 0);
  expect(members).toEqual(lane);
  expect(record.partitionKey).toBe('b');
  expect(bytes).toBe(record.data.length + 1);
  expect(decodeAggregate(record.data)?.map(({ partitionKey }) => partitionKey)).toEqual(['b', 'a', 'c']);
});

test.each([
  ['none', undefined, 51_200],
  ['none', 10_000, 10_000],
  // A shard takes a megabyte a second, however large its stream’s records may be.
  ['key', undefined, 1_048_576],
  ['key', 10_485_760, 1_048_576],
  ['shard', 100_000, 100_000],
] as const)(
  'with ordering %s and records of %s bytes an aggregate has at most %i bytes',
  (ordering, most, limit) => {
    const lane = waiting(Array.from({ length: 3000 }, () => ({ data: new Uint8Array(1000) })));
    const { bytes } = packAggregates({ ordering, maxRecordBytes: most })(ofKey, lane, 0);
    expect(bytes).toBeLessThanOrEqual(limit);
    expect(bytes).toBeGreaterThan(limit - 3000);
  },
);
