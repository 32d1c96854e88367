import type { Checkpoint } from './checkpoint.ts';
import type { Lease } from './lease.ts';

/**
 * The port workers share their leases through. One store serves one consumer group of one stream.
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
  /** Makes `owner` the holder: counter + 1, one more owner switch if it had another owner. Undefined when somebody was faster. */
  take(lease: Lease, owner: string): Promise<Lease | undefined>;
  /** Stores how far the shard is handled, and at its end its children; counter + 1, owner switches 0. Undefined when the lease is no longer ours. */
  checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    childShardIds?: readonly string[],
  ): Promise<Lease | undefined>;
  /** Gives it up: counter + 1 and no owner, so another worker can take it at once. False when it was not ours any more. */
  release(lease: Lease): Promise<boolean>;
  delete(leaseKey: string): Promise<void>;
}
