import type { MillraceError } from '../errors.ts';
import type { LostRecord } from '../sink/lost-record.ts';
import type { Place } from './parking.ts';
import type { RawStreamRecord } from './raw-record.ts';

/** A record as it is put aside: the bytes it was put with, its place, and why. */
export function toLost(
  raw: RawStreamRecord,
  error: MillraceError,
  attempts: number,
  parkedBehind?: Place,
): LostRecord {
  const { stream, partitionKey, explicitHashKey, headers, bytes } = raw;
  const { shardId, sequenceNumber, subSequenceNumber, arrivedAt } = raw;
  const record = {
    partitionKey,
    ...(explicitHashKey !== undefined && { explicitHashKey }),
    ...(Object.keys(headers).length > 0 && { headers }),
    data: bytes,
  };
  return {
    stream,
    record,
    error,
    position: {
      shardId,
      sequenceNumber,
      subSequenceNumber,
      arrivedAt,
      attempts,
      ...(parkedBehind !== undefined && { parkedBehind }),
    },
  };
}
