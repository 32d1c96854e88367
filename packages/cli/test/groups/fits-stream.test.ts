import type { Lease } from '@millrace/kinesis/lease';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { evenRanges, type Shard } from '@millrace/kinesis/shard';
import { expect, test } from 'vitest';

import { fitsStream } from '../../src/groups/fits-stream.ts';

const shardsOf = (count: number, from: number, first = 0): readonly Shard[] =>
  evenRanges(count).map((hashRange, index) => ({
    shardId: `shardId-00000000000${index + first}`,
    hashRange,
    startingSequenceNumber: toSequenceNumber(String(from)),
  }));
const leaseOf = (shard: Shard, checkpoint: string, more: Partial<Lease> = {}): Lease => ({
  leaseKey: shard.shardId,
  shardId: shard.shardId,
  counter: 1,
  ownerSwitchesSinceCheckpoint: 0,
  checkpoint: { sequenceNumber: checkpoint as Lease['checkpoint']['sequenceNumber'], subSequenceNumber: 0 },
  parentShardIds: [],
  childShardIds: [],
  hashRange: shard.hashRange,
  ...more,
});

test('leases fit the stream they are of, whatever they stand at', () => {
  const shards = shardsOf(2, 100);
  for (const checkpoint of ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP', 'SHARD_END', '100', '150']) {
    expect(
      fitsStream(
        shards.map((shard) => leaseOf(shard, checkpoint)),
        shards,
      ),
    ).toBe(true);
  }
});

test('leases do not fit a stream of other hash ranges, nor one that began after their checkpoints', () => {
  const leases = shardsOf(2, 100).map((shard) => leaseOf(shard, '150'));
  expect(fitsStream(leases, shardsOf(3, 100))).toBe(false);
  expect(fitsStream(leases, shardsOf(2, 200))).toBe(false);
  expect(fitsStream(leases, shardsOf(1, 100))).toBe(false);
});

test('a checkpoint behind the end of a closed shard is of another stream', () => {
  const closed = shardsOf(1, 100).map((shard) => ({
    ...shard,
    endingSequenceNumber: toSequenceNumber('120'),
  }));
  expect(
    fitsStream(
      closed.map((shard) => leaseOf(shard, '119')),
      closed,
    ),
  ).toBe(true);
  expect(
    fitsStream(
      closed.map((shard) => leaseOf(shard, '150')),
      closed,
    ),
  ).toBe(false);
});

test('leases of shards that were trimmed do not count against it, those of shards to come do', () => {
  const [trimmed] = shardsOf(1, 50);
  const shards = shardsOf(2, 100, 3);
  if (trimmed === undefined) throw new Error('no shard');
  const leases = shards.map((shard) => leaseOf(shard, '150'));
  expect(fitsStream([leaseOf(trimmed, 'SHARD_END'), ...leases], shards)).toBe(true);
  expect(
    fitsStream([...leases, leaseOf({ ...trimmed, shardId: 'shardId-000000000009' }, '150')], shards),
  ).toBe(false);
  expect(fitsStream([leaseOf(trimmed, 'SHARD_END')], shards)).toBe(false);
});

/** The second a shard was opened is on top of its numbers, as in those the service documents. */
const number = (opened: bigint, index: bigint): string =>
  String((2n << 184n) | (opened << 148n) | (index << 80n) | 2n);

test('a checkpoint in a shard of another stream that is cut alike and was opened earlier does not fit this one', () => {
  const [earlier] = shardsOf(1, 0);
  if (earlier === undefined) throw new Error('no shard');
  const shard = { ...earlier, startingSequenceNumber: toSequenceNumber(number(1_421_279_230n, 0n)) };
  expect(fitsStream([leaseOf(shard, number(1_421_279_230n, 7503n))], [shard])).toBe(true);
  expect(fitsStream([leaseOf(shard, number(1_421_279_294n, 1n))], [shard])).toBe(false);
});
