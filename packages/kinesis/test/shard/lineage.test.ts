import { toSequenceNumber } from '@millrace/kinesis/record';
import {
  ancestorsOf,
  childrenOf,
  contains,
  firstGap,
  FULL_HASH_RANGE,
  isOpen,
  openShards,
  parentsOf,
  readableShards,
  type Shard,
} from '@millrace/kinesis/shard';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { anyHistory, anyListing } from './shard-tree.ts';

const ids = (shards: readonly Shard[]): readonly string[] => shards.map((shard) => shard.shardId);

test('reading shards as they become readable reads every listed shard once, parents before children', () => {
  fc.assert(
    fc.property(anyListing, fc.infiniteStream(fc.nat()), (shards, picks) => {
      const listed = new Set(ids(shards));
      const finished = new Set<string>();
      for (let readable = readableShards(shards, finished); readable.length > 0;) {
        const next = readable[Number(picks.next().value) % readable.length];
        if (next === undefined) break;
        expect(parentsOf(next).every((id) => finished.has(id) || !listed.has(id))).toBe(true);
        expect(finished).not.toContain(next.shardId);
        finished.add(next.shardId);
        readable = readableShards(shards, finished);
      }
      expect(finished).toEqual(listed);
    }),
  );
});

test('no two shards with a hash key in common are readable at once', () => {
  fc.assert(
    fc.property(anyHistory, fc.infiniteStream(fc.nat()), (shards, picks) => {
      const finished = new Set<string>();
      for (let readable = readableShards(shards, finished); readable.length > 0;) {
        const overlapping = readable.some((a) =>
          readable.some((b) => a !== b && contains(a.hashRange, b.hashRange.start)),
        );
        expect(overlapping).toBe(false);
        finished.add(readable[Number(picks.next().value) % readable.length]?.shardId ?? '');
        readable = readableShards(shards, finished);
      }
    }),
  );
});

test('a parent that is not listed is trimmed, and keeps nobody waiting', () => {
  fc.assert(
    fc.property(anyListing, (shards) => {
      const listed = new Set(ids(shards));
      const orphans = shards.filter((shard) => parentsOf(shard).every((id) => !listed.has(id)));
      expect(ids(readableShards(shards, new Set()))).toEqual(ids(orphans));
    }),
  );
});

test('a merged shard waits for both of its parents', () => {
  fc.assert(
    fc.property(anyHistory, (shards) => {
      for (const merged of shards.filter((shard) => shard.adjacentParentShardId !== undefined)) {
        const others = new Set(ids(shards).filter((id) => id !== merged.shardId));
        for (const parent of parentsOf(merged)) {
          const withoutOne = new Set([...others].filter((id) => id !== parent));
          expect(ids(readableShards(shards, withoutOne))).toEqual([parent]);
        }
        expect(ids(readableShards(shards, others))).toEqual([merged.shardId]);
      }
    }),
  );
});

test('children and parents name each other', () => {
  fc.assert(
    fc.property(anyListing, (shards) => {
      for (const shard of shards) {
        const children = childrenOf(shards, shard.shardId);
        expect(ids(children)).toEqual(ids(shards.filter((each) => parentsOf(each).includes(shard.shardId))));
        expect(children.length).toBeLessThanOrEqual(isOpen(shard) ? 0 : 2);
      }
    }),
  );
});

test('ancestors are the parents, their parents and so on: each once, nearest first, never the shard itself', () => {
  fc.assert(
    fc.property(anyListing, (shards) => {
      for (const shard of shards) {
        const ancestors = ids(ancestorsOf(shards, shard.shardId));
        const direct = shards.filter((each) => parentsOf(shard).includes(each.shardId));
        const beyond = direct.flatMap((parent) => ids(ancestorsOf(shards, parent.shardId)));
        expect(new Set(ancestors)).toEqual(new Set([...ids(direct), ...beyond]));
        expect(ancestors.length).toBe(new Set(ancestors).size);
        expect(ancestors).not.toContain(shard.shardId);
        expect(new Set(ancestors.slice(0, direct.length))).toEqual(new Set(ids(direct)));
      }
    }),
  );
});

test('a listing that makes a shard its own ancestor ends, and that shard is never read', () => {
  const ring = [shardFrom('a', 'b'), shardFrom('b', 'c'), shardFrom('c', 'a')];
  expect(ids(ancestorsOf(ring, 'a'))).toEqual(['b', 'c']);
  expect(readableShards(ring, new Set())).toEqual([]);
});

test('a shard nobody listed has neither children nor ancestors', () => {
  expect(childrenOf([], 'shardId-000000000000')).toEqual([]);
  expect(ancestorsOf([], 'shardId-000000000000')).toEqual([]);
});

test('the open shards cover every hash key, through all splits and merges', () => {
  fc.assert(
    fc.property(anyListing, (shards) => {
      expect(firstGap(openShards(shards).map((shard) => shard.hashRange))).toBeUndefined();
    }),
  );
});

function shardFrom(shardId: string, parentShardId: string): Shard {
  const startingSequenceNumber = toSequenceNumber('1');
  return { shardId, parentShardId, hashRange: FULL_HASH_RANGE, startingSequenceNumber };
}
