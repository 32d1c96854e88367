import { MAX_HASH_KEY, toSequenceNumber } from '@millrace/kinesis/record';
import { contains, createShardMap, evenRanges, openShards, type Shard } from '@millrace/kinesis/shard';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { anyHistory, anyListing } from './shard-tree.ts';

const anyHashKey = fc.bigInt({ min: 0n, max: MAX_HASH_KEY });

test('every hash key belongs to the one open shard whose range holds it', () => {
  fc.assert(
    fc.property(anyListing, fc.array(anyHashKey, { maxLength: 20 }), (shards, hashKeys) => {
      const map = createShardMap(shards);
      const edges = openShards(shards).flatMap(({ hashRange }) => [hashRange.start, hashRange.end]);
      for (const hashKey of [...hashKeys, ...edges, 0n, MAX_HASH_KEY]) {
        const owners = openShards(shards).filter((shard) => contains(shard.hashRange, hashKey));
        expect(owners).toHaveLength(1);
        expect(map.shardFor(hashKey)).toBe(owners[0]);
      }
    }),
  );
});

test('the shards of a map are the open ones in the order of their hash keys', () => {
  fc.assert(
    fc.property(anyListing, (shards) => {
      const map = createShardMap(shards);
      expect(new Set(map.shards)).toEqual(new Set(openShards(shards)));
      for (const [index, shard] of map.shards.slice(1).entries()) {
        expect(shard.hashRange.start).toBe((map.shards[index]?.hashRange.end ?? 0n) + 1n);
      }
    }),
  );
});

test('a parent listed as open beside its children gives way to them', () => {
  fc.assert(
    fc.property(anyHistory, anyHashKey, (shards, hashKey) => {
      // As if the pages had been made while the stream was resharded: nobody is known to be closed yet.
      const stale = shards.map((shard) => {
        const copy: { -readonly [K in keyof Shard]: Shard[K] } = { ...shard };
        delete copy.endingSequenceNumber;
        return copy;
      });
      expect(createShardMap(stale).shardFor(hashKey)?.shardId).toBe(
        createShardMap(shards).shardFor(hashKey)?.shardId,
      );
    }),
  );
});

test('a hash key in a gap of the listing has no shard', () => {
  const [first, second, third] = evenRanges(3).map(shardWith);
  const map = createShardMap([third, first].filter((shard) => shard !== undefined));
  const inside = second?.hashRange.start ?? 0n;
  expect([map.shardFor(inside), map.shardFor(inside - 1n), map.shardFor(MAX_HASH_KEY)]).toEqual([
    undefined,
    first,
    third,
  ]);
  expect(createShardMap([]).shardFor(0n)).toBeUndefined();
});

test('thousands of shards are told apart', () => {
  const map = createShardMap(evenRanges(20_000).map(shardWith).toReversed());
  for (const [index, range] of evenRanges(20_000).entries()) {
    const found = [map.shardFor(range.start)?.shardId, map.shardFor(range.end)?.shardId];
    if (found[0] !== String(index) || found[1] !== String(index))
      throw new Error(`shard ${index} is ${found.join()}`);
  }
  expect(map.shards).toHaveLength(20_000);
});

function shardWith(hashRange: Shard['hashRange'], index: number): Shard {
  return { shardId: String(index), hashRange, startingSequenceNumber: toSequenceNumber('1') };
}
