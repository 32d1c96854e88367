import type { Alarm, Numeric } from '@millrace/infra';

import type { FanOutConsumer } from '../aws/fan-out-admin.ts';
import type { Metrics } from '../aws/metrics.ts';
import type { DescribedStream } from '../aws/stream-admin.ts';

export interface AlarmedStream {
  readonly stream: DescribedStream;
  readonly consumers: readonly FanOutConsumer[];
  readonly metrics: Metrics;
  readonly maxLagMilliseconds?: Numeric;
  readonly signal: AbortSignal;
}

/**
 * The alarms that a stream that is there should have: on itself, its fan-out consumers, and the groups of our workers that
 * tell CloudWatch how far they are. What `doctor` misses, `generate alarms --from-stream` writes.
 */
export async function recommendedAlarms(options: AlarmedStream): Promise<readonly Alarm[]> {
  const { stream, consumers, metrics, maxLagMilliseconds, signal } = options;
  const { groupAlarms, streamAlarms } = await import('@millrace/infra');
  const late = maxLagMilliseconds === undefined ? {} : { maxLagMilliseconds };
  const measured = await metrics.named('millrace.consumer.behind_ms', { stream: stream.name }, { signal });
  const groups = measured.flatMap(({ namespace, dimensions: { group, shardId } }) =>
    group === undefined || shardId !== undefined ? [] : { namespace, group },
  );
  return [
    ...streamAlarms({
      streamName: stream.name,
      retentionHours: stream.retentionHours,
      ...(stream.mode === 'PROVISIONED' && { shards: stream.openShards }),
      fanOutConsumers: consumers.map(({ name }) => name),
      ...late,
    }),
    ...groups.flatMap(({ namespace, group }) =>
      groupAlarms({ streamName: stream.name, group, namespace, ...late }).map((alarm) =>
        groups.length === 1 ? alarm : { ...alarm, id: `${alarm.id}-${group}` },
      ),
    ),
  ];
}
