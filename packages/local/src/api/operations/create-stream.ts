import { limits } from '../../engine/limits.ts';
import { invalidArgument, ServiceError } from '../../engine/service-error.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { maxRecordSize, positive, streamMode, streamName, tagMap } from '../shapes.ts';
import { checkTags } from '../tag-rules.ts';

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
  if (request.Tags !== null && request.Tags !== undefined) checkTags(request.Tags);
  engine.createStream(request.StreamName, {
    ...(mode === undefined ? {} : { mode }),
    ...(shards === undefined || mode === 'ON_DEMAND' ? {} : { shards: Math.floor(shards) }),
    ...(request.MaxRecordSizeInKiB ? { maxRecordBytes: request.MaxRecordSizeInKiB * 1024 } : {}),
    ...(request.Tags ? { tags: request.Tags } : {}),
  });
  return undefined;
}

const shape = structure({
  ShardCount: positive,
  StreamName: required(streamName),
  StreamModeDetails: structure({ StreamMode: required(streamMode) }),
  Tags: tagMap,
  WarmThroughputMiBps: { type: 'integer', min: 0 },
  MaxRecordSizeInKiB: maxRecordSize,
});
