import type { Fault } from './fault.ts';

/** Everything that is decided before a run begins. Pure data: a run is a function of its plan. */
export interface Plan {
  readonly seed: number;
  readonly service: ServicePlan;
  /** What the group reads: one stream, or several. */
  readonly streams: readonly StreamPlan[];
  readonly group: GroupPlan;
  readonly workers: readonly WorkerPlan[];
  readonly producers: readonly ProducerPlan[];
  /** In the order of their times. */
  readonly faults: readonly Fault[];
  /** From here on nothing goes wrong any more, and the fleet has to settle. Virtual milliseconds, as all times here. */
  readonly healedAt: number;
}

export interface StreamPlan {
  readonly shards: number;
}

export interface ServicePlan {
  /** How long a reshard takes. */
  readonly updateMs: number;
  readonly enforceLimits: boolean;
  /** How long a stream consumer takes to be registered. */
  readonly registerMs: number;
}

/** What all workers of a group have in common. */
export interface GroupPlan {
  readonly from: 'oldest' | 'now' | 'time';
  /** Whether it is a group of several streams to the lease store, as it must be when there are; one may be read so, too. */
  readonly several: boolean;
  readonly store: 'memory' | 'dynamodb';
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly maxAttempts: number;
  readonly policy: 'stop' | 'skip' | 'deadLetter' | 'parkTheKey';
}

export interface WorkerPlan {
  readonly startsAt: number;
  readonly handler: 'eachRecord' | 'eachBatch' | 'records' | 'batches';
  readonly concurrency: number;
  readonly batchSize: number;
  readonly maxShards?: number;
  readonly retrieval: 'polling' | 'fan-out' | 'auto';
  /** Bytes read ahead of the handlers. */
  readonly prefetchBytes: number;
  readonly stallAfterMs: number;
  readonly handOffTimeoutMs: number;
  /** The share of records that take a while, and how long at most. */
  readonly slowShare: number;
  readonly slowMs: number;
  /** Whether the handler gives up when its signal fires. */
  readonly heedsSignal: boolean;
  /** How far its machine's wall clock is ahead of the service's from the start; behind when negative. */
  readonly wallAheadMs: number;
}

export interface ProducerPlan {
  readonly startsAt: number;
  readonly ordering: 'none' | 'key' | 'shard';
  readonly aggregation: 'none' | 'key' | 'shard';
  readonly lingerMs: number;
  readonly deadlineMs: number;
  readonly requestTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly maxInFlight: number;
  readonly maxRequestBytes: number;
  readonly records: number;
  readonly keys: number;
  /** The longest pause between two puts. */
  readonly paceMs: number;
  /** Whether it waits for each receipt before the next put. */
  readonly awaits: boolean;
  readonly largestBytes: number;
  /** The share of records no handler can take, and that of those no codec can read. */
  readonly poisonShare: number;
  readonly garbledShare: number;
  readonly headerShare: number;
  /** The share of keys whose records say themselves where in the hash space they belong. */
  readonly hashKeyShare: number;
  /** The stream it puts into, by its place. */
  readonly stream: number;
}
