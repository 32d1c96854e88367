import { isMillraceError, MillraceError } from '../errors.ts';
import {
  leasesForChildren,
  planShardSync,
  type Lease,
  type LeaseStore,
  type ShardSyncPlan,
  type StreamStart,
} from '../lease/index.ts';
import type { Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ChildShard } from '../shard/shard.ts';
import { serviceTime, type ShardReader } from '../source/index.ts';

export interface ShardKeeperOptions {
  readonly stream: string;
  readonly from: StreamStart;
  readonly clock: Clock;
  /** Where the group reads several streams: which of them this is. */
  readonly streamIdentifier?: string;
}

/** A listing that is behind a reshard settles within seconds, and is asked for once a second. */
const mostDisputes = 60;

/** Sees to it that every shard of a stream still to be read has a lease, and no lease outlives its use. */
export class ShardKeeper {
  readonly #store: LeaseStore;
  readonly #reader: ShardReader;
  readonly #options: ShardKeeperOptions;
  /** How often in a row the listing and the leases did not go together. */
  #disputes = 0;

  constructor(store: LeaseStore, reader: ShardReader, options: ShardKeeperOptions) {
    this.#store = store;
    this.#reader = reader;
    this.#options = options;
  }

  /** Gives every shard still to be read a lease, and removes leases of no more use. False when it must be looked at again soon. */
  async sync(signal: AbortSignal): Promise<boolean> {
    const { stream, from, clock, streamIdentifier } = this.#options;
    const began = clock.now();
    // Leases first: one listed after the shards could belong to a shard the listing is too old to know.
    const all = await this.#store.list();
    const leases = all.filter(this.#isOurs);
    if (leases.length === 0) this.#checkForm(all);
    const shards = await this.#reader.listShards(stream, { signal });
    const which = streamIdentifier === undefined ? {} : { streamIdentifier };
    const planFor = (now: number): ShardSyncPlan => planShardSync({ shards, leases, from, now, ...which });
    let plan = planFor(began);
    const [shard] = plan.complete && plan.startsNow ? plan.create : [];
    if (shard !== undefined) plan = planFor((await this.time(shard, signal)) ?? began);
    if (!plan.complete) {
      publish('consumer:shard-sync-incomplete', () => ({ stream, ...plan }));
      if (!('disputed' in plan)) return false;
      if (++this.#disputes > mostDisputes) throw earlierStream(stream, plan.disputed.shardId);
      return false;
    }
    this.#disputes = 0;
    if (plan.create.length > 0 && (await this.#othersBegan(leases))) return false;
    for (const lease of plan.create) await this.#create(lease);
    for (const leaseKey of plan.remove) await this.#delete(leaseKey);
    for (const lease of plan.unlisted) await this.isGone(lease, signal);
    return true;
  }

  /** What time it is by the service, the only clock that dates records; undefined where it does not say. */
  time({ shardId }: Pick<Lease, 'shardId'>, signal: AbortSignal): Promise<number | undefined> {
    return serviceTime(this.#reader, this.#options.stream, shardId, { signal });
  }

  /** Makes sure the children of an ended shard have leases, before the parent's is marked as ended. */
  async adopt(parent: Lease, children: readonly ChildShard[], signal: AbortSignal): Promise<void> {
    const leased = new Set((await this.#leases()).map(({ shardId }) => shardId));
    const plan = leasesForChildren(parent, children, (shardId) => leased.has(shardId));
    if (plan.missingParents.length > 0 || children.length === 0) {
      // The sync knows the whole lineage; it creates the missing parents and the children, in order.
      if (await this.sync(signal)) return;
      throw notCovered(this.#options.stream, parent.shardId);
    }
    for (const lease of plan.create) await this.#create(lease);
  }

  /**
   * Whether the shard is not there though its stream is. Where no listing has it, it is past its retention and its lease is
   * deleted: its records are lost already, and its children would wait for it for ever. Rejects when the stream is not there.
   */
  async isGone(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const { stream } = this.#options;
    const { shardId, leaseKey } = lease;
    // A listing may be from before a reshard, or several: the shard itself is asked for.
    if (await this.#isThere(lease, signal)) return false;
    const shards = await this.#reader.listShards(stream, { signal });
    // One of the two answers is behind the other; it settles within seconds.
    if (shards.some((shard) => shard.shardId === shardId)) return true;
    publish('consumer:shard-trimmed', () => ({ stream, shardId, lease }));
    await this.#delete(leaseKey);
    return true;
  }

  async #isThere({ shardId }: Lease, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#reader.openIterator(this.#options.stream, shardId, { type: 'oldest' }, { signal });
      return true;
    } catch (error) {
      if (isMillraceError(error, 'STREAM_NOT_FOUND')) return false;
      throw error;
    }
  }

  async #create(lease: Lease): Promise<void> {
    const created = await this.#store.create(lease);
    if (created) publish('consumer:lease-created', () => ({ lease }));
  }

  async #delete(leaseKey: string): Promise<void> {
    await this.#store.delete(leaseKey);
    publish('consumer:lease-deleted', () => ({ leaseKey }));
  }

  async #leases(): Promise<readonly Lease[]> {
    return (await this.#store.list()).filter(this.#isOurs);
  }

  readonly #isOurs = (lease: Lease): boolean => lease.streamIdentifier === this.#options.streamIdentifier;

  /** One stream's leases have other keys than several streams': a group that changes over would begin anew, and say nothing. */
  #checkForm(leases: readonly Lease[]): void {
    const { stream, streamIdentifier } = this.#options;
    const isOther = (lease: Lease): boolean =>
      streamIdentifier === undefined
        ? lease.streamIdentifier?.split(':')[1] === stream
        : lease.streamIdentifier === undefined;
    if (leases.some(isOther)) throw otherForm(stream, streamIdentifier === undefined ? 'several' : 'one');
  }

  /** Whether another worker has created leases since: where new ones start depends on what the group has already. */
  async #othersBegan(known: readonly Lease[]): Promise<boolean> {
    const keys = new Set(known.map(({ leaseKey }) => leaseKey));
    return (await this.#leases()).some(({ leaseKey }) => !keys.has(leaseKey));
  }
}

function notCovered(stream: string, shardId: string): MillraceError {
  return new MillraceError('SERVICE_FAILED', `ListShards of ${stream} does not cover every hash key.`, {
    advice: 'It is asked again; after a reshard the listing settles within seconds.',
    retryable: true,
    stream,
    shardId,
  });
}

function earlierStream(stream: string, shardId: string): MillraceError {
  return new MillraceError(
    'STREAM_NOT_FOUND',
    `The leases of this group are of an earlier stream named ${stream}: by them ${shardId} is past what it is now.`,
    {
      advice:
        'Where a stream was deleted and made anew, delete its leases (or the table), and the group begins anew; or name another group.',
      stream,
      shardId,
    },
  );
}

function otherForm(stream: string, before: 'one' | 'several'): MillraceError {
  const [was, is] = before === 'one' ? ['one stream', 'several'] : ['several streams', 'one'];
  return new MillraceError(
    'OPTION_INVALID',
    `The group of ${stream} has leases of a group of ${was}, and is run as one of ${is}: its checkpoints are not found.`,
    {
      advice: `Run it as before (${before === 'one' ? 'a stream' : 'an array of streams'}), or name another group, which begins anew.`,
      path: 'consumer.streams',
      stream,
      got: is,
      allowed: was,
    },
  );
}
