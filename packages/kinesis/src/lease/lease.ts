import type { HashRange } from '../shard/hash-range.ts';
import type { Checkpoint } from './checkpoint.ts';

/** The right to read one shard, and how far it has been handled. One item of the KCL's lease table. */
export interface Lease {
  /** The shard id, for a table that serves one stream. */
  readonly leaseKey: string;
  readonly shardId: string;
  /** The worker that holds it; absent when nobody does. */
  readonly owner?: string;
  /** Goes up by one with every renewal, take-over and checkpoint: heartbeat and optimistic lock in one. */
  readonly counter: number;
  readonly ownerSwitchesSinceCheckpoint: number;
  readonly checkpoint: Checkpoint;
  /** With an AT_TIMESTAMP checkpoint: the time to start from, milliseconds since the epoch. Ignored by the Java KCL. */
  readonly startAt?: number;
  readonly parentShardIds: readonly string[];
  /** Written when the shard has ended. */
  readonly childShardIds: readonly string[];
  readonly hashRange?: HashRange;
  /** During a graceful hand-off by a Java 3.x leader: the old owner, which may still checkpoint. */
  readonly checkpointOwner?: string;
}
