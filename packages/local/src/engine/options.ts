import type { Clock } from '@millrace/kinesis/runtime';

import type { BucketStore } from './bucket-store.ts';
import type { HashPartitionKey } from './hash-key.ts';
import type { KmsKeyState } from './kms.ts';
import type { RecordHeap } from './record-heap.ts';

export interface EngineOptions {
  readonly clock: Clock;
  readonly hash: HashPartitionKey;
  readonly accountId: string;
  readonly region: string;
  /** How long a new stream is CREATING, milliseconds; at 0 it is ACTIVE before the call returns. */
  readonly createStreamMs: number;
  /** How long a deleted stream is DELETING, milliseconds. */
  readonly deleteStreamMs: number;
  /** How long a stream is UPDATING, milliseconds. */
  readonly updateStreamMs: number;
  /** How long a new consumer is CREATING, milliseconds. Default 0. */
  readonly registerConsumerMs?: number;
  /** How long a deregistered consumer is DELETING, milliseconds. Default 0. */
  readonly deregisterConsumerMs?: number;
  /** Open shards the account may have. */
  readonly shardLimit: number;
  /** Whether shards refuse what is over their write and read rates. */
  readonly enforceLimits: boolean;
  /** Keys that do not work, by id, ARN or alias. */
  readonly kmsKeys?: Readonly<Record<string, KmsKeyState>>;
  /** Where channels deliver to; without it there are none. */
  readonly bucketStore?: BucketStore;
  /** Where records are kept. Default: in memory. */
  readonly heap?: RecordHeap;
  /** Called whenever something else than records may have changed, before the change is answered. */
  readonly onChange?: () => void;
}
