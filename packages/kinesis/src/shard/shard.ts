import type { SequenceNumber } from '../record/sequence-number.ts';
import type { HashRange } from './hash-range.ts';

/** A shard as ListShards describes it. */
export interface Shard {
  readonly shardId: string;
  readonly hashRange: HashRange;
  /** The shard it was split from, or the first of the two it was merged from; may be trimmed already. */
  readonly parentShardId?: string;
  /** The second of the two it was merged from. */
  readonly adjacentParentShardId?: string;
  readonly startingSequenceNumber: SequenceNumber;
  /** Set once the shard is closed: it takes no more records. */
  readonly endingSequenceNumber?: SequenceNumber;
}

/** A child named at the end of a closed shard. */
export interface ChildShard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly hashRange: HashRange;
}

/**
 * The parents a shard names: none, one (split) or two (merge).
 *
 * @example
 * ```ts
 * parentsOf(merged); // ['shardId-000000000000', 'shardId-000000000001']
 * ```
 */
export function parentsOf(shard: Shard): readonly string[] {
  return [shard.parentShardId, shard.adjacentParentShardId].filter((id) => id !== undefined);
}

/**
 * Whether it still takes records.
 *
 * @example
 * ```ts
 * (await reader.listShards('orders')).filter(isOpen);
 * ```
 */
export function isOpen(shard: Shard): boolean {
  return shard.endingSequenceNumber === undefined;
}
