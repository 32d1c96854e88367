import { MillraceError } from '../errors.ts';
import {
  leasesForChildren,
  NOTHING_OBSERVED,
  observeLeases,
  parentsFinished,
  planAssignment,
  planShardSync,
  siblingKey,
  type Lease,
  type LeaseStore,
  type Observation,
} from '../lease/index.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ChildShard } from '../shard/shard.ts';
import type { ShardReader } from '../source/shard-reader.ts';
import type { ResolvedConsumerOptions } from './options.ts';

/** What a look at the fleet decided: leases won, ready to be worked on. */
export interface Won {
  readonly lease: Lease;
  /** Monotonic time just before the write that took it. */
  readonly takenAt: number;
}

/**
 * This worker's dealings with the rest of its group, all through the lease store: which shards have leases, who holds
 * them, which to take. It keeps nothing but what it has observed.
 */
export class Fleet {
  readonly #stream: string;
  readonly #store: LeaseStore;
  readonly #reader: ShardReader;
  readonly #options: ResolvedConsumerOptions;
  #observation: Observation = NOTHING_OBSERVED;

  constructor(stream: string, store: LeaseStore, reader: ShardReader, options: ResolvedConsumerOptions) {
    this.#stream = stream;
    this.#store = store;
    this.#reader = reader;
    this.#options = options;
  }

  /** Gives every shard still to be read a lease, and removes leases of no more use. False when it must be looked at again soon. */
  async syncShards(signal: AbortSignal): Promise<boolean> {
    const { from, clock } = this.#options;
    // Dated before the first look: what is put while we look belongs to a group that starts now.
    const now = clock.now();
    // Leases first: one listed after the shards could belong to a shard the listing is too old to know.
    const leases = await this.#store.list();
    const shards = await this.#reader.listShards(this.#stream, { signal });
    const plan = planShardSync({ shards, leases, from, now });
    if (!plan.complete) {
      publish('consumer:shard-sync-incomplete', () => ({ stream: this.#stream, gap: plan.gap }));
      return false;
    }
    if (plan.create.length > 0 && (await this.#othersBegan(leases))) return false;
    for (const lease of plan.create) await this.#store.create(lease);
    for (const leaseKey of plan.remove) await this.#store.delete(leaseKey);
    for (const lease of plan.unlisted) await this.dropIfTrimmed(lease, signal);
    return true;
  }

  /** Whether another worker has created leases since: where new ones start depends on what the group has already. */
  async #othersBegan(known: readonly Lease[]): Promise<boolean> {
    const keys = new Set(known.map(({ leaseKey }) => leaseKey));
    return (await this.#store.list()).some(({ leaseKey }) => !keys.has(leaseKey));
  }

  /** Looks at all leases and takes what this worker should have. */
  async claim(held: ReadonlySet<string>): Promise<readonly Won[]> {
    const { clock, workerId, leaseDurationMs, maxShards } = this.#options;
    const startedAt = clock.monotonic();
    const leases = await this.#store.list();
    this.#observation = observeLeases(this.#observation, leases, { startedAt, endedAt: clock.monotonic() });
    const plan = planAssignment({
      observation: this.#observation,
      me: workerId,
      held,
      leaseDurationMs,
      maxLeases: maxShards,
      random: () => clock.random(),
    });
    const won: Won[] = [];
    for (const lease of [...plan.take, ...plan.steal]) {
      const takenAt = clock.monotonic();
      const taken = await this.#store.take(lease, workerId);
      if (taken !== undefined && (await this.#startable(taken))) won.push({ lease: taken, takenAt });
    }
    for (const lease of plan.ask) await this.#store.requestHandOff(lease, workerId);
    return won;
  }

  /** Makes sure the children of an ended shard have leases, before the parent's is marked as ended. */
  async adopt(parent: Lease, children: readonly ChildShard[], signal: AbortSignal): Promise<void> {
    const leased = new Set((await this.#store.list()).map(({ shardId }) => shardId));
    const plan = leasesForChildren(parent, children, (shardId) => leased.has(shardId));
    if (plan.missingParents.length > 0 || children.length === 0) {
      // The sync knows the whole lineage; it creates the missing parents and the children, in order.
      if (await this.syncShards(signal)) return;
      throw new MillraceError(
        'SERVICE_FAILED',
        `ListShards of ${this.#stream} does not cover every hash key.`,
        {
          advice: 'It is asked again; after a reshard the listing settles within seconds.',
          retryable: true,
          stream: this.#stream,
          shardId: parent.shardId,
        },
      );
    }
    for (const lease of plan.create) await this.#store.create(lease);
  }

  /** A lease won may have parents that are not finished after all: the listing it was chosen from is no snapshot. */
  async #startable(lease: Lease): Promise<boolean> {
    const keys = lease.parentShardIds.map((id) => siblingKey(lease, id));
    const parents = await Promise.all(keys.map((key) => this.#store.get(key)));
    if (parentsFinished(lease, (key) => parents.find((parent) => parent?.leaseKey === key))) return true;
    await this.#store.release(lease);
    return false;
  }

  /**
   * Deletes the lease of a shard that is past its retention while the stream is there: its records are lost already, and
   * its children would wait for it for ever. True when it was.
   */
  async dropIfTrimmed(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const { shardId, leaseKey } = lease;
    const shards = await this.#reader.listShards(this.#stream, { signal });
    if (shards.some((shard) => shard.shardId === shardId)) return false;
    publish('consumer:shard-trimmed', () => ({ stream: this.#stream, shardId, lease }));
    await this.#store.delete(leaseKey);
    return true;
  }
}
