import { parentsOf, type Shard } from '../shard/shard.ts';
import { isSentinel, isShardEnd } from './checkpoint.ts';
import type { Lease } from './lease.ts';

export interface ObsoleteLeases {
  /** Lease keys that are of no more use. */
  readonly remove: readonly string[];
  /** Unfinished leases whose shard is not listed. */
  readonly unlisted: readonly Lease[];
}

/**
 * The leases of finished shards that may go: all their children are leased and have got past their first record,
 * so no child's start depends on them any more. Once the shard is past its retention it is enough that the
 * children still listed are leased, unless they are still to inherit its parked keys. Oldest first, a generation at a time: a lease stays while a parent's is there.
 */
export function obsoleteLeases(shards: readonly Shard[], leases: readonly Lease[]): ObsoleteLeases {
  const listed = new Set(shards.map((shard) => shard.shardId));
  const leaseOf = new Map(leases.map((lease) => [lease.shardId, lease]));
  const childrenOf = childrenByParent(shards, leases);

  const isObsolete = (lease: Lease): boolean => {
    if (!isShardEnd(lease.checkpoint) || lease.parentShardIds.some((id) => leaseOf.has(id))) return false;
    const children = [...(childrenOf.get(lease.shardId) ?? [])];
    return listed.has(lease.shardId)
      ? children.length > 0 && children.every((id) => hasProgress(leaseOf.get(id)))
      : children.every(
          (id) => !listed.has(id) || (lease.parked ? hasProgress(leaseOf.get(id)) : leaseOf.has(id)),
        );
  };

  return {
    remove: leases.filter(isObsolete).map((lease) => lease.leaseKey),
    unlisted: leases.filter((lease) => !listed.has(lease.shardId) && !isShardEnd(lease.checkpoint)),
  };
}

/** Named by the shard listing, by the child's lease or by the ended parent's: whoever knows. */
function childrenByParent(
  shards: readonly Shard[],
  leases: readonly Lease[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const children = new Map<string, Set<string>>();
  const add = (parent: string, child: string): void => {
    const known = children.get(parent);
    if (known === undefined) children.set(parent, new Set([child]));
    else known.add(child);
  };
  for (const shard of shards) for (const id of parentsOf(shard)) add(id, shard.shardId);
  for (const lease of leases) {
    for (const id of lease.parentShardIds) add(id, lease.shardId);
    for (const id of lease.childShardIds) add(lease.shardId, id);
  }
  return children;
}

function hasProgress(lease: Lease | undefined): boolean {
  return (
    lease !== undefined && (!isSentinel(lease.checkpoint.sequenceNumber) || isShardEnd(lease.checkpoint))
  );
}
