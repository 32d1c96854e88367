import type { Stream } from '../../engine/stream.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { streamArn, streamId, streamName } from '../shapes.ts';
import { streamOf } from '../stream-reference.ts';

export interface EnhancedMonitoringOutput {
  readonly StreamName: string;
  readonly CurrentShardLevelMetrics: readonly string[];
  readonly DesiredShardLevelMetrics: readonly string[];
  readonly StreamARN: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_EnableEnhancedMonitoring.html}. */
export function enableEnhancedMonitoring(
  context: OperationContext,
  input: unknown,
): EnhancedMonitoringOutput {
  return change(context, input, (current, named) => new Set([...current, ...named]));
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DisableEnhancedMonitoring.html}. */
export function disableEnhancedMonitoring(
  context: OperationContext,
  input: unknown,
): EnhancedMonitoringOutput {
  return change(
    context,
    input,
    (current, named) => new Set([...current].filter((metric) => !named.has(metric))),
  );
}

/** The metrics a stream counts for each shard, in the order the service lists them. */
export function shardLevelMetrics(stream: Stream): readonly string[] {
  return inOrder(stream.shardLevelMetrics);
}

/** As the service answers them to ALL. */
const metrics = [
  'IncomingBytes',
  'OutgoingRecords',
  'IteratorAgeMilliseconds',
  'IncomingRecords',
  'ReadProvisionedThroughputExceeded',
  'WriteProvisionedThroughputExceeded',
  'OutgoingBytes',
] as const;

const shape = structure({
  StreamName: streamName,
  ShardLevelMetrics: required({
    type: 'list',
    min: 1,
    max: 7,
    item: {
      type: 'string',
      values: [
        'IncomingBytes',
        'IncomingRecords',
        'OutgoingBytes',
        'OutgoingRecords',
        'WriteProvisionedThroughputExceeded',
        'ReadProvisionedThroughputExceeded',
        'IteratorAgeMilliseconds',
        'ALL',
      ],
    },
  }),
  StreamARN: streamArn,
  StreamId: streamId,
});

function change(
  { engine }: OperationContext,
  input: unknown,
  desiredOf: (current: ReadonlySet<string>, named: ReadonlySet<string>) => ReadonlySet<string>,
): EnhancedMonitoringOutput {
  const request = accept(shape, input);
  const stream = streamOf(engine, request);
  const named = request.ShardLevelMetrics.includes('ALL') ? metrics : request.ShardLevelMetrics;
  const current = shardLevelMetrics(stream);
  const desired = desiredOf(new Set(current), new Set(named));
  engine.update(stream, () => {
    stream.shardLevelMetrics.clear();
    for (const metric of desired) stream.shardLevelMetrics.add(metric);
  });
  return {
    StreamName: stream.name,
    CurrentShardLevelMetrics: current,
    DesiredShardLevelMetrics: inOrder(desired),
    StreamARN: stream.arn,
  };
}

function inOrder(set: ReadonlySet<string>): readonly string[] {
  return metrics.filter((metric) => set.has(metric));
}
