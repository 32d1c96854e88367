import type { StreamRecord } from '../record/record.ts';

/** What a handler is told beside the records. */
export interface HandlerContext {
  readonly stream: string;
  readonly shardId: string;
  /** How far behind the newest record of the shard these records are, milliseconds. */
  readonly millisBehindLatest: number;
  /** Fires when the shard is taken away or the consumer gives up waiting; finish or stop soon. */
  readonly signal: AbortSignal;
  /**
   * Whether the shard is this worker's still, by its own clock: a process that slept may have lost it before `signal` could fire.
   * Asked before every call of the handler; one of many steps may ask before each that must not be done in another's place.
   */
  readonly isHeld: () => boolean;
  /** Says that work that takes longer than `stallAfter` goes on; call it now and then in a handler that takes its time. */
  readonly progress: () => void;
}

/** Called for each record of a shard in order, one at a time; a promise it returns is awaited. */
export interface EachRecord<T> {
  readonly eachRecord: (record: StreamRecord<T>, context: HandlerContext) => unknown;
}

/** Called for the records of a shard that arrived together, in order; a promise it returns is awaited. */
export interface EachBatch<T> {
  readonly eachBatch: (records: readonly StreamRecord<T>[], context: HandlerContext) => unknown;
}

export type Handler<T> = EachRecord<T> | EachBatch<T>;
