import type { Checkpoint } from './checkpoint.ts';
import type { Lease, ParkedKeys } from './lease.ts';

/** What is stored beside a checkpoint when it has changed. */
export interface CheckpointExtras {
  /** At the end of the shard: the shards that go on from it. */
  readonly childShardIds?: readonly string[];
  /**
   * Every key parked up to the checkpoint; replaces what was stored. None are kept as such only where nothing is handled yet;
   * there `'inherited'` has the parents' hold again.
   */
  readonly parked?: ParkedKeys | 'inherited';
  /** With AT_TIMESTAMP or LATEST: the time to start from, milliseconds since the epoch. */
  readonly startAt?: number;
}

/**
 * The port workers share their leases through. One store serves one consumer group, of one stream or several.
 *
 * Every write is conditional on the counter the caller last saw, so of two workers that act on the same lease only
 * one succeeds; the other is told by `undefined` (it is not an error to lose a race). The counter is the caller's to
 * carry on: write with the lease the last write answered, one write at a time.
 *
 * A write whose answer was lost on the way may have happened. Tried again, it recognises its own trace (same holder,
 * counter one higher) and is done once more on top of it, never merely confirmed: what was written before the loss
 * may be old enough for others to count the lease as expired soon. Errors are `MillraceError`s, retryable unless the
 * table can never be used.
 */
export interface LeaseStore {
  /** Makes the store usable (creates the table and waits for it). Safe to call from many workers at once. */
  prepare(options?: { readonly signal?: AbortSignal }): Promise<void>;
  list(): Promise<readonly Lease[]>;
  get(leaseKey: string): Promise<Lease | undefined>;
  /** False when a lease with that key is there already. */
  create(lease: Lease): Promise<boolean>;
  /** The heartbeat: counter + 1. Undefined when the lease is no longer ours. */
  renew(lease: Lease): Promise<Lease | undefined>;
  /** Makes `owner` the holder, which promises to hand over when asked: counter + 1, one more owner switch if it had another owner. Undefined when somebody was faster. */
  take(lease: Lease, owner: string): Promise<Lease | undefined>;
  /**
   * Asks the owner, which has promised it, to hand the lease over to `owner`: the KCL 3.x's `checkpointOwner` protocol. The
   * counter stays, so that its heartbeat goes on and tells it. Undefined when the owner is another by now, never promised, or is
   * being asked already.
   */
  requestHandOff(lease: Lease, owner: string): Promise<Lease | undefined>;
  /**
   * Takes back what `owner` has asked for: the lease is its holder's alone again. The counter stays. Undefined when it is too late,
   * since the lease has been handed over, or when it is no request of ours.
   */
  withdrawHandOff(lease: Lease, owner: string): Promise<Lease | undefined>;
  /** Stores how far the shard is handled; counter + 1, owner switches 0. Undefined when the lease is no longer ours. */
  checkpoint(lease: Lease, checkpoint: Checkpoint, extras?: CheckpointExtras): Promise<Lease | undefined>;
  /** Gives it up: counter + 1 and no owner, so another worker can take it at once; or, when asked to hand over, the one who asked. False when it was not ours any more. */
  release(lease: Lease): Promise<boolean>;
  delete(leaseKey: string): Promise<void>;
}
