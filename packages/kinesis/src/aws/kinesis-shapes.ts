import type {
  ChildShard as ServiceChildShard,
  Shard as ServiceShard,
  _Record as ServiceRecord,
} from '@aws-sdk/client-kinesis';

import { MillraceError } from '../errors.ts';
import type { Position } from '../record/position.ts';
import type { StoredRecord } from '../record/record.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import type { ChildShard, Shard } from '../shard/shard.ts';

/** A position in the service's words; GetShardIterator and SubscribeToShard name the members differently. */
export type ServicePosition =
  | { readonly type: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly timestamp: Date }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

export function toServicePosition(position: Position): ServicePosition {
  if (position.type === 'time') return { type: 'AT_TIMESTAMP', timestamp: new Date(position.at) };
  if (position.type === 'at' || position.type === 'after') {
    const type = position.type === 'at' ? 'AT_SEQUENCE_NUMBER' : 'AFTER_SEQUENCE_NUMBER';
    return { type, sequenceNumber: position.sequenceNumber };
  }
  return { type: position.type === 'oldest' ? 'TRIM_HORIZON' : 'LATEST' };
}

export function toRecord(record: ServiceRecord): StoredRecord {
  return {
    sequenceNumber: toSequenceNumber(needed(record.SequenceNumber, 'SequenceNumber')),
    partitionKey: record.PartitionKey ?? '',
    data: needed(record.Data, 'Data'),
    arrivedAt: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
  };
}

export function toShard(shard: ServiceShard): Shard {
  const { ParentShardId, AdjacentParentShardId } = shard;
  const ending = shard.SequenceNumberRange?.EndingSequenceNumber;
  return {
    shardId: needed(shard.ShardId, 'ShardId'),
    hashRange: toRange(shard.HashKeyRange),
    startingSequenceNumber: toSequenceNumber(
      needed(shard.SequenceNumberRange?.StartingSequenceNumber, 'StartingSequenceNumber'),
    ),
    ...(ParentShardId !== undefined && { parentShardId: ParentShardId }),
    ...(AdjacentParentShardId !== undefined && { adjacentParentShardId: AdjacentParentShardId }),
    ...(ending !== undefined && { endingSequenceNumber: toSequenceNumber(ending) }),
  };
}

export function toChild(child: ServiceChildShard): ChildShard {
  return {
    shardId: needed(child.ShardId, 'ShardId'),
    parentShardIds: child.ParentShards ?? [],
    hashRange: toRange(child.HashKeyRange),
  };
}

function toRange(range: ServiceShard['HashKeyRange']): Shard['hashRange'] {
  return {
    start: BigInt(needed(range?.StartingHashKey, 'StartingHashKey')),
    end: BigInt(needed(range?.EndingHashKey, 'EndingHashKey')),
  };
}

export function needed<T>(value: T | undefined | null, member: string): T {
  if (value !== undefined && value !== null) return value;
  throw new MillraceError('SERVICE_FAILED', `The service's answer lacks ${member}.`, {
    advice: 'Check that the endpoint is a Kinesis: this is not an answer of the service.',
    path: member,
  });
}
