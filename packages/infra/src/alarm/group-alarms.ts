import type { Numeric, Text } from '../template/value.ts';
import type { Alarm } from './alarm.ts';

/** What the alarm on a group of our workers needs to know of it. */
export interface GroupAlarmOptions {
  readonly streamName: Text;
  /** What `createConsumer` is given. */
  readonly group: Text;
  /** CloudWatch namespace its workers measure into: `emfMeter({ namespace })`. */
  readonly namespace: Text;
  /** How late the group may be, milliseconds. Default 60,000. */
  readonly maxLagMilliseconds?: Numeric;
}

/**
 * The alarm on the lag of a group of our workers, as they measure it themselves. The iterator age tells of records as they
 * are read, and of the stream as a whole: a worker that is stuck on one record reads on, or other readers hide it.
 *
 * @example
 * ```ts
 * const alarms = groupAlarms({ streamName: 'orders', group: 'billing', namespace: 'Shop' });
 * ```
 */
export function groupAlarms(options: GroupAlarmOptions): readonly Alarm[] {
  const { streamName, group, namespace, maxLagMilliseconds = 60_000 } = options;
  return [
    {
      id: 'GroupLate',
      description:
        'The workers of a group are too far behind on some shard (slow, or stuck on a record), or none of them is alive. See millrace lag --explain.',
      watched: {
        metric: {
          namespace,
          name: 'millrace.consumer.behind_ms',
          dimensions: { stream: streamName, group },
          statistic: 'Maximum',
        },
      },
      comparison: 'above',
      threshold: maxLagMilliseconds,
      evaluationPeriods: 15,
      // Whoever holds a shard tells, records or not: silence means that nobody does.
      missingData: 'breaching',
      origin: 'millrace',
    },
  ];
}
