import { contains } from './hash-range.ts';
import { isOpen, parentsOf, type Shard } from './shard.ts';

/** Which shard a record goes to, as of one listing. */
export interface ShardMap {
  /** The open shards in the order of their hash keys. */
  readonly shards: readonly Shard[];
  /** The open shard that owns `hashKey`; undefined when the listing had a gap there. */
  shardFor(hashKey: bigint): Shard | undefined;
}

/**
 * A map of the open shards of a listing, for streams of thousands of shards: a lookup takes log₂ n comparisons.
 *
 * @example
 * ```ts
 * const map = createShardMap(await reader.listShards('orders'));
 * map.shardFor(hashKeyOf('customer-1'))?.shardId;
 * ```
 */
export function createShardMap(listing: readonly Shard[]): ShardMap {
  // Whoever has a child is closed, even if the page that lists it was made before that: else they would overlap.
  const parents = new Set(listing.flatMap(parentsOf));
  const shards = listing
    .filter((shard) => isOpen(shard) && !parents.has(shard.shardId))
    .toSorted((a, b) => (a.hashRange.start < b.hashRange.start ? -1 : 1));
  return {
    shards,
    shardFor(hashKey) {
      const shard = lastAtOrBefore(shards, hashKey);
      return shard !== undefined && contains(shard.hashRange, hashKey) ? shard : undefined;
    },
  };
}

/** The last shard that starts at `hashKey` or before it. */
function lastAtOrBefore(shards: readonly Shard[], hashKey: bigint): Shard | undefined {
  let low = 0;
  let high = shards.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const shard = shards[middle];
    if (shard !== undefined && shard.hashRange.start <= hashKey) low = middle + 1;
    else high = middle;
  }
  return shards[low - 1];
}
