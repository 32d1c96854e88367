import { MillraceError } from '@millrace/kinesis';
import {
  compareCheckpoints,
  isSentinelCheckpoint,
  isShardEnd,
  leaseKeyOf,
  startingPosition,
  type Checkpoint,
  type Lease,
} from '@millrace/kinesis/lease';
import type { Position } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';
import { childrenOf, isOpen, parentsOf, type Shard } from '@millrace/kinesis/shard';

import { measureBacklog } from '../read/backlog.ts';
import type { Probe } from '../read/probe.ts';
import type { KnownPart } from './group.ts';
import { checkpointBefore, checkpointOf } from './predecessor.ts';

/** One lease to be moved, or made: the lease of a shard the group had finished and forgotten. */
export interface ResetStep {
  readonly shard: Shard;
  /** As it stands; absent when it is to be made. */
  readonly lease?: Lease;
  readonly leaseKey: string;
  readonly streamIdentifier?: string;
  readonly to: Checkpoint;
  readonly childShardIds: readonly string[];
  /** Records to be handled from there less those from where it stood: above 0 again, below 0 never. Stored records. */
  readonly difference: number;
  /** Whether they were counted; else they are reckoned. */
  readonly exact: boolean;
}

export interface ResetWish {
  readonly to: Position;
  /** Only these; empty: all. */
  readonly only: readonly string[];
  readonly retentionMs: number;
}

/** What a reset would do, found out by reading alone. Leases that stand there already are left out. */
export async function planReset(
  part: KnownPart,
  wish: ResetWish,
  probe: Probe,
  clock: Pick<Clock, 'now'>,
): Promise<readonly ResetStep[]> {
  const byShard = new Map(part.leases.map((lease) => [lease.shardId, lease]));
  const wanted = part.shards.filter(({ shardId }) => wish.only.length === 0 || wish.only.includes(shardId));
  const streamIdentifier = part.leases.find(
    (lease) => lease.streamIdentifier !== undefined,
  )?.streamIdentifier;
  const steps = await Promise.all(
    wanted.map(async (shard): Promise<ResetStep | undefined> => {
      const lease = byShard.get(shard.shardId);
      const to = await target(probe, shard, wish);
      // A forgotten shard with nothing left to read stays forgotten.
      if (lease === undefined ? isShardEnd(to) : standsThere(lease, to)) return undefined;
      const before = lease === undefined ? noBacklog : await backlogFrom(probe, clock, shard, lease);
      const after = isShardEnd(to)
        ? noBacklog
        : await measureBacklog(probe, clock, shard.shardId, positionAfter(to));
      return {
        shard,
        ...(lease !== undefined && { lease }),
        leaseKey: lease?.leaseKey ?? leaseKeyOf(shard.shardId, streamIdentifier),
        ...(streamIdentifier !== undefined && { streamIdentifier }),
        to,
        childShardIds: isShardEnd(to)
          ? childrenOf(part.shards, shard.shardId).map(({ shardId }) => shardId)
          : [],
        difference: after.records - before.records,
        exact: after.exact && before.exact,
      };
    }),
  );
  return steps.filter((step) => step !== undefined);
}

/** One at its beginning may have keys of its own, or none, where it is to have those of a parent that is opened again. */
function standsThere({ checkpoint, parked }: Lease, to: Checkpoint): boolean {
  const isOwn = isSentinelCheckpoint(checkpoint) && parked !== undefined;
  return compareCheckpoints(checkpoint, to) === 0 && (isShardEnd(to) || !isOwn);
}

/** The lease of a step that makes one. */
export function newLease({ shard, leaseKey, streamIdentifier, to }: ResetStep): Lease {
  return {
    leaseKey,
    shardId: shard.shardId,
    ...(streamIdentifier !== undefined && { streamIdentifier }),
    counter: 0,
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint: to,
    parentShardIds: parentsOf(shard),
    childShardIds: [],
    hashRange: shard.hashRange,
  };
}

const noBacklog = { records: 0, exact: true };

async function backlogFrom(
  probe: Probe,
  clock: Pick<Clock, 'now'>,
  shard: Shard,
  lease: Lease,
): Promise<{ readonly records: number; readonly exact: boolean }> {
  if (isShardEnd(lease.checkpoint)) return noBacklog;
  return measureBacklog(probe, clock, shard.shardId, positionOf(lease));
}

/** Where the records begin that a group has not handled. */
export function positionOf(lease: Lease): Position {
  const start = startingPosition(lease);
  return start.type === 'at' ? { type: 'after', sequenceNumber: start.sequenceNumber } : start;
}

function positionAfter({ sequenceNumber }: Checkpoint): Position {
  if (sequenceNumber === 'TRIM_HORIZON') return { type: 'oldest' };
  if (sequenceNumber === 'LATEST' || sequenceNumber === 'AT_TIMESTAMP' || sequenceNumber === 'SHARD_END') {
    return { type: 'now' };
  }
  return { type: 'after', sequenceNumber };
}

async function target(probe: Probe, shard: Shard, { to, retentionMs }: ResetWish): Promise<Checkpoint> {
  const { shardId } = shard;
  if (to.type === 'oldest') return { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 };
  if (to.type === 'after') {
    const [record] = (await probe.look(shardId, { type: 'at', sequenceNumber: to.sequenceNumber }, 1))
      .records;
    if (record?.sequenceNumber === to.sequenceNumber) return checkpointOf(record);
    throw new MillraceError('OPTION_INVALID', `${shardId} holds no record ${to.sequenceNumber}.`, {
      advice: 'Give after: and the sequence number of a record of that shard, or a time.',
      path: '--to',
      shardId,
    });
  }
  if (to.type !== 'time') throw new RangeError('positions of a reset are oldest, a time or after:');
  return checkpointBefore(probe, { shardId, closed: !isOpen(shard) }, to.at, retentionMs);
}
