import {
  isSentinelCheckpoint,
  isShardEnd,
  NOTHING_OBSERVED,
  observeLeases,
  parentsFinished,
  planAssignment,
  siblingKey,
  type Lease,
  type LeaseStore,
  type Observation,
  type ParkedKeys,
} from '../lease/index.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ResolvedConsumerOptions } from './options.ts';

/** A lease won, ready to be worked on. */
export interface Won {
  readonly lease: Lease;
  /** Monotonic time just before the write that took it. */
  readonly takenAt: number;
  /** Keys parked in the parents, of a shard nothing of which is handled yet. */
  readonly inherited: ParkedKeys;
}

export interface Claim {
  /** Keys of the leases this worker works on. */
  readonly held: ReadonlySet<string>;
  /** Keys of leases to leave to others for now. */
  readonly avoid: ReadonlySet<string>;
  /** Whether a lease is of a stream this worker reads. */
  readonly ours: (lease: Lease) => boolean;
  /** Told of each lease as it is won: its time runs, and the others may take a while. */
  readonly won: (won: Won) => void;
  /** Told of the leases nobody has and `maxShards` keeps this worker from taking. */
  readonly left: (leases: readonly Lease[]) => void;
  /** Fires when nothing more is to be taken. */
  readonly stop: AbortSignal;
}

/** Leases asked for at once: one after the other a thousand would take longer than a lease lasts. */
const takesAtOnce = 8;

const nothingParked: ParkedKeys = new Map();

/**
 * This worker's dealings with the rest of its group, all through the lease store: who holds what, what to take, what to ask
 * for. It keeps nothing but what it has observed.
 */
export class Fleet {
  readonly #store: LeaseStore;
  readonly #options: ResolvedConsumerOptions;
  #observation: Observation = NOTHING_OBSERVED;

  constructor(store: LeaseStore, options: ResolvedConsumerOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Looks at all leases, takes what this worker should have, and asks for what others have too much of. True when it held all there is. */
  async claim({ held, avoid, ours, won, left, stop }: Claim): Promise<boolean> {
    const { clock, workerId, leaseDurationMs, maxShards } = this.#options;
    const startedAt = clock.monotonic();
    const leases = (await this.#store.list()).filter(ours);
    this.#observation = observeLeases(this.#observation, leases, { startedAt, endedAt: clock.monotonic() });
    const plan = planAssignment({
      observation: this.#observation,
      me: workerId,
      held,
      leaseDurationMs,
      maxLeases: maxShards,
      random: () => clock.random(),
    });
    left(plan.spillover);
    // One that was taken from this worker, and is free again before it has noticed, is its own once its run has ended.
    const wanted = ({ leaseKey }: Lease): boolean => !avoid.has(leaseKey) && !held.has(leaseKey);
    await eachOf([...plan.take, ...plan.steal].filter(wanted), stop, async (lease) => {
      const taken = await this.#take(lease);
      if (taken !== undefined) won(taken);
    });
    await eachOf(plan.ask.filter(wanted), stop, async (lease) => {
      const asked = await this.#store.requestHandOff(lease, workerId);
      publish('consumer:hand-off-requested', () => ({ lease, granted: asked !== undefined }));
    });
    return held.size > 0 && leases.every((lease) => held.has(lease.leaseKey) || isShardEnd(lease.checkpoint));
  }

  /** Lets go of what is being handed to this worker, or was and is not begun with: it takes no more. */
  async leave(ours: (lease: Lease) => boolean): Promise<void> {
    const { workerId } = this.#options;
    const leases = (await this.#store.list()).filter(ours);
    for (const lease of leases.filter(({ owner }) => owner === workerId)) {
      const withdrawn = await this.#store.withdrawHandOff(lease, workerId);
      if (withdrawn !== undefined) continue;
      // Handed over meanwhile, or before: taken as it would have been, and given to nobody.
      const handed = await this.#store.get(lease.leaseKey);
      if (handed?.owner !== workerId || handed.checkpointOwner !== undefined) continue;
      const taken = await this.#store.take(handed, workerId);
      if (taken !== undefined) await this.#store.release(taken);
    }
  }

  /** Whether another worker holds leases, as far as the store says now. Those of ended shards keep the name of who ended them. */
  async hasOthers(ours: (lease: Lease) => boolean): Promise<boolean> {
    const { workerId } = this.#options;
    const leases = (await this.#store.list()).filter(ours);
    return leases.some(
      ({ owner, checkpoint }) => owner !== undefined && owner !== workerId && !isShardEnd(checkpoint),
    );
  }

  async #take(lease: Lease): Promise<Won | undefined> {
    const { clock, workerId } = this.#options;
    const takenAt = clock.monotonic();
    const taken = await this.#store.take(lease, workerId);
    if (taken === undefined) return undefined;
    publish('consumer:lease-taken', () => ({ lease: taken, from: lease.owner }));
    const inherited = await this.#start(taken);
    return inherited && { lease: taken, takenAt, inherited };
  }

  /**
   * What the parents of a lease won leave to it; undefined when they are not finished after all, and it was given back: the
   * listing it was chosen from is no snapshot.
   */
  async #start(lease: Lease): Promise<ParkedKeys | undefined> {
    const keys = lease.parentShardIds.map((id) => siblingKey(lease, id));
    const parents = await Promise.all(keys.map((key) => this.#store.get(key)));
    if (!parentsFinished(lease, (key) => parents.find((parent) => parent?.leaseKey === key))) {
      await this.#store.release(lease);
      return undefined;
    }
    if (!isSentinelCheckpoint(lease.checkpoint) || lease.parked !== undefined) return nothingParked;
    return new Map(parents.flatMap((parent) => [...(parent?.parked ?? nothingParked)]));
  }
}

/** `run` for each, a few at once. When one fails, or `stop` fires, those under way finish and no other is begun; rejects with the first error. */
async function eachOf<T>(
  items: readonly T[],
  stop: AbortSignal,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items].toReversed();
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      if (failure !== undefined || stop.aborted) return;
      try {
        await run(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: takesAtOnce }, work));
  if (failure !== undefined) throw failure.error;
}
