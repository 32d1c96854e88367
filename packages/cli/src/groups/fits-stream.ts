import type { Lease } from '@millrace/kinesis/lease';
import { compareSequenceNumbers, isSequenceNumber } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';

/**
 * Whether leases may be those of a stream. A KCL table of one stream does not name it, and shard ids are the same in
 * all streams; but hash ranges must agree, and a checkpoint must lie in its shard. Leases of shards that were trimmed
 * since fit any stream that has begun later, those without a checkpoint any that is cut alike.
 */
export function fitsStream(leases: readonly Lease[], shards: readonly Shard[]): boolean {
  const listed = new Map(shards.map((shard) => [shard.shardId, shard]));
  const oldest = shards.map(({ shardId }) => shardId).reduce((a, b) => (a < b ? a : b), '\uffff');
  let known = 0;
  for (const lease of leases) {
    const shard = listed.get(lease.shardId);
    if (shard === undefined) {
      if (lease.shardId > oldest) return false;
    } else {
      if (!agrees(lease, shard)) return false;
      known++;
    }
  }
  return known > 0;
}

function agrees({ hashRange, checkpoint }: Lease, shard: Shard): boolean {
  const { start, end } = shard.hashRange;
  if (hashRange !== undefined && (hashRange.start !== start || hashRange.end !== end)) return false;
  const { sequenceNumber } = checkpoint;
  if (!isSequenceNumber(sequenceNumber)) return true;
  const { startingSequenceNumber, endingSequenceNumber } = shard;
  if (openedAt(sequenceNumber) !== openedAt(startingSequenceNumber)) return false;
  if (compareSequenceNumbers(sequenceNumber, startingSequenceNumber) < 0) return false;
  return (
    endingSequenceNumber === undefined || compareSequenceNumbers(sequenceNumber, endingSequenceNumber) <= 0
  );
}

/** The second its shard was opened: the service writes it on top of every number, so shards of two streams differ. */
function openedAt(sequenceNumber: string): bigint {
  return BigInt(sequenceNumber) >> 148n;
}
