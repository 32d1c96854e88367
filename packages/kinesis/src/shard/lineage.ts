import { isOpen, parentsOf, type Shard } from './shard.ts';

/**
 * Splits and merges make a graph: a split shard has two children, a merged one two parents. A listing holds the part
 * of it that is still within retention, so a parent that is named but not listed is trimmed: it has nothing to read.
 */

/**
 * The shards that take records.
 *
 * @example
 * ```ts
 * openShards(await reader.listShards('orders')).length;
 * ```
 */
export function openShards(shards: readonly Shard[]): readonly Shard[] {
  return shards.filter(isOpen);
}

/**
 * The listed shards that were split or merged from `shardId`: none, one (merge) or two (split).
 *
 * @example
 * ```ts
 * childrenOf(shards, 'shardId-000000000000').map(({ shardId }) => shardId);
 * ```
 */
export function childrenOf(shards: readonly Shard[], shardId: string): readonly Shard[] {
  return shards.filter((shard) => parentsOf(shard).includes(shardId));
}

/**
 * The listed shards `shardId` comes from, nearest first, each once.
 *
 * @example
 * ```ts
 * ancestorsOf(shards, 'shardId-000000000007').map(({ shardId }) => shardId);
 * ```
 */
export function ancestorsOf(shards: readonly Shard[], shardId: string): readonly Shard[] {
  const listed = new Map(shards.map((shard) => [shard.shardId, shard]));
  // A set keeps its order and may grow while it is walked: each generation is found behind the one before.
  const found = new Set<Shard>();
  const start = listed.get(shardId);
  const add = (shard: Shard): void => {
    for (const id of parentsOf(shard)) {
      const parent = listed.get(id);
      if (parent !== undefined && parent !== start) found.add(parent);
    }
  };
  if (start !== undefined) add(start);
  for (const shard of found) add(shard);
  return [...found];
}

/**
 * The shards that may be read now: not finished themselves, and every parent finished or trimmed. A record of a child
 * was put after all of its parents', so reading a child earlier would break the order of its keys.
 *
 * @example
 * ```ts
 * const finished = new Set<string>();
 * for (const shard of readableShards(await reader.listShards('orders'), finished)) start(shard);
 * ```
 */
export function readableShards(shards: readonly Shard[], finished: ReadonlySet<string>): readonly Shard[] {
  const listed = new Set(shards.map((shard) => shard.shardId));
  const isDone = (shardId: string): boolean => finished.has(shardId) || !listed.has(shardId);
  return shards.filter((shard) => !finished.has(shard.shardId) && parentsOf(shard).every(isDone));
}
