import { holderOf, isShardEnd, type Lease } from '@millrace/kinesis/lease';
import type { Clock } from '@millrace/kinesis/runtime';
import { parentsOf, type Shard } from '@millrace/kinesis/shard';

import type { KnownPart } from '../groups/group.ts';
import { positionOf } from '../groups/reset-plan.ts';
import { measureBacklog } from '../read/backlog.ts';
import type { Probe } from '../read/probe.ts';
import type { LagRow } from './lag-row.ts';

/** How far a group is behind on every shard of its stream that it has not finished. */
export async function groupLag(
  part: KnownPart,
  probe: Probe,
  clock: Pick<Clock, 'now'>,
): Promise<readonly LagRow[]> {
  const leases = new Map(part.leases.map((lease) => [lease.shardId, lease]));
  const rows = part.shards.map(async (shard): Promise<LagRow | undefined> => {
    const lease = leases.get(shard.shardId);
    const row = { stream: part.stream, kind: 'group', reader: part.group, shardId: shard.shardId } as const;
    // Finished and cleaned up, or waiting for a lease until its parents are finished.
    if (lease === undefined) {
      return waitsForParents(shard, leases) ? { ...row, state: 'waiting' } : undefined;
    }
    return leaseLag(row, lease, waitsForParents(shard, leases), probe, clock);
  });
  return (await Promise.all(rows)).filter((row) => row !== undefined);
}

async function leaseLag(
  row: Pick<LagRow, 'stream' | 'kind' | 'reader' | 'shardId'>,
  lease: Lease,
  waits: boolean,
  probe: Probe,
  clock: Pick<Clock, 'now'>,
): Promise<LagRow> {
  const owner = holderOf(lease);
  const more = {
    ...(owner !== undefined && { owner }),
    checkpoint: lease.checkpoint.sequenceNumber,
    ...(lease.parked !== undefined && lease.parked.size > 0 && { parkedKeys: lease.parked.size }),
  };
  if (isShardEnd(lease.checkpoint)) {
    return { ...row, ...more, state: 'finished', behindMs: 0, records: 0, exact: true };
  }
  const { behindMs, records, exact } = await measureBacklog(probe, clock, lease.shardId, positionOf(lease));
  const state = waits ? 'waiting' : owner === undefined ? 'free' : 'reading';
  return { ...row, ...more, state, behindMs, records, exact };
}

function waitsForParents(shard: Shard, leases: ReadonlyMap<string, Lease>): boolean {
  return parentsOf(shard).some((id) => {
    const parent = leases.get(id);
    return parent !== undefined && !isShardEnd(parent.checkpoint);
  });
}
