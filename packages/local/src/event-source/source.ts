import type { Position } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';

import type { ShardRecord } from './record.ts';

/** What a mapping reads from: a stream in this process, or one behind a connection. */
export interface MappingSource {
  readonly listShards: () => Promise<readonly Shard[]>;
  /** How long the stream keeps records, milliseconds; Infinity where that is not known. */
  readonly retentionMs: number;
  open(shardId: string, position: Position): ShardFeed;
}

/** One shard, read in order. */
export interface ShardFeed {
  /** Whether records come by themselves: `next` then waits for some, and needs no pause between. */
  readonly pushed: boolean;
  /** Where it goes on, as long as nothing was read of it. */
  readonly position: Position;
  /** Takes its place in the shard: what comes from now on is read. `next` does so as well. Throws as `next`. */
  open(): Promise<void>;
  /** Throws when reading fails; calling again goes on where it was. */
  next(limit: number): Promise<FeedPage>;
  /** Calls `listener` when records arrive, until disposed. Absent where that cannot be known. */
  readonly onArrival?: (listener: () => void) => Disposable;
  /** Settles a `next` that waits. Idempotent. */
  close(): void;
}

export interface FeedPage {
  readonly records: readonly ShardRecord[];
  /** Whether there is more already. */
  readonly behind: boolean;
  /** Whether the shard is closed and read to its end. */
  readonly ended: boolean;
}
