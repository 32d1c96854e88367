import { text, type Numeric, type Text } from '../template/value.ts';
import type { Alarm, Metric, MissingData } from './alarm.ts';

/** What the alarms on a stream need to know of it. */
export interface StreamAlarmOptions {
  readonly streamName: Text;
  readonly retentionHours: Numeric;
  /** Open shards; undefined for on-demand, where utilisation has no fixed whole. */
  readonly shards?: Numeric;
  /** How late the slowest reader may be, milliseconds. Default 60,000. */
  readonly maxLagMilliseconds?: Numeric;
  /** Whether somebody reads with GetRecords: without, its iterator age is never published. Default true. */
  readonly hasPollingReader?: boolean;
  /** Names of the registered fan-out consumers. */
  readonly fanOutConsumers?: readonly Text[];
  /** Whether a silent producer is an alarm, too: no record in 15 minutes. Default false. */
  readonly expectsTraffic?: boolean;
}

/**
 * The alarms every stream should have: those AWS recommends, with a threshold that fits retention and shards, and ours
 * where AWS has none.
 *
 * @example
 * ```ts
 * const alarms = streamAlarms({ streamName: 'orders', retentionHours: 24, shards: 2 });
 * ```
 */
export function streamAlarms(options: StreamAlarmOptions): readonly Alarm[] {
  const { fanOutConsumers = [], hasPollingReader = true } = options;
  return [
    ...(hasPollingReader ? pollingAlarms(options) : []),
    ...writeAlarms(options),
    ...fanOutConsumers.flatMap((consumer, index) =>
      fanOutAlarms(options, consumer, fanOutConsumers.length === 1 ? '' : String(index + 1)),
    ),
  ];
}

function pollingAlarms({
  streamName,
  retentionHours,
  maxLagMilliseconds = 60_000,
}: StreamAlarmOptions): readonly Alarm[] {
  const age = ofStream(streamName, 'GetRecords.IteratorAgeMilliseconds', 'Maximum');
  return [
    {
      id: 'ReaderLate',
      description:
        'A reader is too far behind the newest record, or nobody reads at all: a consumer that died publishes no age. See millrace lag --explain.',
      watched: { metric: age },
      comparison: 'above',
      threshold: maxLagMilliseconds,
      evaluationPeriods: 15,
      missingData: 'breaching',
      origin: 'aws',
    },
    {
      id: 'RecordsExpireSoon',
      description:
        'A reader is more than half the retention behind: its records are going to be deleted unread. Raise the retention first, then find out why it is late.',
      watched: { expression: text`age / (${retentionHours} * 36000)`, metrics: { age } },
      comparison: 'above',
      threshold: 50,
      evaluationPeriods: 5,
      // A reader that then dies must not put this alarm at ease.
      missingData: 'ignore',
      origin: 'millrace',
    },
    share(
      'ReadsFailing',
      'Reads fail, by throttling or by the service. See millrace lag --explain.',
      ofStream(streamName, 'GetRecords.Success', 'Average'),
      { below: 0.95, missingData: 'missing' },
    ),
    share(
      'ReadsThrottled',
      'Readers ask for more than a shard gives: 5 calls and 2 MiB a second for all of them together. Poll less often, or read by fan-out.',
      ofStream(streamName, 'ReadProvisionedThroughputExceeded', 'Average'),
      { above: 0.05, missingData: 'notBreaching' },
    ),
  ];
}

function writeAlarms({ streamName, shards, expectsTraffic }: StreamAlarmOptions): readonly Alarm[] {
  const sum = (name: string): Metric => ofStream(streamName, name, 'Sum');
  return [
    share(
      'WritesThrottled',
      'Shards refuse records: too few shards, or one hot key. Producers must retry; see millrace hot.',
      ofStream(streamName, 'WriteProvisionedThroughputExceeded', 'Average'),
      { above: 0.05, missingData: 'notBreaching' },
    ),
    share(
      'PutRecordFailing',
      'PutRecord fails: a producer that does not retry loses those records.',
      ofStream(streamName, 'PutRecord.Success', 'Average'),
      { below: 0.95, missingData: 'missing' },
    ),
    {
      id: 'PutRecordsFailed',
      description:
        'Records of PutRecords were refused by internal failures: a producer that does not retry single records loses them.',
      watched: { metric: sum('PutRecords.FailedRecords') },
      comparison: 'above',
      threshold: 0,
      evaluationPeriods: 5,
      missingData: 'notBreaching',
      origin: 'aws',
    },
    {
      id: 'PutRecordsThrottled',
      description:
        'More than 5 % of the records given to PutRecords were throttled: a producer that does not retry single records loses them.',
      watched: {
        expression: 'IF(total > 0, 100 * throttled / total, 0)',
        metrics: {
          throttled: sum('PutRecords.ThrottledRecords'),
          total: sum('PutRecords.TotalRecords'),
        },
      },
      comparison: 'above',
      threshold: 5,
      evaluationPeriods: 5,
      missingData: 'notBreaching',
      origin: 'millrace',
    },
    ...(shards === undefined ? [] : [utilisation(streamName, shards)]),
    ...(expectsTraffic === true ? [silence(streamName)] : []),
  ];
}

/** Percent of what the shards take together; a hot shard hides in it, WritesThrottled shows that. */
function utilisation(streamName: Text, shards: Numeric): Alarm {
  return {
    id: 'WriteCapacity',
    description: 'Over 80 % of the write capacity of all shards is used. Add shards before they throttle.',
    watched: {
      expression: text`IF(bytes / 1048576 > records / 1000, bytes / 1048576, records / 1000) * 100 / (60 * ${shards})`,
      metrics: {
        bytes: ofStream(streamName, 'IncomingBytes', 'Sum'),
        records: ofStream(streamName, 'IncomingRecords', 'Sum'),
      },
    },
    comparison: 'atLeast',
    threshold: 80,
    evaluationPeriods: 5,
    missingData: 'notBreaching',
    origin: 'millrace',
  };
}

function silence(streamName: Text): Alarm {
  return {
    id: 'NothingWritten',
    description: 'No record was written in 15 minutes: producers are down, or cannot reach the stream.',
    watched: { metric: ofStream(streamName, 'IncomingRecords', 'Sum') },
    comparison: 'below',
    threshold: 1,
    evaluationPeriods: 15,
    missingData: 'breaching',
    origin: 'millrace',
  };
}

function fanOutAlarms(
  { streamName, maxLagMilliseconds = 60_000 }: StreamAlarmOptions,
  consumer: Text,
  suffix: string,
): readonly Alarm[] {
  const metric = (name: string, statistic: Metric['statistic'], periodSeconds = 60): Metric => ({
    namespace: 'AWS/Kinesis',
    name,
    dimensions: { StreamName: streamName, ConsumerName: consumer },
    statistic,
    periodSeconds,
  });
  return [
    {
      id: `FanOutLate${suffix}`,
      description: 'A fan-out consumer is too far behind the newest record. See millrace lag --explain.',
      watched: { metric: metric('SubscribeToShardEvent.MillisBehindLatest', 'Average') },
      comparison: 'above',
      threshold: maxLagMilliseconds,
      evaluationPeriods: 5,
      missingData: 'missing',
      origin: 'aws',
    },
    {
      id: `FanOutGone${suffix}`,
      description:
        'A fan-out consumer subscribes no more, or fails to: every subscription ends after 5 minutes and must be renewed.',
      watched: { metric: metric('SubscribeToShard.Success', 'Average', 300) },
      comparison: 'below',
      threshold: 1,
      evaluationPeriods: 3,
      missingData: 'breaching',
      origin: 'millrace',
    },
    {
      id: `FanOutThrottled${suffix}`,
      description:
        'SubscribeToShard is called too often: two programs share one consumer, or one subscribes again at once after every end.',
      watched: { metric: metric('SubscribeToShard.RateExceeded', 'Sum') },
      comparison: 'above',
      threshold: 0,
      evaluationPeriods: 5,
      missingData: 'notBreaching',
      origin: 'millrace',
    },
  ];
}

function ofStream(streamName: Text, name: string, statistic: Metric['statistic']): Metric {
  return { namespace: 'AWS/Kinesis', name, dimensions: { StreamName: streamName }, statistic };
}

/** An alarm of AWS on a ratio between 0 and 1, in five minutes of five. */
function share(
  id: string,
  description: string,
  metric: Metric,
  rule: { readonly above?: number; readonly below?: number; readonly missingData: MissingData },
): Alarm {
  return {
    id,
    description,
    watched: { metric },
    comparison: rule.below === undefined ? 'above' : 'below',
    threshold: rule.below ?? rule.above ?? 0,
    evaluationPeriods: 5,
    missingData: rule.missingData,
    origin: 'aws',
  };
}
