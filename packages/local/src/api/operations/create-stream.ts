import { limits } from '../../engine/limits.ts';
import { invalidArgument, ServiceError } from '../../engine/service-error.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { distributionStrategy, natural } from '../resource-shapes.ts';
import { maxRecordSize, positive, streamMode, streamName, tagMap } from '../shapes.ts';
import { checkTags } from '../tag-rules.ts';
import { checkDistribution, checkWarmThroughput } from './stream-mode.ts';

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html}. */
export function createStream({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(shape, input);
  const mode = request.StreamModeDetails?.StreamMode;
  const shards = request.ShardCount ?? undefined;
  if (mode === 'PROVISIONED' && shards === undefined) {
    throw new ServiceError(
      'ValidationException',
      'ShardCount must be provided for streams in PROVISIONED mode.',
    );
  }
  if (shards !== undefined && shards > limits.shardsPerStream) {
    throw invalidArgument(`ShardCount must not exceed ${limits.shardsPerStream}.`);
  }
  const capacity = mode ?? (shards === undefined ? 'ON_DEMAND' : 'PROVISIONED');
  const warm = request.WarmThroughputMiBps ?? undefined;
  if (warm !== undefined) checkWarmThroughput(engine, capacity, warm);
  const distribution = request.RecordDistributionStrategy ?? undefined;
  if (distribution !== undefined) checkDistribution(capacity, distribution);
  if (request.Tags !== null && request.Tags !== undefined) checkTags(request.Tags);
  engine.createStream(request.StreamName, {
    ...(mode === undefined ? {} : { mode }),
    ...(shards === undefined || mode === 'ON_DEMAND' ? {} : { shards: Math.floor(shards) }),
    ...(request.MaxRecordSizeInKiB ? { maxRecordBytes: request.MaxRecordSizeInKiB * 1024 } : {}),
    ...(warm === undefined ? {} : { warmMiBps: warm }),
    ...(distribution === undefined ? {} : { distribution }),
    ...(request.Tags ? { tags: request.Tags } : {}),
  });
  return undefined;
}

const shape = structure({
  ShardCount: positive,
  StreamName: required(streamName),
  StreamModeDetails: structure({ StreamMode: required(streamMode) }),
  Tags: tagMap,
  WarmThroughputMiBps: natural,
  MaxRecordSizeInKiB: maxRecordSize,
  RecordDistributionStrategy: distributionStrategy,
});
