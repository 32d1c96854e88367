import { invalidArgument, ServiceError } from '../../engine/service-error.ts';
import { limits } from '../../engine/limits.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { hashKey, positive, shardId, streamArn, streamId, streamName } from '../shapes.ts';
import { streamNameOf, streamOf, type StreamReference } from '../stream-reference.ts';

export interface UpdateShardCountOutput {
  readonly StreamName: string;
  readonly CurrentShardCount: number;
  readonly TargetShardCount: number;
  readonly StreamARN: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html}. */
export function splitShard(context: OperationContext, input: unknown): undefined {
  const request = accept(splitShape, input);
  const name = provisionedStream(context, request);
  context.engine.splitShard(name, request.ShardToSplit, BigInt(request.NewStartingHashKey));
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html}. */
export function mergeShards(context: OperationContext, input: unknown): undefined {
  const request = accept(mergeShape, input);
  const name = provisionedStream(context, request);
  context.engine.mergeShards(name, request.ShardToMerge, request.AdjacentShardToMerge);
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html}. */
export function updateShardCount(context: OperationContext, input: unknown): UpdateShardCountOutput {
  const request = accept(updateShape, input);
  const name = provisionedStream(context, request);
  const target = Math.floor(request.TargetShardCount);
  if (target > limits.shardsPerStream) {
    throw invalidArgument(`TargetShardCount must not exceed ${limits.shardsPerStream}.`);
  }
  const current = context.engine.updateShardCount(name, target);
  return {
    StreamName: name,
    CurrentShardCount: current,
    TargetShardCount: target,
    StreamARN: context.engine.stream(name).arn,
  };
}

const splitShape = structure({
  NewStartingHashKey: required(hashKey),
  StreamName: streamName,
  ShardToSplit: required(shardId),
  StreamARN: streamArn,
  StreamId: streamId,
});

const mergeShape = structure({
  ShardToMerge: required(shardId),
  AdjacentShardToMerge: required(shardId),
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
});

const updateShape = structure({
  ScalingType: required({ type: 'string', values: ['UNIFORM_SCALING'] }),
  TargetShardCount: required(positive),
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
});

function provisionedStream({ engine }: OperationContext, reference: StreamReference): string {
  const stream = streamOf(engine, reference);
  if (stream.mode === 'PROVISIONED') return streamNameOf(engine, reference);
  throw new ServiceError(
    'ValidationException',
    `Request is invalid. Stream ${stream.name} under account ${engine.options.accountId} is in On-Demand mode.`,
  );
}
