import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type ChildShard as ServiceChildShard,
  type GetShardIteratorCommandInput,
  type Shard as ServiceShard,
  type _Record as ServiceRecord,
} from '@aws-sdk/client-kinesis';

import { MillraceError } from '../errors.ts';
import type { Position } from '../record/position.ts';
import type { StoredRecord } from '../record/record.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import type { ChildShard, Shard } from '../shard/shard.ts';
import type { ReadResult, ShardReader } from '../source/shard-reader.ts';
import { toMillraceError, type AwsErrorContext } from './aws-error.ts';
import type { KinesisSender } from './clients.ts';

/** Reads with ListShards, GetShardIterator and GetRecords. */
export function createKinesisReader(client: KinesisSender): ShardReader {
  return {
    listShards: (stream, { signal } = {}) =>
      call({ operation: 'ListShards', stream }, () => listShards(client, stream, signal)),

    openIterator: (stream, shardId, position, { signal } = {}) =>
      call({ operation: 'GetShardIterator', stream, shardId }, async () => {
        const command = new GetShardIteratorCommand({
          StreamName: stream,
          ShardId: shardId,
          ...iteratorType(position),
        });
        const answer = await client.send(command, { ...(signal && { abortSignal: signal }) });
        return needed(answer.ShardIterator, 'ShardIterator');
      }),

    read: (iterator, { stream, limit, signal }) =>
      call({ operation: 'GetRecords', stream }, async () => {
        const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: limit });
        const answer = await client.send(command, { ...(signal && { abortSignal: signal }) });
        const { Records, NextShardIterator, MillisBehindLatest, ChildShards } = answer;
        return {
          records: (Records ?? []).map(toRecord),
          millisBehindLatest: MillisBehindLatest ?? 0,
          ...(NextShardIterator !== undefined &&
            NextShardIterator !== null && { nextIterator: NextShardIterator }),
          ...(ChildShards !== undefined && { childShards: ChildShards.map(toChild) }),
        } satisfies ReadResult;
      }),
  };
}

async function call<T>(context: AwsErrorContext, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toMillraceError(error, context);
  }
}

async function listShards(sender: KinesisSender, stream: string, signal?: AbortSignal): Promise<Shard[]> {
  const shards: Shard[] = [];
  let next: string | undefined;
  do {
    // A token stands for the stream and may not be given beside it.
    const command = new ListShardsCommand(next === undefined ? { StreamName: stream } : { NextToken: next });
    const answer = await sender.send(command, { ...(signal && { abortSignal: signal }) });
    shards.push(...(answer.Shards ?? []).map(toShard));
    next = answer.NextToken;
  } while (next !== undefined && next !== null);
  return shards;
}

function iteratorType(
  position: Position,
): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'> {
  if (position.type === 'time') {
    return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(position.at) };
  }
  if (position.type === 'at' || position.type === 'after') {
    const anchor = position.type === 'at' ? 'AT' : 'AFTER';
    return {
      ShardIteratorType: `${anchor}_SEQUENCE_NUMBER`,
      StartingSequenceNumber: position.sequenceNumber,
    };
  }
  return { ShardIteratorType: position.type === 'oldest' ? 'TRIM_HORIZON' : 'LATEST' };
}

function toRecord(record: ServiceRecord): StoredRecord {
  return {
    sequenceNumber: toSequenceNumber(needed(record.SequenceNumber, 'SequenceNumber')),
    partitionKey: record.PartitionKey ?? '',
    data: needed(record.Data, 'Data'),
    arrivedAt: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
  };
}

function toShard(shard: ServiceShard): Shard {
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

function toChild(child: ServiceChildShard): ChildShard {
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

function needed<T>(value: T | undefined | null, member: string): T {
  if (value !== undefined && value !== null) return value;
  throw new MillraceError('SERVICE_FAILED', `The service's answer lacks ${member}.`, {
    advice: 'Check that the endpoint is a Kinesis: this is not an answer of the service.',
    path: member,
  });
}
