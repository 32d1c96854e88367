import { filterShards, type ShardFilter } from '../../engine/shard-filter.ts';
import { invalidArgument } from '../../engine/service-error.ts';
import { accept } from '../accept.ts';
import { decodeNextToken, encodeNextToken } from '../next-token.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure, type ValueOf } from '../shape.ts';
import { nextToken, pageLimit, shardId, streamArn, streamId, streamName, timestamp } from '../shapes.ts';
import { describeShard, type ShardOutput } from '../shard-output.ts';
import { streamNameOf } from '../stream-reference.ts';

export interface ListShardsOutput {
  readonly Shards: readonly ShardOutput[];
  readonly NextToken?: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html}. */
export function listShards({ engine }: OperationContext, input: unknown): ListShardsOutput {
  const { now } = engine;
  const asked = accept(shape, input);
  const request = asked.NextToken ? resume(asked, asked.NextToken, now) : asked;
  const stream = engine.stream(streamNameOf(engine, request));
  const created = request.StreamCreationTimestamp ?? undefined;
  if (created !== undefined && Math.floor(created) !== Math.floor(stream.createdAt / 1000)) {
    throw engine.streamNotFound(stream.name);
  }
  engine.checkActive(stream, ['ACTIVE', 'UPDATING']);
  const after = request.ExclusiveStartShardId ?? '';
  const oldest = Math.max(stream.horizon(now), stream.createdAt);
  const shards = filterShards(stream.shards(now), filterOf(request), oldest).filter(
    (shard) => shard.id > after,
  );
  const shown = shards.slice(0, Math.min(largestPage, Math.floor(asked.MaxResults ?? largestPage)));
  const last = shown.at(-1);
  const output = { Shards: shown.map(describeShard) };
  if (last === undefined || shown.length === shards.length) return output;
  const rest = {
    StreamName: stream.name,
    StreamCreationTimestamp: stream.createdAt / 1000,
    ShardFilter: request.ShardFilter,
    ExclusiveStartShardId: last.id,
  };
  return { ...output, NextToken: encodeNextToken(rest, now) };
}

const largestPage = 1000;

const shape = structure({
  ExclusiveStartShardId: shardId,
  MaxResults: pageLimit,
  NextToken: nextToken,
  ShardFilter: structure({
    Type: required({
      type: 'string',
      values: [
        'AFTER_SHARD_ID',
        'AT_TRIM_HORIZON',
        'FROM_TRIM_HORIZON',
        'AT_LATEST',
        'AT_TIMESTAMP',
        'FROM_TIMESTAMP',
      ],
    }),
    ShardId: shardId,
    Timestamp: timestamp,
  }),
  StreamCreationTimestamp: timestamp,
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
});

type Request = ValueOf<typeof shape>;

function resume(asked: Request, token: string, now: number): Request {
  if (asked.StreamName || asked.StreamARN) {
    throw invalidArgument('NextToken and StreamName cannot be provided together.');
  }
  return accept(shape, decodeNextToken(token, now));
}

function filterOf(request: Request): ShardFilter {
  const filter = request.ShardFilter;
  if (!filter) return { type: 'all' };
  const type = filter.Type;
  const seconds = filter.Timestamp ?? undefined;
  const shard = filter.ShardId ?? undefined;
  if (type === 'AFTER_SHARD_ID') {
    if (shard === undefined)
      throw invalidArgument('ShardId must be provided with ShardFilter type AFTER_SHARD_ID.');
    return { type: 'after', shardId: shard };
  }
  if (type === 'AT_TIMESTAMP' || type === 'FROM_TIMESTAMP') {
    if (seconds === undefined)
      throw invalidArgument(`Timestamp must be provided with ShardFilter type ${type}.`);
    return { type: type === 'AT_TIMESTAMP' ? 'at' : 'from', time: Math.round(seconds * 1000) };
  }
  if (type === 'AT_LATEST') return { type: 'latest' };
  return { type: type === 'AT_TRIM_HORIZON' ? 'oldest' : 'all' };
}
