import type { Engine } from '../../engine/engine.ts';
import { limits } from '../../engine/limits.ts';
import { keepShards } from '../../engine/on-demand.ts';
import { invalidArgument, ServiceError } from '../../engine/service-error.ts';
import type { Stream } from '../../engine/stream.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { distributionStrategy, natural } from '../resource-shapes.ts';
import { required, structure } from '../shape.ts';
import { streamArn, streamId, streamMode, streamName } from '../shapes.ts';
import { streamOf } from '../stream-reference.ts';

export interface WarmThroughput {
  readonly TargetMiBps?: number;
  readonly CurrentMiBps: number;
}

export interface UpdateStreamWarmThroughputOutput {
  readonly StreamARN: string;
  readonly StreamName: string;
  readonly WarmThroughput: WarmThroughput;
}

/** The shards stay as they are. See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamMode.html}. */
export function updateStreamMode({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(modeShape, input);
  const stream = streamOf(engine, request);
  const mode = request.StreamModeDetails.StreamMode;
  const warm = request.WarmThroughputMiBps ?? undefined;
  if (warm !== undefined) checkWarmThroughput(engine, mode, warm);
  engine.checkActive(stream);
  if (mode === 'PROVISIONED') checkLeavesOnDemand(engine, stream);
  engine.countChange(stream, 'mode', limits.modeChangesPerDay);
  engine.update(stream, () => {
    if (mode === 'ON_DEMAND' && stream.mode === 'PROVISIONED') keepShards(stream, engine.now);
    stream.mode = mode;
    stream.settings.warmMiBps = mode === 'ON_DEMAND' ? (warm ?? stream.settings.warmMiBps) : undefined;
    if (mode === 'ON_DEMAND' && warm !== undefined) engine.scale(stream);
  });
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamWarmThroughput.html}. */
export function updateStreamWarmThroughput(
  { engine }: OperationContext,
  input: unknown,
): UpdateStreamWarmThroughputOutput {
  const request = accept(warmShape, input);
  const stream = streamOf(engine, request);
  const target = request.WarmThroughputMiBps;
  checkWarmThroughput(engine, stream.mode, target);
  engine.update(stream, () => {
    stream.settings.warmMiBps = target;
    // Asked for by name, capacity beyond the target is released at once.
    stream.throughput.forget();
    engine.scale(stream);
  });
  return {
    StreamARN: stream.arn,
    StreamName: stream.name,
    WarmThroughput: { TargetMiBps: target, CurrentMiBps: stream.openShards.length },
  };
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamRecordDistributionStrategy.html}. */
export function updateStreamRecordDistributionStrategy(
  { engine }: OperationContext,
  input: unknown,
): undefined {
  const request = accept(distributionShape, input);
  const stream = streamOf(engine, request);
  const strategy = request.RecordDistributionStrategy;
  checkDistribution(stream.mode, strategy);
  engine.checkActive(stream);
  stream.settings.distribution = strategy;
  return undefined;
}

/** Throws `ValidationException` or `InvalidArgumentException` unless warm throughput may be asked for. */
export function checkWarmThroughput(engine: Engine, mode: Stream['mode'], target: number): void {
  if (mode !== 'ON_DEMAND') {
    throw new ServiceError(
      'ValidationException',
      'Warm throughput is only supported for data streams with the on-demand capacity mode.',
    );
  }
  engine.account.checkWarmThroughput(engine.now);
  if (target <= limits.largestWarmThroughput) return;
  throw invalidArgument(
    `WarmThroughputMiBps ${target} must not exceed ${limits.largestWarmThroughput} MiB per second.`,
  );
}

/** Throws `InvalidArgumentException` for AUTO on a provisioned stream. */
export function checkDistribution(mode: Stream['mode'], strategy: string): void {
  if (strategy !== 'AUTO' || mode === 'ON_DEMAND') return;
  throw invalidArgument(
    'RecordDistributionStrategy AUTO is only supported for data streams with the on-demand capacity mode.',
  );
}

const modeShape = structure({
  StreamARN: required(streamArn),
  StreamId: streamId,
  StreamModeDetails: required(structure({ StreamMode: required(streamMode) })),
  WarmThroughputMiBps: natural,
});

const warmShape = structure({
  StreamARN: streamArn,
  StreamName: streamName,
  StreamId: streamId,
  WarmThroughputMiBps: required(natural),
});

const distributionShape = structure({
  StreamARN: required(streamArn),
  StreamId: streamId,
  RecordDistributionStrategy: required(distributionStrategy),
});

/** A provisioned stream has neither channels nor automatic distribution: who relies on them must give them up first. */
function checkLeavesOnDemand(engine: Engine, stream: Stream): void {
  if (engine.channels.of(stream).length > 0) {
    throw new ServiceError(
      'ResourceInUseException',
      `Stream ${stream.name} under account ${engine.options.accountId} has channels. Delete them before changing ` +
        'its capacity mode.',
    );
  }
  if (stream.settings.distribution !== 'AUTO') return;
  throw invalidArgument(
    `Stream ${stream.name} under account ${engine.options.accountId} uses the RecordDistributionStrategy AUTO, ` +
      'which is not supported in provisioned mode.',
  );
}
