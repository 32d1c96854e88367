import type { WriteOutcome } from '@millrace/kinesis/producer';
import { toSequenceNumber, type Position, type StoredRecord } from '@millrace/kinesis/record';
import type { ChildShard, Shard } from '@millrace/kinesis/shard';

import type { PutRecordsEntry } from './api/operations/put-records.ts';
import type { RecordOutput } from './api/record-output.ts';
import type { ChildShardOutput, HashKeyRangeOutput, ShardOutput } from './api/shard-output.ts';

/** The members of GetShardIterator's input that say where to begin. */
interface IteratorInput {
  readonly ShardIteratorType: string;
  readonly StartingSequenceNumber?: string;
  readonly Timestamp?: number;
}

export function iteratorInput(position: Position): IteratorInput {
  if (position.type === 'oldest') return { ShardIteratorType: 'TRIM_HORIZON' };
  if (position.type === 'now') return { ShardIteratorType: 'LATEST' };
  if (position.type === 'time') return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: position.at / 1000 };
  return {
    ShardIteratorType: position.type === 'at' ? 'AT_SEQUENCE_NUMBER' : 'AFTER_SEQUENCE_NUMBER',
    StartingSequenceNumber: position.sequenceNumber,
  };
}

export function toOutcome(entry: PutRecordsEntry): WriteOutcome {
  if ('ErrorCode' in entry) return { ok: false, code: entry.ErrorCode, message: entry.ErrorMessage };
  return { ok: true, shardId: entry.ShardId, sequenceNumber: toSequenceNumber(entry.SequenceNumber) };
}

export function toStored(record: RecordOutput): StoredRecord {
  const { Data: data } = record;
  return {
    sequenceNumber: toSequenceNumber(record.SequenceNumber),
    partitionKey: record.PartitionKey ?? '',
    data: typeof data === 'string' ? new Uint8Array(Buffer.from(data, 'base64')) : data,
    arrivedAt: record.ApproximateArrivalTimestamp,
  };
}

export function toShard(shard: ShardOutput): Shard {
  const ending = shard.SequenceNumberRange.EndingSequenceNumber;
  return {
    shardId: shard.ShardId,
    hashRange: toRange(shard.HashKeyRange),
    startingSequenceNumber: toSequenceNumber(shard.SequenceNumberRange.StartingSequenceNumber),
    ...(shard.ParentShardId === undefined ? {} : { parentShardId: shard.ParentShardId }),
    ...(shard.AdjacentParentShardId === undefined
      ? {}
      : { adjacentParentShardId: shard.AdjacentParentShardId }),
    ...(ending === undefined ? {} : { endingSequenceNumber: toSequenceNumber(ending) }),
  };
}

export function toChild(child: ChildShardOutput): ChildShard {
  return {
    shardId: child.ShardId,
    parentShardIds: child.ParentShards,
    hashRange: toRange(child.HashKeyRange),
  };
}

function toRange(range: HashKeyRangeOutput): { readonly start: bigint; readonly end: bigint } {
  return { start: BigInt(range.StartingHashKey), end: BigInt(range.EndingHashKey) };
}
