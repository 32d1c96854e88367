import {
  compareCheckpoints,
  isShardEnd,
  SHARD_END,
  type Checkpoint,
  type CheckpointExtras,
  type Lease,
  type ParkedKeys,
  type LeaseStore,
} from '../lease/index.ts';
import { isBeginning, isSentinel } from '../lease/checkpoint.ts';
import type { Parking } from '../process/index.ts';
import type { Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { oneAtATime } from '../runtime/one-at-a-time.ts';

/**
 * A lease in this worker's hands.
 *
 * - Held: every beat writes it, as a checkpoint when the shard has moved on, as a plain renewal when not, so a busy
 *   shard costs one write a beat and not two.
 * - Lost: somebody else has written it, or no write has succeeded for a whole lease duration: by then another worker may
 *   have it, whatever the store says later. Final.
 * - Asked for: still held, and to be released as soon as what is begun is done.
 * - Let go: ended or released by us. Final.
 *
 * Writes go one at a time, since each is conditional on the counter the last one answered.
 */
export class HeldLease {
  readonly #store: LeaseStore;
  readonly #clock: Clock;
  readonly #durationMs: number;
  readonly #parking: () => Parking;
  readonly #before: ParkedKeys;
  readonly #onLost: () => void;
  readonly #onAsked: () => void;
  #lease: Lease;
  #confirmedAt: number;
  #progress: Checkpoint | undefined;
  /** The shards that go on from this one, once it is at its end. */
  #children: readonly string[] = [];
  #state: 'held' | 'lost' | 'let-go' = 'held';
  #writing: Promise<unknown> = Promise.resolve();

  /** `takenAt`: the monotonic time just before the write that took it. */
  constructor(
    store: LeaseStore,
    lease: Lease,
    options: {
      readonly clock: Clock;
      readonly durationMs: number;
      readonly takenAt: number;
      /** Stored with the lease, as far as the checkpoint has passed the keys. */
      readonly parking: () => Parking;
      /** What was parked when it was taken, in the shard's parents too where nothing of it was handled yet. */
      readonly before: ParkedKeys;
      readonly onLost: () => void;
      /** Another worker waits for it: finish what is begun, then release. Called once. */
      readonly onAsked: () => void;
    },
  ) {
    this.#store = store;
    this.#lease = lease;
    this.#clock = options.clock;
    this.#durationMs = options.durationMs;
    this.#confirmedAt = options.takenAt;
    this.#parking = options.parking;
    this.#before = options.before;
    this.#onLost = options.onLost;
    this.#onAsked = options.onAsked;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** How far the shard has been handled, whether stored yet or not. */
  get progress(): Checkpoint {
    const { sequenceNumber, subSequenceNumber } = this.#progress ?? this.#lease.checkpoint;
    return { sequenceNumber, subSequenceNumber };
  }

  /** The keys parked up to there: whoever goes on from it parks the others again by itself. */
  get parked(): ParkedKeys {
    return this.#parkedUpTo(this.progress);
  }

  /** Whether this worker may still act on the shard. Looks at the clock: a process that slept must notice before it acts. */
  get held(): boolean {
    if (this.#state === 'held' && this.#clock.monotonic() - this.#confirmedAt >= this.#durationMs)
      this.#lose('expired');
    return this.#state === 'held';
  }

  /** Resolves once no write is under way, whatever came of the last. */
  get settled(): Promise<unknown> {
    return this.#writing;
  }

  /** Everything up to `checkpoint` is handled; the next beat stores it. */
  handled(checkpoint: Checkpoint): void {
    this.#progress = checkpoint;
  }

  /** From here on nothing handled yet means this time, wall milliseconds. False when the lease was lost. Rejects when the store failed. */
  pin(startAt: number): Promise<boolean> {
    return this.#exclusively(() =>
      this.#write((lease) => this.#store.checkpoint(lease, lease.checkpoint, { startAt })),
    );
  }

  /** The heartbeat, unless one is under way still. Never rejects; a failed write is tried again by the next one. */
  readonly beat: () => Promise<void> = oneAtATime(async () => {
    await this.#exclusively(async () => {
      await this.#write((lease, progress) => {
        const extras = this.#extras(progress ?? lease.checkpoint);
        return progress === undefined && extras.parked === undefined
          ? this.#store.renew(lease)
          : this.#store.checkpoint(lease, progress ?? lease.checkpoint, extras);
      });
    }).catch((error: unknown) => {
      publish('consumer:lease-write-failed', () => ({ lease: this.#lease, error }));
    });
  });

  /** The shard is handled to its end. True when stored; false when the lease was lost. Rejects when the store failed. */
  finish(childShardIds: readonly string[]): Promise<boolean> {
    return this.#exclusively(async () => {
      // From here on nothing less may be written: should the answer be lost, a beat would take the end back.
      this.#progress = SHARD_END;
      this.#children = childShardIds;
      const stored = await this.#write((lease) =>
        this.#store.checkpoint(lease, SHARD_END, this.#extras(SHARD_END)),
      );
      if (stored) this.#state = 'let-go';
      return stored;
    });
  }

  /** Stores how far the shard is handled and gives the lease up. Rejects when the store failed: it then simply expires. */
  release(): Promise<void> {
    return this.#exclusively(async () => {
      const unstored = this.#newlyParked(this.progress) !== undefined;
      if (this.#progress !== undefined || unstored) {
        await this.#write((lease, progress = lease.checkpoint) =>
          this.#store.checkpoint(lease, progress, this.#extras(progress)),
        );
      }
      if (!this.held) return;
      this.#state = 'let-go';
      const released = await this.#store.release(this.#lease);
      publish('consumer:lease-released', () => ({ lease: this.#lease, released }));
    });
  }

  async #write(
    write: (lease: Lease, progress: Checkpoint | undefined) => Promise<Lease | undefined>,
  ): Promise<boolean> {
    if (!this.held) return false;
    const startedAt = this.#clock.monotonic();
    const progress = this.#unstored();
    const written = await write(this.#lease, progress);
    if (written === undefined) {
      this.#lose('taken');
      return false;
    }
    const asked = isAsked(written) && !isAsked(this.#lease);
    this.#lease = written;
    this.#confirmedAt = startedAt;
    if (this.#progress === progress) this.#progress = undefined;
    if (asked) this.#onAsked();
    return this.held;
  }

  /** At the end the children; and the keys parked up to `checkpoint`, when the stored ones are others. */
  #extras(checkpoint: Checkpoint): CheckpointExtras {
    const parked = this.#newlyParked(checkpoint);
    return {
      ...(isShardEnd(checkpoint) && { childShardIds: this.#children }),
      ...(parked !== undefined && { parked }),
    };
  }

  #newlyParked(checkpoint: Checkpoint): ParkedKeys | undefined {
    // A shard nothing of which is handled has its parents' without a write, until one of them is unparked.
    const stored = this.#lease.parked ?? (isBeginning(checkpoint) ? this.#before : undefined);
    if (this.#parking().size === 0 && (stored === undefined || stored.size === 0)) return undefined;
    const parked = this.#parkedUpTo(checkpoint);
    const same =
      parked.size === (stored?.size ?? 0) &&
      [...parked].every(([key, first]) => isSamePlace(stored?.get(key), first));
    return same ? undefined : parked;
  }

  #parkedUpTo(checkpoint: Checkpoint): ParkedKeys {
    return new Map(
      [...this.#parking()].filter(
        ([key, first]) =>
          isSamePlace(this.#before.get(key), first) || compareCheckpoints(first, checkpoint) <= 0,
      ),
    );
  }

  /** A checkpoint never goes back, whatever a handler reports. */
  #unstored(): Checkpoint | undefined {
    const progress = this.#progress;
    if (progress === undefined || isSentinel(progress.sequenceNumber)) return progress;
    return compareCheckpoints(progress, this.#lease.checkpoint) > 0 ? progress : undefined;
  }

  #lose(reason: 'taken' | 'expired'): void {
    if (this.#state !== 'held') return;
    this.#state = 'lost';
    publish('consumer:lease-lost', () => ({ lease: this.#lease, reason }));
    this.#onLost();
  }

  #exclusively<T>(write: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(write);
    this.#writing = done.catch(() => undefined);
    return done;
  }
}

function isSamePlace(a: Checkpoint | undefined, b: Checkpoint): boolean {
  return a !== undefined && compareCheckpoints(a, b) === 0;
}

function isAsked(lease: Lease): boolean {
  return lease.checkpointOwner !== undefined;
}
