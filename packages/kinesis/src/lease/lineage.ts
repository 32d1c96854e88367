import { contains, type HashRange } from '../shard/hash-range.ts';
import { isOpen, parentsOf, type Shard } from '../shard/shard.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Lease } from './lease.ts';

/** Where a new lease starts. */
export type LeaseStart = Pick<Lease, 'checkpoint' | 'startAt'>;

export const fromOldest: LeaseStart = {
  checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
};

const atTimestamp: Checkpoint = { sequenceNumber: 'AT_TIMESTAMP', subSequenceNumber: 0 };
const latest: Checkpoint = { sequenceNumber: 'LATEST', subSequenceNumber: 0 };

export function fromTime(startAt: number): LeaseStart {
  return { checkpoint: atTimestamp, startAt };
}

/** The time it is now, beside the KCL's own word for it: a Java worker has no time for an AT_TIMESTAMP but its configuration's. */
export function fromNow(startAt: number): LeaseStart {
  return { checkpoint: latest, startAt };
}

export interface NeededLease {
  readonly shard: Shard;
  /** Where its lineage says it starts; undefined when the group has never known its hash keys. */
  readonly start: LeaseStart | undefined;
}

/**
 * The shards that need a lease, parents before children: the open ones without, and their ancestors without up to
 * the nearest leased. Where nothing above is leased, ancestors are needed only if `withHistory`.
 */
export function neededLeases(
  shards: readonly Shard[],
  leases: readonly Lease[],
  withHistory: boolean,
): readonly NeededLease[] {
  const listed = new Map(shards.map((shard) => [shard.shardId, shard]));
  const leased = new Set(leases.map((lease) => lease.shardId));
  const startOf = createStartOf(listed, leases);
  const visited = new Set<string>();
  const needed: NeededLease[] = [];
  const visit = (shard: Shard): void => {
    if (leased.has(shard.shardId) || visited.has(shard.shardId)) return;
    visited.add(shard.shardId);
    const start = startOf(shard);
    if (withHistory || start !== undefined) {
      for (const id of parentsOf(shard)) {
        const parent = listed.get(id);
        if (parent !== undefined) visit(parent);
      }
    }
    needed.push({ shard, start });
  };
  for (const shard of shards) {
    if (isOpen(shard)) visit(shard);
  }
  return needed;
}

function createStartOf(
  listed: ReadonlyMap<string, Shard>,
  leases: readonly Lease[],
): (shard: Shard) => LeaseStart | undefined {
  const leaseOf = new Map(leases.map((lease) => [lease.shardId, lease]));
  const known = union(leases.map((lease) => lease.hashRange).filter((range) => range !== undefined));
  const memo = new Map<string, LeaseStart | undefined>();

  /** What a child of the shard with this id has to start with, judged by its nearest leased ancestors. */
  const inherited = (id: string): LeaseStart | undefined => {
    const lease = leaseOf.get(id);
    if (lease !== undefined) return waiting(lease) ?? fromOldest;
    if (!memo.has(id)) {
      const shard = listed.get(id);
      memo.set(id, shard === undefined ? undefined : earliest(parentsOf(shard).map(inherited)));
    }
    return memo.get(id);
  };

  return (shard) =>
    earliest(parentsOf(shard).map(inherited)) ?? (isWithin(known, shard.hashRange) ? fromOldest : undefined);
}

/** The start time a lease still waits at, if nothing of its shard has been checkpointed. */
function waiting(lease: Lease): LeaseStart | undefined {
  return lease.checkpoint.sequenceNumber === 'AT_TIMESTAMP' && lease.startAt !== undefined
    ? fromTime(lease.startAt)
    : undefined;
}

function earliest(starts: readonly (LeaseStart | undefined)[]): LeaseStart | undefined {
  const known = starts.filter((start) => start !== undefined);
  if (known.length === 0) return undefined;
  const times = known.map((start) => start.startAt).filter((at) => at !== undefined);
  return times.length < known.length ? fromOldest : fromTime(Math.min(...times));
}

/** The ranges as few disjoint ones, in order. */
function union(ranges: readonly HashRange[]): readonly HashRange[] {
  const merged: HashRange[] = [];
  for (const range of ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end + 1n) merged.push(range);
    else if (range.end > last.end) merged[merged.length - 1] = { start: last.start, end: range.end };
  }
  return merged;
}

function isWithin(disjoint: readonly HashRange[], range: HashRange): boolean {
  return disjoint.some((known) => contains(known, range.start) && contains(known, range.end));
}
