import { MillraceError } from '@millrace/kinesis';
import type { Lease } from '@millrace/kinesis/lease';

import { fullShardId } from '../shards/shard-id.ts';

/** The leases a user named, by shard or by lease key. Throws `DATA_MISSING` with those there are, `OPTION_INVALID` for several. */
export function findLeases(
  group: string,
  leases: readonly Lease[],
  named: readonly string[],
): readonly Lease[] {
  return named.map((text) => findLease(group, leases, text));
}

export function findLease(group: string, leases: readonly Lease[], text: string): Lease {
  const shardId = fullShardId(text);
  const [found, ...others] = leases.filter((lease) => lease.leaseKey === text || lease.shardId === shardId);
  if (found === undefined) {
    const some = leases.slice(0, 8).map(({ leaseKey }) => leaseKey);
    throw new MillraceError('DATA_MISSING', `Group ${group} has no lease of ${shardId}.`, {
      advice: `It has ${some.join(', ') || 'none'}${leases.length > 8 ? `, … (${leases.length})` : ''}; see: millrace leases ls ${group}`,
      shardId,
    });
  }
  if (others.length > 0) {
    throw new MillraceError('OPTION_INVALID', `Group ${group} reads ${shardId} of several streams.`, {
      advice: `Name one by its lease key: ${[found, ...others].map(({ leaseKey }) => leaseKey).join(' or ')}`,
      shardId,
    });
  }
  return found;
}
