import type { DashboardOptions } from '../dashboard/dashboard.ts';
import type { ConsumerService } from './consumer-service.ts';
import type { KinesisStream } from './kinesis-stream.ts';
import type { LambdaProcessor } from './lambda-processor.ts';

/** A stream and its readers, as alarms and dashboard look at them. */
export function watch(props: {
  readonly stream: KinesisStream;
  readonly processors?: readonly LambdaProcessor[];
  readonly services?: readonly ConsumerService[];
  readonly maxLagMilliseconds?: number;
}): DashboardOptions & { readonly hasPollingReader: boolean } {
  const { stream, processors = [], services = [], maxLagMilliseconds } = props;
  const readers = [...processors, ...services];
  const fanOutConsumers = readers.flatMap(({ consumerName }) => consumerName ?? []);
  const { name, retentionHours, shards } = stream.reference;
  return {
    streamName: name,
    retentionHours,
    ...(shards !== undefined && { shards }),
    ...(maxLagMilliseconds !== undefined && { maxLagMilliseconds }),
    hasPollingReader: readers.length === 0 || fanOutConsumers.length < readers.length,
    fanOutConsumers,
    hasShardMetrics: stream.hasShardMetrics,
    processors: processors.map(({ alarms }) => alarms),
    groups: services.flatMap(({ alarms }) => alarms ?? []),
  };
}
