import type { StreamRecord } from '@millrace/kinesis/record';

/** Takes records of one shard, in order; other shards' may come at the same time. What it returns is awaited. */
export type OnRecords = (records: readonly StreamRecord[]) => Promise<void>;

/** Records of a stream, from a position on. */
export interface Feed {
  /** Resolves when `signal` fires, or at the end if it was to stop there. Rejects with what nothing can mend. */
  run(onRecords: OnRecords, signal: AbortSignal): Promise<void>;
}
