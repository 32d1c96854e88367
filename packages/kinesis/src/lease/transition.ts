import { optionError } from '../runtime/options.ts';
import { isBeginning, type Checkpoint } from './checkpoint.ts';
import type { Lease, ParkedKeys } from './lease.ts';
import type { CheckpointExtras } from './lease-store.ts';

/** Who may write to it: during a hand-off by a Java leader the old owner, which stands in `checkpointOwner`. */
export function holderOf(lease: Lease): string | undefined {
  return lease.checkpointOwner ?? lease.owner;
}

/** The lease after a heartbeat. */
export function renewed(lease: Lease): Lease {
  return { ...lease, counter: lease.counter + 1 };
}

/** The lease in the hands of `owner`. A hand-off that was under way is over. */
export function taken(lease: Lease, owner: string): Lease {
  const { checkpointOwner: _over, ...rest } = lease;
  const switched = lease.owner !== undefined && lease.owner !== owner;
  return {
    ...rest,
    owner,
    handsOver: owner,
    counter: lease.counter + 1,
    ownerSwitchesSinceCheckpoint: lease.ownerSwitchesSinceCheckpoint + (switched ? 1 : 0),
  };
}

/** Whether its owner is one of ours and hands over when asked. A Java worker keeps neither promise nor the mark of one. */
export function handsOver(lease: Lease): boolean {
  return lease.owner !== undefined && lease.handsOver === lease.owner;
}

/** The lease with its owner asked to hand over to `owner`, which keeps the promise in turn. */
export function handOffRequested(lease: Lease, owner: string): Lease {
  const { owner: holder } = lease;
  return holder === undefined ? lease : { ...lease, owner, checkpointOwner: holder, handsOver: owner };
}

/** Whether `owner` has asked for the lease itself, and waits for it. */
export function isAwaitedBy(lease: Lease, owner: string): boolean {
  return lease.owner === owner && lease.handsOver === owner && lease.checkpointOwner !== undefined;
}

/** The lease with its holder asked no more. */
export function handOffWithdrawn(lease: Lease): Lease {
  const { checkpointOwner, ...rest } = lease;
  return checkpointOwner === undefined
    ? lease
    : { ...rest, owner: checkpointOwner, handsOver: checkpointOwner };
}

/** Whether `stored` is `lease` after `owner` asked for it: a request of ours whose answer was lost. */
export function isRequestOf(stored: Lease, lease: Lease, owner: string): boolean {
  return stored.owner === owner && stored.checkpointOwner === lease.owner;
}

/** The lease with its shard handled up to `checkpoint`; the start time goes with the position it belonged to. */
export function checkpointed(
  lease: Lease,
  checkpoint: Checkpoint,
  { childShardIds = [], parked, startAt = lease.startAt }: CheckpointExtras = {},
): Lease {
  const { startAt: _before, parked: before, ...rest } = lease;
  const after = parkedAfter(checkpoint, parked ?? before);
  return {
    ...rest,
    ...(startAt !== undefined && keepsStartAt(checkpoint) ? { startAt } : {}),
    ...(after !== undefined && { parked: after }),
    counter: lease.counter + 1,
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint,
    childShardIds: childShardIds.length === 0 ? lease.childShardIds : childShardIds,
  };
}

/** What is stored of the keys parked up to `checkpoint`. */
export function parkedAfter(
  checkpoint: Checkpoint,
  parked: CheckpointExtras['parked'],
): ParkedKeys | undefined {
  if (parked === undefined || parked === 'inherited') return undefined;
  return parked.size > 0 || isBeginning(checkpoint) ? parked : undefined;
}

/** The lease given up: nobody's, or, when it was asked for, the one's it is handed to. */
export function released(lease: Lease): Lease {
  const { owner, checkpointOwner, handsOver: promise, ...rest } = lease;
  const counter = lease.counter + 1;
  if (owner === undefined || checkpointOwner === undefined) return { ...rest, counter };
  const kept = promise === undefined ? {} : { handsOver: promise };
  return {
    ...rest,
    ...kept,
    owner,
    counter,
    ownerSwitchesSinceCheckpoint: lease.ownerSwitchesSinceCheckpoint + 1,
  };
}

/** A start time means something only where nothing is handled yet, and not everything is to be. */
export function keepsStartAt({ sequenceNumber }: Checkpoint): boolean {
  return sequenceNumber === 'AT_TIMESTAMP' || sequenceNumber === 'LATEST';
}

/**
 * Whether `stored` is `lease` after exactly one more write by the same holder: a write of ours whose answer was
 * lost. Nobody else writes a lease without becoming its holder, and getting it back would cost two writes; the same worker takes
 * it again only when no write of before is under way.
 */
export function isEcho(stored: Lease, lease: Lease): boolean {
  const holder = holderOf(lease);
  return holder !== undefined && holderOf(stored) === holder && stored.counter === lease.counter + 1;
}

/** Whether `stored` is `lease` after `owner` took it: a take-over of ours whose answer was lost. */
export function isTakeOf(stored: Lease, lease: Lease, owner: string): boolean {
  return (
    stored.counter === lease.counter + 1 && stored.owner === owner && stored.checkpointOwner === undefined
  );
}

/** Whether `stored` is `lease` after it was given up. */
export function isReleaseOf(stored: Lease, lease: Lease): boolean {
  const after = released(lease);
  return (
    stored.counter === after.counter && stored.owner === after.owner && stored.checkpointOwner === undefined
  );
}

/** Whether nothing but a hand-off, which leaves the counter alone, can have happened between the two. */
export function isCurrent(stored: Lease, lease: Lease): boolean {
  return stored.counter === lease.counter && holderOf(stored) === holderOf(lease);
}

/** Throws `OPTION_INVALID` for what no store may hold: the KCL reads neither an empty key nor an empty owner. */
export function checkLease(lease: Lease): void {
  checkName('lease.leaseKey', lease.leaseKey);
  checkName('lease.shardId', lease.shardId);
  if (lease.owner !== undefined) checkName('lease.owner', lease.owner);
}

/** A lease key, shard id or owner that is not empty. Throws `OPTION_INVALID`. */
export function checkName(path: string, name: string): string {
  if (name === '') throw optionError(path, name, 'a text that is not empty');
  return name;
}
