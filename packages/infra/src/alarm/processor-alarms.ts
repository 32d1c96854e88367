import { text, type Numeric, type Text } from '../template/value.ts';
import type { Alarm, Metric } from './alarm.ts';

/** What the alarms on a Lambda processor need to know of it. */
export interface ProcessorAlarmOptions {
  readonly functionName: Text;
  /** UUID of the event source mapping; without it its EventCount metrics are not watched. */
  readonly mappingId?: Text;
  /** Of the function. */
  readonly timeoutSeconds: Numeric;
  /** Of the function; undefined when it has none of its own. */
  readonly reservedConcurrency?: number;
  /** Of the stream. */
  readonly retentionHours: Numeric;
  /** How late the processor may be, milliseconds. Default 60,000. */
  readonly maxLagMilliseconds?: Numeric;
  /** Name of the SQS queue that failed batches go to, if that is where. */
  readonly failureQueueName?: Text;
  /** Records of failed invocations borne in a minute. Default 0. */
  readonly toleratedFailures?: number;
}

/**
 * The alarms every function on a stream should have. With `ReportBatchItemFailures` the function's own `Errors` stay 0
 * while records fail, so the mapping's EventCount metrics are watched, too.
 *
 * @example
 * ```ts
 * const alarms = processorAlarms({ functionName: 'bill', mappingId: uuid, timeoutSeconds: 60, retentionHours: 24 });
 * ```
 */
export function processorAlarms(options: ProcessorAlarmOptions): readonly Alarm[] {
  return [
    ...functionAlarms(options),
    ...(options.mappingId === undefined ? [] : mappingAlarms(options, options.mappingId)),
    ...(options.failureQueueName === undefined ? [] : queueAlarms(options, options.failureQueueName)),
  ];
}

function functionAlarms(options: ProcessorAlarmOptions): readonly Alarm[] {
  const { functionName, timeoutSeconds, reservedConcurrency, maxLagMilliseconds = 60_000 } = options;
  const metric = (name: string, statistic: Metric['statistic']): Metric => ({
    namespace: 'AWS/Lambda',
    name,
    dimensions: { FunctionName: functionName },
    statistic,
  });
  return [
    {
      id: 'ProcessorLate',
      description:
        'The function is too far behind the newest record: it is slow, throttled or stuck on a record. See millrace lag --explain.',
      watched: { metric: metric('IteratorAge', 'Maximum') },
      comparison: 'above',
      threshold: maxLagMilliseconds,
      evaluationPeriods: 15,
      // A stream without records publishes nothing; ReaderLate watches for a mapping that does not poll.
      missingData: 'notBreaching',
      origin: 'millrace',
    },
    {
      id: 'ProcessorErrors',
      description: 'The function throws, times out or runs out of memory: its whole batch is tried again.',
      watched: { metric: metric('Errors', 'Sum') },
      comparison: 'above',
      threshold: 0,
      evaluationPeriods: 3,
      missingData: 'missing',
      origin: 'aws',
    },
    {
      id: 'ProcessorThrottled',
      description: 'Invocations are throttled: shards wait. Raise the concurrency of function or account.',
      watched: { metric: metric('Throttles', 'Sum') },
      comparison: 'atLeast',
      threshold: 1,
      evaluationPeriods: 5,
      missingData: 'missing',
      origin: 'aws',
    },
    {
      id: 'ProcessorSlow',
      description:
        'A tenth of all invocations takes over 80 % of the timeout. A timeout discards all progress in its batch.',
      watched: {
        expression: text`duration / (${timeoutSeconds} * 10)`,
        metrics: { duration: metric('Duration', 'p90') },
      },
      comparison: 'above',
      threshold: 80,
      evaluationPeriods: 15,
      missingData: 'missing',
      origin: 'aws',
    },
    {
      id: 'FailuresNotDelivered',
      description:
        'Lambda could not deliver a failed batch to its destination: those records are dropped. Check the permissions of the role, and that the destination is no FIFO.',
      watched: { metric: metric('DestinationDeliveryFailures', 'Sum') },
      comparison: 'above',
      threshold: 0,
      evaluationPeriods: 1,
      missingData: 'notBreaching',
      origin: 'millrace',
    },
    ...(reservedConcurrency === undefined
      ? []
      : [
          {
            id: 'ProcessorConcurrency',
            description: 'Over 90 % of the reserved concurrency is in use: soon shards wait.',
            watched: { metric: metric('ConcurrentExecutions', 'Maximum') },
            comparison: 'above',
            threshold: reservedConcurrency * 0.9,
            evaluationPeriods: 10,
            missingData: 'missing',
            origin: 'aws',
          } as const,
        ]),
  ];
}

function mappingAlarms({ toleratedFailures = 0 }: ProcessorAlarmOptions, mappingId: Text): readonly Alarm[] {
  const events = (
    id: string,
    description: string,
    name: string,
    rule: { readonly above: number; readonly periods: number },
  ): Alarm => ({
    id,
    description,
    watched: {
      metric: {
        namespace: 'AWS/Lambda',
        name,
        dimensions: { EventSourceMappingUUID: mappingId },
        statistic: 'Sum',
      },
    },
    comparison: 'above',
    threshold: rule.above,
    evaluationPeriods: rule.periods,
    missingData: 'notBreaching',
    origin: 'millrace',
  });
  return [
    events(
      'RecordsDropped',
      'Records were dropped: too old or tried too often, and no destination took them. They can be read again until the retention ends.',
      'DroppedEventCount',
      { above: 0, periods: 1 },
    ),
    events(
      'RecordsSetAside',
      'Records went to the failure destination. Look at them, then put them back, before the retention ends.',
      'OnFailureDestinationDeliveredEventCount',
      { above: 0, periods: 1 },
    ),
    events(
      'RecordsFailing',
      "Records fail again and again although the function's Errors are 0: it reports them in batchItemFailures.",
      'FailedInvokeEventCount',
      { above: toleratedFailures, periods: 5 },
    ),
  ];
}

function queueAlarms({ retentionHours }: ProcessorAlarmOptions, queueName: Text): readonly Alarm[] {
  const metric = (name: string): Metric => ({
    namespace: 'AWS/SQS',
    name,
    dimensions: { QueueName: queueName },
    statistic: 'Maximum',
  });
  return [
    {
      id: 'FailureQueueNotEmpty',
      description: 'Failed batches wait in the failure queue for somebody to look at them.',
      watched: { metric: metric('ApproximateNumberOfMessagesVisible') },
      comparison: 'above',
      threshold: 0,
      evaluationPeriods: 1,
      missingData: 'missing',
      origin: 'aws',
    },
    {
      id: 'FailureQueueExpiresSoon',
      description:
        'A message waits since half the retention of the stream. It only points at records: after the retention they are gone.',
      watched: {
        expression: text`age / (${retentionHours} * 36)`,
        metrics: { age: metric('ApproximateAgeOfOldestMessage') },
      },
      comparison: 'atLeast',
      threshold: 50,
      evaluationPeriods: 15,
      missingData: 'missing',
      origin: 'aws',
    },
  ];
}
