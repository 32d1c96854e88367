import { compareSequenceNumbers } from '../record/sequence-number.ts';
import { isOpen, parentsOf, type Shard } from '../shard/shard.ts';
import { isSentinel, isShardEnd } from './checkpoint.ts';
import type { Lease } from './lease.ts';

/**
 * A shard the listing says takes records still, although it has children or was read to its end; or one that begins behind its own
 * checkpoint. Either the listing is from before a reshard, and will settle, or the leases are of an earlier stream of that name. In
 * neither case is it known what to read: to lease the shard would repeat all of it, to leave it would skip a new one.
 */
export function disputedShard(shards: readonly Shard[], leases: readonly Lease[]): Shard | undefined {
  const parents = new Set([...shards.flatMap(parentsOf), ...leases.flatMap((lease) => lease.parentShardIds)]);
  const leaseOf = new Map(leases.map((lease) => [lease.shardId, lease]));
  return shards.find((shard) => {
    const checkpoint = leaseOf.get(shard.shardId)?.checkpoint;
    const ended = parents.has(shard.shardId) || (checkpoint !== undefined && isShardEnd(checkpoint));
    if (ended && isOpen(shard)) return true;
    if (checkpoint === undefined || isSentinel(checkpoint.sequenceNumber)) return false;
    return compareSequenceNumbers(checkpoint.sequenceNumber, shard.startingSequenceNumber) < 0;
  });
}
