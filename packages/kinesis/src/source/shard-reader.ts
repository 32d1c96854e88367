import type { Position } from '../record/position.ts';
import type { StoredRecord } from '../record/record.ts';
import type { ChildShard, Shard } from '../shard/shard.ts';

/** What one GetRecords call answered. */
export interface ReadResult {
  readonly records: readonly StoredRecord[];
  /** Of the records, data and partition keys. Default: they are counted. */
  readonly bytes?: number;
  /** Where to go on; undefined when the shard is closed and everything in it has been read. */
  readonly nextIterator?: string;
  /** How far behind the newest record the end of this answer is, milliseconds. */
  readonly millisBehindLatest: number;
  /** Set with the last answer of a closed shard. */
  readonly childShards?: readonly ChildShard[];
}

/** What tells a stream from every other, and from an earlier one of its name. */
export interface StreamDescription {
  readonly arn: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The largest record the stream takes, data and partition key. */
  readonly maxRecordBytes?: number;
}

interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * The port a consumer reads through: DescribeStreamSummary, ListShards, GetShardIterator, GetRecords.
 *
 * Every method throws a `MillraceError`: `ITERATOR_EXPIRED` for an iterator older than five minutes,
 * `STREAM_NOT_FOUND` for an unknown stream or a shard past its retention, `THROTTLED` (retryable) when refused for
 * rate, `ABORTED` when the signal fires.
 */
export interface ShardReader {
  /** Called seldom, for enhanced fan-out, several streams, and records larger than 1 MiB: the account has 20 such calls a second. */
  describeStream(stream: string, options?: CallOptions): Promise<StreamDescription>;
  /** Every shard within the retention period, open and closed, all pages. */
  listShards(stream: string, options?: CallOptions): Promise<readonly Shard[]>;
  openIterator(stream: string, shardId: string, position: Position, options?: CallOptions): Promise<string>;
  /** At most `limit` records (1 to 10,000). */
  read(
    iterator: string,
    options: CallOptions & { readonly stream: string; readonly limit: number },
  ): Promise<ReadResult>;
}
