import type { GroupAlarmOptions, ProcessorAlarmOptions } from '@millrace/infra';

import { eachOf } from '../aws/call.ts';
import type { FanOutConsumer } from '../aws/fan-out-admin.ts';
import type { Mapping, Mappings } from '../aws/mappings.ts';
import type { Metrics } from '../aws/metrics.ts';
import type { DescribedStream } from '../aws/stream-admin.ts';

/** Whoever reads a stream that is there, as far as AWS can tell. */
export interface StreamReaders {
  readonly consumers: readonly FanOutConsumer[];
  /** Functions behind event source mappings. */
  readonly processors: readonly StreamProcessor[];
  /** Groups of our workers that measure into CloudWatch. */
  readonly groups: readonly StreamGroup[];
}

export interface StreamProcessor extends ProcessorAlarmOptions {
  readonly functionName: string;
}

export interface StreamGroup extends GroupAlarmOptions {
  readonly group: string;
}

/** The event source mappings on a stream and on its fan-out consumers. */
export async function mappingsOf(
  mappings: Mappings,
  { arn }: DescribedStream,
  consumers: readonly FanOutConsumer[],
  signal: AbortSignal,
): Promise<readonly Mapping[]> {
  const sources = [arn, ...consumers.map((consumer) => consumer.arn)];
  return (await Promise.all(sources.map((source) => mappings.list(source, { signal })))).flat();
}

/** What the alarms on the functions of mappings need to know. */
export async function processorsOf(
  mappings: Mappings,
  found: readonly Mapping[],
  { retentionHours }: DescribedStream,
  signal: AbortSignal,
): Promise<readonly StreamProcessor[]> {
  return eachOf(found, async ({ functionName, id, failureDestination }) => {
    const queue = /^arn:[^:]+:sqs:[^:]*:[^:]*:(.+)$/.exec(failureDestination ?? '')?.[1];
    return {
      functionName,
      mappingId: id,
      timeoutSeconds: await mappings.timeoutSeconds(functionName, { signal }),
      retentionHours,
      ...(queue !== undefined && { failureQueueName: queue }),
    };
  });
}

/** The groups that tell CloudWatch how far behind they are. */
export async function groupsOf(
  metrics: Metrics,
  { name }: DescribedStream,
  signal: AbortSignal,
): Promise<readonly StreamGroup[]> {
  const measured = await metrics.named('millrace.consumer.behind_ms', { stream: name }, { signal });
  return measured.flatMap(({ namespace, dimensions: { group, shardId } }) =>
    group === undefined || shardId !== undefined ? [] : { streamName: name, namespace, group },
  );
}
