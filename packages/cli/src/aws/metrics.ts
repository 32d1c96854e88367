import {
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
  type CloudWatchClient,
  type MetricAlarm,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';

import { abortable, call, pages, type CallOptions } from './call.ts';

/** What a metric is about, by dimension name. */
export type Dimensions = Readonly<Record<string, string>>;

export type Statistic = 'Sum' | 'Average' | 'Maximum' | 'Minimum' | 'SampleCount';

/** One series to be read. */
export interface MetricQuery {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly statistic: Statistic;
}

/** A value and the beginning of the period it is of, milliseconds since the epoch. */
export interface Datapoint {
  readonly at: number;
  readonly value: number;
}

export interface MetricSpan {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Seconds a datapoint stands for. */
  readonly periodSeconds: number;
}

/** A metric there is. */
export interface ListedMetric {
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly namespace: string;
}

/** CloudWatch as far as the commands read it. Every method throws a `MillraceError`. */
export interface Metrics {
  /** The datapoints of each query, in its order, oldest first; empty where there is nothing. */
  read(
    queries: readonly MetricQuery[],
    span: MetricSpan,
    options?: CallOptions,
  ): Promise<readonly (readonly Datapoint[])[]>;
  /** The metrics of a namespace that have these dimensions and maybe more. */
  list(namespace: string, dimensions: Dimensions, options?: CallOptions): Promise<readonly ListedMetric[]>;
  /** The metrics of a name, in whatever namespace, that have these dimensions and maybe more. */
  named(name: string, dimensions: Dimensions, options?: CallOptions): Promise<readonly ListedMetric[]>;
  /** Every metric alarm. */
  alarms(options?: CallOptions): Promise<readonly MetricAlarm[]>;
}

/** So many a GetMetricData call takes. */
const queriesPerCall = 500;

/** CloudWatch on an SDK client. */
export function createMetrics(client: CloudWatchClient): Metrics {
  return {
    async read(queries, span, { signal } = {}) {
      const found = new Map<string, Datapoint[]>();
      for (let start = 0; start < queries.length; start += queriesPerCall) {
        const part = queries.slice(start, start + queriesPerCall);
        await call({ operation: 'GetMetricData' }, () => readPages(part, start, span, found, signal));
      }
      return queries.map((_, index) => (found.get(idOf(index)) ?? []).toSorted((a, b) => a.at - b.at));
    },
    list: (namespace, dimensions, options) => list({ Namespace: namespace }, dimensions, options),
    named: (name, dimensions, options) => list({ MetricName: name }, dimensions, options),
    alarms: ({ signal } = {}) =>
      call({ operation: 'DescribeAlarms' }, () =>
        pages(async (token) => {
          const command = new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm'], NextToken: token });
          const { MetricAlarms = [], NextToken } = await client.send(command, abortable(signal));
          return { items: MetricAlarms, next: NextToken };
        }),
      ),
  };

  function list(
    which: { readonly Namespace: string } | { readonly MetricName: string },
    dimensions: Dimensions,
    { signal }: CallOptions = {},
  ): Promise<readonly ListedMetric[]> {
    const filters = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    return call({ operation: 'ListMetrics' }, () =>
      pages(async (token) => {
        const command = new ListMetricsCommand({ ...which, Dimensions: filters, NextToken: token });
        const { Metrics: page = [], NextToken } = await client.send(command, abortable(signal));
        const items = page.map(({ Namespace, MetricName, Dimensions: found = [] }) => ({
          namespace: Namespace ?? '',
          name: MetricName ?? '',
          dimensions: Object.fromEntries(found.map(({ Name, Value }) => [Name ?? '', Value ?? ''])),
        }));
        return { items, next: NextToken };
      }),
    );
  }

  async function readPages(
    part: readonly MetricQuery[],
    start: number,
    { from, to, periodSeconds }: MetricSpan,
    found: Map<string, Datapoint[]>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const MetricDataQueries = part.map((query, index) => toQuery(query, idOf(start + index), periodSeconds));
    let token: string | undefined;
    do {
      const answer = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries,
          StartTime: new Date(from),
          EndTime: new Date(to),
          ScanBy: 'TimestampAscending',
          NextToken: token,
        }),
        abortable(signal),
      );
      // A long series comes in several pages: each adds to what came before.
      for (const { Id = '', Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) {
        const points = Timestamps.map((at, index) => ({ at: at.getTime(), value: Values[index] ?? 0 }));
        found.set(Id, [...(found.get(Id) ?? []), ...points]);
      }
      token = answer.NextToken;
    } while (token !== undefined);
  }
}

function toQuery(query: MetricQuery, Id: string, Period: number): MetricDataQuery {
  return {
    Id,
    MetricStat: {
      Metric: {
        Namespace: query.namespace,
        MetricName: query.name,
        Dimensions: Object.entries(query.dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period,
      Stat: query.statistic,
    },
  };
}

function idOf(index: number): string {
  return `m${index}`;
}
