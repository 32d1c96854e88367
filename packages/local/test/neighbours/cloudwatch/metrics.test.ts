import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutDashboardCommand,
  PutMetricDataCommand,
  paginateListMetrics,
  type ListMetricsCommandInput,
  type Statistic,
} from '@aws-sdk/client-cloudwatch';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { afterEach, describe, expect, test } from 'vitest';

import { createLocalKinesis, startServer } from '../../../src/index.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

interface Door {
  readonly client: CloudWatchClient;
  readonly clock: ManualClock;
}

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

const doors: readonly { name: string; open: () => Promise<Door> }[] = [
  {
    name: 'in the same process',
    open: async () => {
      const clock = createManualClock({ start });
      const kinesis = await createLocalKinesis({ clock });
      opened.push(() => kinesis.close());
      return { clock, client: new CloudWatchClient(kinesis.clientConfig) };
    },
  },
  {
    name: 'over HTTP',
    open: async () => {
      const clock = createManualClock({ start });
      const server = await startServer({ clock, port: 0 });
      const client = new CloudWatchClient({
        endpoint: server.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      });
      opened.push(async () => {
        client.destroy();
        await server.close();
      });
      return { clock, client };
    },
  },
];

const all: Statistic[] = ['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'];

describe.each(doors)('the CloudWatch SDK $name', ({ open }) => {
  test('puts samples and gets back their statistics by the period', async () => {
    const { client } = await open();
    await client.send(
      new PutMetricDataCommand({
        Namespace: 'App',
        MetricData: [
          { MetricName: 'Lag', Unit: 'Seconds', Timestamp: new Date(start), Value: 3 },
          { MetricName: 'Lag', Unit: 'Seconds', Timestamp: new Date(start + 59_999), Value: 0.5 },
          {
            MetricName: 'Lag',
            Unit: 'Seconds',
            Timestamp: new Date(start + minute),
            Values: [1, 10],
            Counts: [3, 1],
          },
          {
            MetricName: 'Lag',
            Unit: 'Seconds',
            Timestamp: new Date(start + 5 * minute),
            StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 2, Maximum: 8 },
          },
        ],
      }),
    );
    const { Datapoints, Label } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'App',
        MetricName: 'Lag',
        StartTime: new Date(start),
        EndTime: new Date(start + 10 * minute),
        Period: 120,
        Statistics: all,
      }),
    );
    expect(Label).toBe('Lag');
    expect(Datapoints).toEqual([
      {
        Timestamp: new Date(start),
        Unit: 'Seconds',
        SampleCount: 6,
        Sum: 16.5,
        Average: 2.75,
        Minimum: 0.5,
        Maximum: 10,
      },
      {
        Timestamp: new Date(start + 4 * minute),
        Unit: 'Seconds',
        SampleCount: 4,
        Sum: 20,
        Average: 5,
        Minimum: 2,
        Maximum: 8,
      },
    ]);
  });

  test('asks for percentiles, alone and beside other statistics', async () => {
    const { client } = await open();
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    await client.send(
      new PutMetricDataCommand({
        Namespace: 'App',
        MetricData: [
          { MetricName: 'Took', Timestamp: new Date(start), Values: values },
          {
            MetricName: 'Took',
            Timestamp: new Date(start + minute),
            StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 2, Maximum: 8 },
          },
        ],
      }),
    );
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'App',
        MetricName: 'Took',
        StartTime: new Date(start),
        EndTime: new Date(start + 2 * minute),
        Period: 60,
        Statistics: ['Maximum'],
        ExtendedStatistics: ['p50', 'p99.9'],
      }),
    );
    expect(Datapoints).toEqual([
      {
        Timestamp: new Date(start),
        Maximum: 100,
        ExtendedStatistics: { p50: 50, 'p99.9': 100 },
        Unit: 'None',
      },
      { Timestamp: new Date(start + minute), Maximum: 8, Unit: 'None' },
    ]);
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(start),
        EndTime: new Date(start + 2 * minute),
        MetricDataQueries: [
          {
            Id: 'm',
            MetricStat: { Metric: { Namespace: 'App', MetricName: 'Took' }, Period: 60, Stat: 'p90' },
          },
        ],
      }),
    );
    expect(MetricDataResults).toMatchObject([{ Timestamps: [new Date(start)], Values: [90] }]);
  });

  test('calculates with metrics', async () => {
    const { client } = await open();
    await put(client, 'Bytes', [60 * 1024 * 1024, 30 * 1024 * 1024]);
    await put(client, 'Records', [100, 0]);
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(start),
        EndTime: new Date(start + 3 * minute),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          {
            Id: 'used',
            Expression: 'MAX([bytes/(PERIOD(bytes)*1048576*2), records/120000]) * 100',
            Label: 'Use',
          },
          { Id: 'size', Expression: 'bytes / records' },
          { Id: 'filled', Expression: 'FILL(bytes, 0) > 40*1024^2' },
          { Id: 'bytes', MetricStat: stat('Bytes'), ReturnData: false },
          { Id: 'records', MetricStat: stat('Records'), ReturnData: false },
        ],
      }),
    );
    const times = [0, 1, 2].map((index) => new Date(start + index * minute));
    expect(MetricDataResults).toEqual([
      { Id: 'used', Label: 'Use', StatusCode: 'Complete', Timestamps: times.slice(0, 2), Values: [50, 25] },
      // Nothing was counted in the second minute, and what is divided by nothing is no data point.
      {
        Id: 'size',
        Label: 'size',
        StatusCode: 'Complete',
        Timestamps: times.slice(0, 1),
        Values: [629_145.6],
      },
      { Id: 'filled', Label: 'filled', StatusCode: 'Complete', Timestamps: times, Values: [1, 0, 0] },
    ]);
  });

  test('lists metrics by what is asked for, page by page', async () => {
    const { client } = await open();
    for (const chunk of [0, 1, 2]) {
      await client.send(
        new PutMetricDataCommand({
          Namespace: 'App',
          MetricData: Array.from({ length: 400 }, (_, index) => ({
            MetricName: `m${chunk}`,
            Dimensions: [
              { Name: 'Index', Value: String(index) },
              { Name: 'Parity', Value: index % 2 === 0 ? 'even' : 'odd' },
            ],
            Value: index,
          })),
        }),
      );
    }
    const sizes: number[] = [];
    for await (const page of paginateListMetrics({ client }, { Namespace: 'App' })) {
      sizes.push(page.Metrics?.length ?? 0);
    }
    expect(sizes).toEqual([500, 500, 200]);
    const named = { Namespace: 'App', MetricName: 'm1' };
    expect((await list(client, { ...named, Dimensions: [{ Name: 'Parity', Value: 'odd' }] })).length).toBe(
      200,
    );
    expect((await list(client, { ...named, Dimensions: [{ Name: 'Index' }] })).length).toBe(400);
    expect((await list(client, { ...named, Dimensions: [{ Name: 'Other' }] })).length).toBe(0);
    expect((await list(client, { Namespace: 'Other' })).length).toBe(0);
  });

  test('lists only what had samples lately when asked to', async () => {
    const { client, clock } = await open();
    await put(client, 'Old', [1]);
    await clock.advance(4 * 3_600_000);
    await put(client, 'New', [1]);
    const recent = await list(client, { RecentlyActive: 'PT3H' });
    expect(recent.map(({ MetricName }) => MetricName)).toEqual(['New']);
  });

  test.each([
    [new PutMetricDataCommand({ Namespace: 'AWS/Kinesis', MetricData: [{ MetricName: 'm', Value: 1 }] })],
    [
      new PutMetricDataCommand({
        Namespace: 'App',
        MetricData: [{ MetricName: 'm', Value: 1, Unit: 'Miles' as 'Bits' }],
      }),
    ],
    [
      new PutMetricDataCommand({
        Namespace: 'App',
        MetricData: [{ MetricName: 'm', Value: 1, Timestamp: new Date(0) }],
      }),
    ],
    [
      new PutMetricDataCommand({
        Namespace: 'App',
        MetricData: [{ MetricName: 'm', Values: [1, 2], Counts: [1] }],
      }),
    ],
    [statistics({ Period: 61 })],
    [statistics({ EndTime: new Date(start) })],
    [expression('p1')],
    [expression('1 +')],
    [expression('SUM(')],
    [expression("SEARCH('{AWS/Kinesis,StreamName}', 'Sum', 60)")],
    [expression(`${'('.repeat(500)}1${')'.repeat(500)}`)],
    [expression('e1')],
    [expression('5')],
  ])('hears what is wrong with a request', async (command) => {
    const { client } = await open();
    await expect(client.send(command as PutMetricDataCommand)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('hears by name what is not emulated', async () => {
    const { client } = await open();
    const trimmed = new GetMetricDataCommand({
      StartTime: new Date(start),
      EndTime: new Date(start + minute),
      MetricDataQueries: [
        {
          Id: 'm',
          MetricStat: { Metric: { Namespace: 'App', MetricName: 'm' }, Period: 60, Stat: 'tm99' },
        },
      ],
    });
    await expect(client.send(trimmed)).rejects.toThrow(/not 'tm99'/);
    const dashboard = new PutDashboardCommand({ DashboardName: 'd', DashboardBody: '{}' });
    await expect(client.send(dashboard)).rejects.toThrow(/does not answer PutDashboard/);
  });

  test('may compress what it sends', async () => {
    const { client } = await open();
    const MetricData = Array.from({ length: 1000 }, () => ({
      MetricName: 'Compressible'.repeat(10),
      Value: 1,
    }));
    await client.send(new PutMetricDataCommand({ Namespace: 'App', MetricData }));
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'App',
        MetricName: 'Compressible'.repeat(10),
        StartTime: new Date(start),
        EndTime: new Date(start + minute),
        Period: 60,
        Statistics: ['SampleCount'],
      }),
    );
    expect(Datapoints?.[0]?.SampleCount).toBe(1000);
  });
});

function stat(MetricName: string) {
  return { Metric: { Namespace: 'App', MetricName }, Period: 60, Stat: 'Sum' };
}

function statistics(changes: object) {
  return new GetMetricStatisticsCommand({
    Namespace: 'App',
    MetricName: 'm',
    StartTime: new Date(start),
    EndTime: new Date(start + minute),
    Period: 60,
    Statistics: ['Sum'],
    ...changes,
  });
}

function expression(Expression: string) {
  return new GetMetricDataCommand({
    StartTime: new Date(start),
    EndTime: new Date(start + minute),
    MetricDataQueries: [{ Id: 'e1', Expression }],
  });
}

/** One sample a minute from the start on. */
async function put(client: CloudWatchClient, MetricName: string, values: readonly number[]): Promise<void> {
  await client.send(
    new PutMetricDataCommand({
      Namespace: 'App',
      MetricData: values.map((Value, index) => ({
        MetricName,
        Value,
        ...(values.length > 1 && { Timestamp: new Date(start + index * minute) }),
      })),
    }),
  );
}

async function list(client: CloudWatchClient, filter: ListMetricsCommandInput) {
  return (await client.send(new ListMetricsCommand(filter))).Metrics ?? [];
}
