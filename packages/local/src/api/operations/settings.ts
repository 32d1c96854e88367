import { limits } from '../../engine/limits.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { maxRecordSize, streamArn, streamId } from '../shapes.ts';
import { streamOf } from '../stream-reference.ts';

export interface DescribeLimitsOutput {
  readonly ShardLimit: number;
  readonly OpenShardCount: number;
  readonly OnDemandStreamCount: number;
  readonly OnDemandStreamCountLimit: number;
  readonly ChannelCount: number;
  readonly ChannelCountLimit: number;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html}. */
export function updateMaxRecordSize({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(sizeShape, input);
  const stream = streamOf(engine, request);
  engine.update(stream, () => {
    stream.maxRecordBytes = Math.floor(request.MaxRecordSizeInKiB) * 1024;
  });
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html}. */
export function describeLimits({ engine }: OperationContext, input: unknown): DescribeLimitsOutput {
  accept(structure({}), input);
  return {
    ShardLimit: engine.options.shardLimit,
    OpenShardCount: engine.openShardCount,
    OnDemandStreamCount: engine.streams.filter((stream) => stream.mode === 'ON_DEMAND').length,
    OnDemandStreamCountLimit: limits.onDemandStreams,
    ChannelCount: engine.channels.all.length,
    // Two for each stream on demand: one to S3, one to S3 Tables.
    ChannelCountLimit: 2 * limits.onDemandStreams,
  };
}

const sizeShape = structure({
  StreamARN: streamArn,
  StreamId: streamId,
  MaxRecordSizeInKiB: required(maxRecordSize),
});
