import type { Metric } from '../alarm/alarm.ts';
import type { GroupAlarmOptions } from '../alarm/group-alarms.ts';
import { pseudo, text, type Numeric, type Text, type Value } from '../template/value.ts';

/** What the dashboard shows. */
export interface DashboardOptions {
  readonly streamName: Text;
  readonly retentionHours: Numeric;
  /** Open shards; undefined for on-demand. */
  readonly shards?: Numeric;
  /** Names of the registered fan-out consumers. */
  readonly fanOutConsumers?: readonly Text[];
  readonly processors?: readonly {
    readonly functionName: Text;
    readonly mappingId?: Text;
    readonly failureQueueName?: Text;
  }[];
  /** Groups of our workers that measure into CloudWatch. */
  readonly groups?: readonly Pick<GroupAlarmOptions, 'group' | 'namespace'>[];
  /** Whether the stream publishes metrics by shard. Default false. */
  readonly hasShardMetrics?: boolean;
  /** Drawn as a line, milliseconds. Default 60,000. */
  readonly maxLagMilliseconds?: Numeric;
}

/**
 * The body of a CloudWatch dashboard, in rows: writing, reading, each processor, what was set aside.
 *
 * @see {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html}
 * @example
 * ```ts
 * const body = JSON.stringify(dashboardBody({ streamName: 'orders', retentionHours: 24 }));
 * ```
 */
export function dashboardBody(options: DashboardOptions): Readonly<Record<string, Value>> {
  const rows = [
    writing(options),
    capacity(options),
    reading(options),
    ...(options.processors ?? []).flatMap(processorRows),
  ].filter((row) => row.length > 0);
  return {
    start: '-PT8H',
    widgets: rows.flatMap((row, y) =>
      row.map((widget, x) => ({
        type: 'metric',
        x: (24 / row.length) * x,
        y: y * 6,
        width: 24 / row.length,
        height: 6,
        properties: { region: pseudo('region'), view: 'timeSeries', period: 60, ...widget },
      })),
    ),
  };
}

type Widget = Readonly<Record<string, Value>>;
type Line = readonly Value[];

function writing({ streamName }: DashboardOptions): readonly Widget[] {
  const sum = (name: string, label: string): Line => line(kinesis(streamName, name, 'Sum'), label);
  return [
    {
      title: 'Records written a minute',
      metrics: [
        sum('IncomingRecords', 'records'),
        sum('PutRecords.ThrottledRecords', 'throttled'),
        sum('PutRecords.FailedRecords', 'failed'),
      ],
    },
    { title: 'Bytes written a minute', metrics: [sum('IncomingBytes', 'bytes')] },
    {
      title: 'Puts that succeed',
      metrics: [
        line(kinesis(streamName, 'PutRecord.Success', 'Average'), 'PutRecord'),
        line(kinesis(streamName, 'PutRecords.Success', 'Average'), 'PutRecords'),
      ],
      yAxis: { left: { min: 0, max: 1 } },
    },
  ];
}

function capacity({ streamName, shards, hasShardMetrics }: DashboardOptions): readonly Widget[] {
  const hidden = (name: string, id: string): Line => [
    'AWS/Kinesis',
    name,
    'StreamName',
    streamName,
    { id, stat: 'Sum', visible: false },
  ];
  return [
    ...(shards === undefined
      ? []
      : [
          {
            title: 'Write capacity used, percent',
            metrics: [
              [{ expression: text`bytes * 100 / (60 * 1048576 * ${shards})`, label: 'by bytes', id: 'b' }],
              [{ expression: text`records * 100 / (60 * 1000 * ${shards})`, label: 'by records', id: 'r' }],
              hidden('IncomingBytes', 'bytes'),
              hidden('IncomingRecords', 'records'),
            ],
            annotations: { horizontal: [{ label: 'add shards', value: 80 }] },
          },
        ]),
    {
      title: 'Throttled, share of calls',
      metrics: [
        line(kinesis(streamName, 'WriteProvisionedThroughputExceeded', 'Average'), 'writes'),
        line(kinesis(streamName, 'ReadProvisionedThroughputExceeded', 'Average'), 'reads'),
      ],
    },
    ...(hasShardMetrics === true
      ? [
          {
            title: 'Bytes written a minute, by shard',
            metrics: [
              [
                {
                  expression: text`SEARCH('{AWS/Kinesis,ShardId,StreamName} StreamName="${streamName}" MetricName="IncomingBytes"', 'Sum', 60)`,
                  id: 'hot',
                },
              ],
            ],
          },
        ]
      : []),
  ];
}

function reading(options: DashboardOptions): readonly Widget[] {
  const { streamName, fanOutConsumers = [], groups = [], maxLagMilliseconds = 60_000 } = options;
  return [
    {
      title: 'Behind the newest record, ms',
      metrics: [
        line(kinesis(streamName, 'GetRecords.IteratorAgeMilliseconds', 'Maximum'), 'GetRecords'),
        ...fanOutConsumers.map((consumer) => [
          'AWS/Kinesis',
          'SubscribeToShardEvent.MillisBehindLatest',
          'StreamName',
          streamName,
          'ConsumerName',
          consumer,
          { stat: 'Maximum', label: consumer },
        ]),
        ...groups.map(({ group, namespace }) => [
          namespace,
          'millrace.consumer.behind_ms',
          'stream',
          streamName,
          'group',
          group,
          { stat: 'Maximum', label: group },
        ]),
      ],
      annotations: { horizontal: [{ label: 'late', value: maxLagMilliseconds }] },
    },
    {
      title: 'Records read a minute',
      metrics: [
        line(kinesis(streamName, 'GetRecords.Records', 'Sum'), 'GetRecords'),
        ...fanOutConsumers.map((consumer) => [
          'AWS/Kinesis',
          'SubscribeToShardEvent.Records',
          'StreamName',
          streamName,
          'ConsumerName',
          consumer,
          { stat: 'Sum', label: consumer },
        ]),
      ],
    },
  ];
}

function processorRows(
  processor: NonNullable<DashboardOptions['processors']>[number],
): readonly (readonly Widget[])[] {
  const { functionName, mappingId, failureQueueName } = processor;
  const lambda = (name: string, statistic: Metric['statistic'], label = name): Line =>
    line({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName: functionName }, statistic }, label);
  const events = (name: string, label: string): Line =>
    line(
      {
        namespace: 'AWS/Lambda',
        name,
        dimensions: { EventSourceMappingUUID: mappingId ?? '' },
        statistic: 'Sum',
      },
      label,
    );
  const queue = (name: string, label: string): Line =>
    line(
      {
        namespace: 'AWS/SQS',
        name,
        dimensions: { QueueName: failureQueueName ?? '' },
        statistic: 'Maximum',
      },
      label,
    );
  return [
    [
      { title: 'Age of what is processed, ms', metrics: [lambda('IteratorAge', 'Maximum')] },
      {
        title: 'Invocations',
        metrics: [lambda('Invocations', 'Sum'), lambda('Errors', 'Sum'), lambda('Throttles', 'Sum')],
      },
      {
        title: 'Duration, ms',
        metrics: [lambda('Duration', 'p90', 'p90'), lambda('Duration', 'p99', 'p99')],
      },
      { title: 'Concurrency', metrics: [lambda('ConcurrentExecutions', 'Maximum')] },
    ],
    [
      ...(mappingId === undefined
        ? []
        : [
            {
              title: 'Records polled, filtered out, failing',
              metrics: [
                events('PolledEventCount', 'polled'),
                events('FilteredOutEventCount', 'filtered out'),
                events('FailedInvokeEventCount', 'failing'),
              ],
            },
            {
              title: 'Records set aside and dropped',
              metrics: [
                events('OnFailureDestinationDeliveredEventCount', 'set aside'),
                events('DroppedEventCount', 'dropped'),
                lambda('DestinationDeliveryFailures', 'Sum', 'not delivered'),
              ],
            },
          ]),
      ...(failureQueueName === undefined
        ? []
        : [
            {
              title: 'Failure queue',
              metrics: [
                queue('ApproximateNumberOfMessagesVisible', 'messages'),
                queue('ApproximateAgeOfOldestMessage', 'oldest, s'),
              ],
            },
          ]),
    ],
  ];
}

function kinesis(streamName: Text, name: string, statistic: Metric['statistic']): Metric {
  return { namespace: 'AWS/Kinesis', name, dimensions: { StreamName: streamName }, statistic };
}

function line({ namespace, name, dimensions, statistic }: Metric, label: string): Line {
  return [namespace, name, ...Object.entries(dimensions).flat(), { stat: statistic, label }];
}
