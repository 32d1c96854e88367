import { expandRecord } from '@millrace/kinesis/codec';
import type { StoredRecord, StreamRecord } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';

/** The user records in what a shard answered; `asStored` leaves aggregates closed. */
export function toStreamRecords(
  stream: string,
  { shardId, hashRange }: Shard,
  stored: readonly StoredRecord[],
  { asStored = false }: { readonly asStored?: boolean } = {},
): readonly StreamRecord[] {
  if (asStored) return stored.map((record) => streamRecord(stream, shardId, { ...plain, ...record }));
  return stored.flatMap((record) =>
    expandRecord(record, { range: hashRange })
      .filter(({ foreign }) => !foreign)
      .map((user) => streamRecord(stream, shardId, user)),
  );
}

const plain = { subSequenceNumber: 0, headers: {} };

function streamRecord(
  stream: string,
  shardId: string,
  user: StoredRecord & Pick<StreamRecord, 'subSequenceNumber' | 'headers' | 'explicitHashKey'>,
): StreamRecord {
  const { sequenceNumber, subSequenceNumber, partitionKey, explicitHashKey, headers, data } = user;
  return {
    stream,
    shardId,
    sequenceNumber,
    subSequenceNumber,
    partitionKey,
    ...(explicitHashKey !== undefined && { explicitHashKey }),
    headers,
    arrivedAt: new Date(user.arrivedAt),
    value: data,
    bytes: data,
  };
}
