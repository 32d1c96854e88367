import {
  DescribeStreamSummaryCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type GetRecordsCommandOutput,
  type GetShardIteratorCommandInput,
} from '@aws-sdk/client-kinesis';

import type { Position } from '../record/position.ts';
import type { Shard } from '../shard/shard.ts';
import type { ReadResult, ShardReader } from '../source/shard-reader.ts';
import { toMillraceError, type AwsErrorContext } from './aws-error.ts';
import type { KinesisSender } from './clients.ts';
import { GetRecordsCall } from './get-records-call.ts';
import { needed, toChild, toRecord, toServicePosition, toShard } from './kinesis-shapes.ts';

/** Reads with ListShards, GetShardIterator and GetRecords. */
export function createKinesisReader(client: KinesisSender): ShardReader {
  return {
    describeStream: (stream, { signal } = {}) =>
      call({ operation: 'DescribeStreamSummary', stream }, async () => {
        const command = new DescribeStreamSummaryCommand({ StreamName: stream });
        const answer = await client.send(command, { ...(signal && { abortSignal: signal }) });
        const summary = answer.StreamDescriptionSummary;
        const maxRecordKiB = summary?.MaxRecordSizeInKiB;
        return {
          arn: needed(summary?.StreamARN, 'StreamARN'),
          createdAt: needed(summary?.StreamCreationTimestamp, 'StreamCreationTimestamp').getTime(),
          ...(typeof maxRecordKiB === 'number' && { maxRecordBytes: maxRecordKiB * 1024 }),
        };
      }),

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
        const get = new GetRecordsCall(iterator, limit);
        const answer = await client.send(get.command, { ...(signal && { abortSignal: signal }) });
        return get.result ?? toResult(answer);
      }),
  };
}

function toResult(answer: GetRecordsCommandOutput): ReadResult {
  const { Records, NextShardIterator, MillisBehindLatest, ChildShards } = answer;
  return {
    records: (Records ?? []).map(toRecord),
    millisBehindLatest: MillisBehindLatest ?? 0,
    ...(NextShardIterator !== undefined && NextShardIterator !== null && { nextIterator: NextShardIterator }),
    ...(ChildShards !== undefined && { childShards: ChildShards.map(toChild) }),
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
  const place = toServicePosition(position);
  return {
    ShardIteratorType: place.type,
    ...('timestamp' in place && { Timestamp: place.timestamp }),
    ...('sequenceNumber' in place && { StartingSequenceNumber: place.sequenceNumber }),
  };
}
