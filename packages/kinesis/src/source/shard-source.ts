import type { Position } from '../record/position.ts';
import type { StoredRecord } from '../record/record.ts';
import type { ChildShard } from '../shard/shard.ts';

/** How records are fetched: by GetRecords over and over, or by a subscription the service sends on. */
export type Retrieval = 'polling' | 'fan-out';

/** Records of one shard that arrived together, in order. */
export interface ShardBatch {
  readonly records: readonly StoredRecord[];
  /** Of the records, data and partition keys. Default: they are counted. */
  readonly bytes?: number;
  /** How far behind the newest record the end of this batch is, milliseconds. */
  readonly millisBehindLatest: number;
  /** Set with the last batch of a closed shard: the shards that go on from it. */
  readonly children?: readonly ChildShard[];
  readonly retrieval: Retrieval;
}

/**
 * The port a consumer reads a shard through, whatever brings the records. The iteration ends after the batch that
 * carries `children`, or when the signal fires; it survives throttling, lost connections and expired iterators by
 * itself and throws only what no retry can mend. A batch may be empty: that is the sign of life of a quiet shard, and comes
 * every few seconds at least.
 */
export interface ShardSource {
  read(shardId: string, from: Position, signal: AbortSignal): AsyncIterable<ShardBatch>;
}
