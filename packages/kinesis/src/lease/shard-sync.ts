import type { Position } from '../record/position.ts';
import { firstGap } from '../shard/hash-range.ts';
import { isOpen, parentsOf, type ChildShard, type Shard } from '../shard/shard.ts';
import { obsoleteLeases } from './cleanup.ts';
import { disputedShard } from './dispute.ts';
import { leaseKeyOf, type Lease } from './lease.ts';
import { fromNow, fromOldest, fromTime, neededLeases, type LeaseStart } from './lineage.ts';
import { toStreamStart, type StreamStart } from './starting-position.ts';

export interface ShardSyncInput {
  /** Every shard ListShards names, open and closed. */
  readonly shards: readonly Shard[];
  /** Every lease of the group, listed before the shards: so none can be of a shard the listing is too old to know. */
  readonly leases: readonly Lease[];
  /** Where the group begins when it has no checkpoint yet. */
  readonly from: Position;
  /** What `now` is pinned to: a time the service had before the leases are listed once more, milliseconds since the epoch. A later one could fall after the group began, if another worker begins it meanwhile. */
  readonly now: number;
  /** Of a group that reads several streams: which of them this is. `leases` are those of this stream alone. */
  readonly streamIdentifier?: string;
}

export type ShardSyncPlan =
  | {
      readonly complete: true;
      /**
       * Create in this order, parents first, and only go on to `remove` when all are there. If there are any, list the
       * leases once more before: should a lease have appeared, plan anew. (A plan made on an empty table that another
       * worker filled meanwhile, and whose shards were split since, would begin in the middle of the lineage.)
       */
      readonly create: readonly Lease[];
      /** Whether some of them start at `now`. */
      readonly startsNow: boolean;
      /** Lease keys that are of no more use. */
      readonly remove: readonly string[];
      /** Unfinished leases whose shard is not listed: trimmed, most likely, with its records unhandled. Confirm by opening an iterator; on STREAM_NOT_FOUND report the loss and delete the lease, for its children wait for it. */
      readonly unlisted: readonly Lease[];
    }
  /** The open shards do not cover every hash key: ask ListShards again. `gap` is the first key nobody owns. */
  | { readonly complete: false; readonly gap: bigint }
  /** The listing and the leases cannot both be of this stream as it is: see {@link disputedShard}. Ask again; if it stays so, the leases are an earlier stream's. */
  | { readonly complete: false; readonly disputed: Shard };

/**
 * What must change so that every shard still to be read has a lease. Pure, and idempotent: workers may do it at
 * the same time, since a lease that is there already is not created again.
 *
 * A lease is created for every open shard without one *and for every listed ancestor of it up to the next leased
 * one*, all at once; a child is startable only when its parents are done, so order is kept by the leases
 * themselves. (The KCL creates one generation at a time; it accepts, and cleans up, a table that has them all.)
 *
 * Where a new lease starts:
 * 1. with a leased ancestor: TRIM_HORIZON whatever is configured, so that nothing between parent and child is
 *    skipped; unless all those ancestors still wait at their own start time, which it then shares;
 * 2. its hash keys are all leased already: TRIM_HORIZON; it descends from shards the group knew, and the shards
 *    between were trimmed or their leases cleaned up;
 * 3. else where the group begins. `oldest` and a time lease every listed shard (one that closed before the time
 *    ends at once; ListShards does not say when a shard closed). `now` leases open shards only, and the time it is
 *    is stored with it, so a restart before the first checkpoint loses nothing. If leases at a start time exist,
 *    the group began then, not now.
 *
 * Throws `OPTION_INVALID` when `from` is a sequence number.
 *
 * @example
 * ```ts
 * const plan = planShardSync({ shards, leases, from: { type: 'oldest' }, now });
 * if (plan.complete) for (const lease of plan.create) await store.create(lease);
 * ```
 */
export function planShardSync({
  shards,
  leases,
  from,
  now,
  streamIdentifier,
}: ShardSyncInput): ShardSyncPlan {
  const configured = toStreamStart(from, 'consumer.from');
  const gap = firstGap(shards.filter(isOpen).map((shard) => shard.hashRange));
  if (gap !== undefined) return { complete: false, gap };
  const disputed = disputedShard(shards, leases);
  if (disputed !== undefined) return { complete: false, disputed };
  const began = beginning(leases);
  const startsNow = configured.type === 'now' && began === undefined;
  const needed = neededLeases(shards, leases, !startsNow);
  const create = needed.map(({ shard, start }) =>
    newLease(
      { shardId: shard.shardId, parentShardIds: parentsOf(shard), hashRange: shard.hashRange },
      start ?? asStart(configured, began ?? now),
      streamIdentifier,
    ),
  );
  return {
    complete: true,
    create,
    startsNow: startsNow && needed.some(({ start }) => start === undefined),
    ...obsoleteLeases(shards, leases),
  };
}

export interface ChildLeases {
  readonly create: readonly Lease[];
  /** Other parents (of a merge) that have no lease: sync the shards first, so that theirs come before the child's. */
  readonly missingParents: readonly string[];
}

/**
 * The leases of the children a shard names at its end: from their first record, and startable when every parent
 * is done. Create them, then checkpoint SHARD_END: a crash in between repeats, the other way round it would lose
 * the children until the next sync.
 *
 * A merged child whose other parent has no lease must not be created yet: an absent parent counts as done.
 *
 * @example
 * ```ts
 * const { create } = leasesForChildren(parent, children, (shardId) => leases.has(shardId));
 * ```
 */
export function leasesForChildren(
  parent: Lease,
  children: readonly ChildShard[],
  isLeased: (shardId: string) => boolean,
): ChildLeases {
  const others = children.flatMap((child) => child.parentShardIds).filter((id) => id !== parent.shardId);
  return {
    create: children.map((child) => newLease(child, fromOldest, parent.streamIdentifier)),
    missingParents: [...new Set(others)].filter((id) => !isLeased(id)),
  };
}

function asStart(from: StreamStart, now: number): LeaseStart {
  if (from.type === 'oldest') return fromOldest;
  return from.type === 'now' ? fromNow(now) : fromTime(from.at);
}

/** When a group began that waits at a time still: its `now`. */
function beginning(leases: readonly Lease[]): number | undefined {
  const times = leases.map((lease) => lease.startAt).filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

function newLease(
  { shardId, parentShardIds, hashRange }: ChildShard,
  start: LeaseStart,
  streamIdentifier: string | undefined,
): Lease {
  return {
    leaseKey: leaseKeyOf(shardId, streamIdentifier),
    shardId,
    ...(streamIdentifier !== undefined && { streamIdentifier }),
    counter: 0,
    ownerSwitchesSinceCheckpoint: 0,
    ...start,
    parentShardIds,
    childShardIds: [],
    hashRange,
  };
}
