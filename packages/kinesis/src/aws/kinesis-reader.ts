import {
  DescribeStreamSummaryCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type GetShardIteratorCommandInput,
} from '@aws-sdk/client-kinesis';

import type { Position } from '../record/position.ts';
import type { Shard } from '../shard/shard.ts';
import type { ShardReader } from '../source/shard-reader.ts';
import { toMillraceError, type AwsErrorContext } from './aws-error.ts';
import type { KinesisSender } from './clients.ts';
import type { DirectCalls } from './direct-calls.ts';
import { GetRecordsCalls } from './get-records-call.ts';
import { needed, toServicePosition, toShard } from './kinesis-shapes.ts';

/** Reads with ListShards, GetShardIterator and GetRecords; the last of these by `direct`, when the client is one of ours. */
export function createKinesisReader(client: KinesisSender, direct?: DirectCalls): ShardReader {
  const getRecords = new GetRecordsCalls(client, direct);
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
        direct?.learnFrom(command, 'GetRecords');
        const answer = await client.send(command, { ...(signal && { abortSignal: signal }) });
        return needed(answer.ShardIterator, 'ShardIterator');
      }),

    read: (iterator, { stream, limit, signal }) =>
      call({ operation: 'GetRecords', stream }, () => getRecords.send(iterator, limit, signal)),
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
