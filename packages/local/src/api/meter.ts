import type { ServiceErrorType } from '../engine/service-error.ts';
import type { Stream } from '../engine/stream.ts';

/** A shard's part in a call. */
export interface ShardTraffic {
  readonly shardId: string;
  readonly records: number;
  readonly bytes: number;
  readonly throttled: number;
}

/** What a PutRecord or PutRecords did, as far as it got. */
export interface PutTraffic {
  readonly operation: 'PutRecord' | 'PutRecords';
  readonly total: number;
  /** Records refused for the rate of their shard. */
  readonly throttled: number;
  /** Records refused by an internal failure. */
  readonly failed: number;
  /** Bytes of data and partition key of the records taken. */
  readonly bytes: number;
  /** Given when the stream asks for metrics of its shards. */
  readonly shards?: readonly ShardTraffic[];
}

/** What a GetRecords or an event of SubscribeToShard handed out. */
export interface ReadTraffic {
  readonly shardId: string;
  readonly records: number;
  readonly bytes: number;
  /** Age of the last record handed out; of the next one when there was none. Milliseconds. */
  readonly iteratorAgeMs: number;
  /** The consumer of a subscription. */
  readonly consumer?: string;
}

/** How a call ended. */
export interface CallEnd {
  readonly operation: string;
  readonly stream: Stream;
  readonly latencyMs: number;
  /** Undefined when it succeeded. */
  readonly failure: ServiceErrorType | undefined;
  /** The shard, where the request names one. */
  readonly shardId?: string | undefined;
  /** The consumer of a SubscribeToShard. */
  readonly consumer?: string | undefined;
}

/** Counts what calls do. Called on the hot path, a few times a call and never for a single record. */
export interface Meter {
  put(stream: Stream, traffic: PutTraffic): void;
  read(stream: Stream, traffic: ReadTraffic): void;
  end(call: CallEnd): void;
}
