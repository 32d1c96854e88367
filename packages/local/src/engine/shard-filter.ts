import type { Shard } from './shard.ts';

export type ShardFilter =
  | { readonly type: 'after'; readonly shardId: string }
  | { readonly type: 'all' }
  /** Where the retained past begins: shards whose parents are gone. */
  | { readonly type: 'oldest' }
  | { readonly type: 'latest' }
  /** Open at that time, milliseconds since the epoch. */
  | { readonly type: 'at'; readonly time: number }
  /** Open at that time or later. */
  | { readonly type: 'from'; readonly time: number };

/**
 * Those of `shards`, all a stream retains, that the filter lets through. A time before `oldest`, where the retained past
 * begins, means that.
 */
export function filterShards(
  shards: readonly Shard[],
  filter: ShardFilter,
  oldest: number,
): readonly Shard[] {
  if (filter.type === 'all') return shards;
  if (filter.type === 'after') return shards.filter((shard) => shard.id > filter.shardId);
  if (filter.type === 'latest') return shards.filter((shard) => shard.closedAt === undefined);
  if (filter.type === 'from') return shards.filter((shard) => endsAfter(shard, filter.time));
  if (filter.type === 'at' && filter.time >= oldest) {
    return shards.filter((shard) => shard.openedAt <= filter.time && endsAfter(shard, filter.time));
  }
  const retained = new Set(shards.map((shard) => shard.id));
  return shards.filter((shard) => !shard.parentIds.some((parent) => retained.has(parent)));
}

function endsAfter(shard: Shard, time: number): boolean {
  return shard.closedAt === undefined || shard.closedAt >= time;
}
