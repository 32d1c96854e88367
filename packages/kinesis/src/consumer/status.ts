import type { Checkpoint } from '../lease/index.ts';
import type { Retrieval } from '../source/index.ts';

/** Which shards are meant; what is left out means all. */
export interface ShardSelector {
  readonly stream?: string;
  readonly shardId?: string;
}

/** What a shard in this worker's hands is doing. */
export type ShardState =
  | 'working'
  /** By {@link Consumer.pause}; its lease is kept. */
  | 'paused'
  /** Nothing has moved for `stallAfter`; it was begun anew. */
  | 'stalled'
  /** Finishing what it has, because the consumer closes or another worker waits for the shard. */
  | 'draining';

/** A shard in this worker's hands. */
export interface ShardStatus {
  readonly stream: string;
  readonly shardId: string;
  /** The key of its lease in the store. */
  readonly leaseKey: string;
  readonly state: ShardState;
  /** What brought the last records; undefined before the first. */
  readonly retrieval: Retrieval | undefined;
  /** Everything up to here is handled. */
  readonly checkpoint: Checkpoint;
  /** How far handling is behind the newest record of the shard, milliseconds; undefined before the first read. */
  readonly millisBehindLatest: number | undefined;
  /**
   * User records not handled yet: exact when nothing lies behind what was read, else estimated from the rate at which the
   * shard's last records arrived. Undefined while there is nothing to estimate from.
   */
  readonly recordsBehind: number | undefined;
  /** Partition keys whose records are put aside; see {@link parkTheKey}. */
  readonly parkedKeys: readonly string[];
}

export interface ConsumerStatus {
  readonly workerId: string;
  readonly group: string;
  readonly streams: readonly string[];
  /** The shards this worker holds now. */
  readonly shards: readonly ShardStatus[];
  /** Records dropped since it began because their hash key belongs to another shard, where their producer puts them again. */
  readonly foreignRecords: number;
}

/** Whether a selector means a shard. */
export function selects({ stream, shardId }: ShardSelector, shard: Required<ShardSelector>): boolean {
  return (stream ?? shard.stream) === shard.stream && (shardId ?? shard.shardId) === shard.shardId;
}
