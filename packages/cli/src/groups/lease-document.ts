import { holderOf, isShardEnd, type Lease } from '@millrace/kinesis/lease';

import { streamNameOf } from './group.ts';

/** A lease as the commands write it. */
export interface LeaseDocument {
  readonly group: string;
  /** Absent in a table of one stream. */
  readonly stream?: string;
  readonly shardId: string;
  readonly leaseKey: string;
  /** free: nobody holds it; finished: the shard is read to its end; handing over: its owner was asked to give it up. */
  readonly state: 'held' | 'free' | 'finished' | 'handing over';
  readonly owner?: string;
  /** Whom it is handed over to. */
  readonly nextOwner?: string;
  readonly counter: number;
  readonly checkpoint: string;
  readonly subSequenceNumber: number;
  readonly ownerSwitches: number;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  /** Partition keys put aside after a failure. */
  readonly parkedKeys: readonly string[];
}

export function leaseDocument(group: string, lease: Lease): LeaseDocument {
  const stream = streamNameOf(lease);
  const owner = holderOf(lease);
  return {
    group,
    ...(stream !== undefined && { stream }),
    shardId: lease.shardId,
    leaseKey: lease.leaseKey,
    state: stateOf(lease),
    ...(owner !== undefined && { owner }),
    ...(lease.checkpointOwner !== undefined && lease.owner !== undefined && { nextOwner: lease.owner }),
    counter: lease.counter,
    checkpoint: lease.checkpoint.sequenceNumber,
    subSequenceNumber: lease.checkpoint.subSequenceNumber,
    ownerSwitches: lease.ownerSwitchesSinceCheckpoint,
    parents: lease.parentShardIds,
    children: lease.childShardIds,
    parkedKeys: [...(lease.parked?.keys() ?? [])],
  };
}

function stateOf(lease: Lease): LeaseDocument['state'] {
  if (isShardEnd(lease.checkpoint)) return 'finished';
  if (lease.checkpointOwner !== undefined) return 'handing over';
  return lease.owner === undefined ? 'free' : 'held';
}
