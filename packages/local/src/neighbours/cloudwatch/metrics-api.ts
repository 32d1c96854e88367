import { CloudwatchError, invalidValue } from './cloudwatch-error.ts';
import type { Input } from './input.ts';
import { dimensionsOf, units } from './metric-data.ts';
import { checkPeriod, createResolver, oneSeries, readQueries, type MetricQuery } from './metric-query.ts';
import type { Dimension, Metric, MetricStore } from './metric-store.ts';
import { minuteMs } from './series.ts';
import {
  byPeriod,
  floorTo,
  isPercentile,
  plainStatistics,
  statisticOf,
  toPeriodMs,
  type PeriodSamples,
  type Statistic,
} from './statistics.ts';

/** See {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html}. */
export function getMetricStatistics(store: MetricStore, input: Input): object {
  const name = input.requiredText('MetricName');
  const id = { namespace: input.requiredText('Namespace'), name, dimensions: dimensionsOf(input) };
  const period = checkPeriod(input.requiredNumber('Period'));
  const { start, end } = rangeOf(input);
  const asked = statisticsOf(input);
  const count = Math.ceil((end - start) / toPeriodMs(period));
  if (count > 1440) {
    throw new CloudwatchError(
      'InvalidParameterCombinationException',
      `You have requested up to ${count} datapoints, which exceeds the limit of 1440. You may reduce the datapoints ` +
        'requested by increasing Period, or decreasing the time range.',
    );
  }
  const datapoints = store.find(id, input.choice('Unit', units)).flatMap((metric) =>
    byPeriod(metric, floorTo(start, minuteMs), end, toPeriodMs(period)).flatMap((samples) => {
      const plain = valuesOf(samples, asked.plain);
      const extended = valuesOf(samples, asked.extended);
      if (plain.size + extended.size === 0) return [];
      return {
        Timestamp: new Date(samples.start),
        ...Object.fromEntries(plain),
        ...(extended.size > 0 && { ExtendedStatistics: extended }),
        Unit: metric.unit,
      };
    }),
  );
  return { Label: name, Datapoints: datapoints };
}

/** See {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html}. */
export function getMetricData(store: MetricStore, input: Input): object {
  const inputs = input.structures('MetricDataQueries');
  if (inputs.length === 0) throw input.missing('MetricDataQueries');
  if (inputs.length > 500)
    throw invalidValue('The collection MetricDataQueries must not have a size greater than 500.');
  const queries = readQueries(inputs);
  const { start, end } = rangeOf(input);
  const ascending =
    input.choice('ScanBy', ['TimestampAscending', 'TimestampDescending']) === 'TimestampAscending';
  const resolve = createResolver(store, queries, start, end);
  const results = queries
    .filter(({ returnData }) => returnData)
    .map((query) => {
      const points = [...oneSeries(resolve(query.id), query.id).points].toSorted(([a], [b]) =>
        ascending ? a - b : b - a,
      );
      return {
        Id: query.id,
        Label: query.label ?? labelOf(query),
        Timestamps: points.map(([time]) => new Date(time)),
        Values: points.map(([, value]) => value),
        StatusCode: 'Complete',
      };
    });
  return { MetricDataResults: results, Messages: [] };
}

const metricsPerPage = 500;
const recentMs = 3 * 3_600_000;

/** See {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html}. */
export function listMetrics(store: MetricStore, input: Input, now: number): object {
  const namespace = input.text('Namespace');
  const name = input.text('MetricName');
  const filters = input.structures('Dimensions').map((one) => ({
    name: one.requiredText('Name'),
    value: one.text('Value', 1024),
  }));
  const recent = input.choice('RecentlyActive', ['PT3H']) !== undefined;
  const found = new Map<string, Metric>();
  for (const metric of store.all) {
    if (namespace !== undefined && metric.namespace !== namespace) continue;
    if (name !== undefined && metric.name !== name) continue;
    if (recent && (metric.series.latest ?? 0) < now - recentMs) continue;
    if (!filters.every((filter) => metric.dimensions.some((one) => matches(filter, one)))) continue;
    // The same metric in another unit is listed once.
    found.set(JSON.stringify([metric.namespace, metric.name, metric.dimensions]), metric);
  }
  const token = input.text('NextToken', 1024);
  const from = token === undefined ? 0 : Number(/^metrics-(\d{1,9})$/.exec(token)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new CloudwatchError('InvalidNextToken', 'The next token is not valid.');
  const page = [...found.values()].slice(from, from + metricsPerPage);
  const next = from + metricsPerPage;
  return {
    Metrics: page.map((metric) => ({
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: metric.dimensions.map((one) => ({ Name: one.name, Value: one.value })),
    })),
    ...(next < found.size ? { NextToken: `metrics-${next}` } : {}),
  };
}

function rangeOf(input: Input): { readonly start: number; readonly end: number } {
  const start = input.requiredTime('StartTime');
  const end = input.requiredTime('EndTime');
  if (start < end) return { start, end };
  throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
}

function statisticsOf(input: Input): {
  readonly plain: readonly Statistic[];
  readonly extended: readonly Statistic[];
} {
  const plain = input.texts('Statistics');
  const extended = input.texts('ExtendedStatistics');
  if (plain.length === 0 && extended.length === 0) {
    throw new CloudwatchError(
      'MissingRequiredParameterException',
      'At least one of the parameters Statistics and ExtendedStatistics must be given.',
    );
  }
  return {
    plain: plain.map((text) => {
      const found = plainStatistics.find((one) => one === text);
      if (found !== undefined) return found;
      throw invalidValue(`The value ${text.slice(0, 100)} for parameter Statistics is invalid.`);
    }),
    extended: extended.map((text) => {
      if (isPercentile(text)) return text;
      throw invalidValue(
        `The embedded CloudWatch knows percentiles such as p99.9 as ExtendedStatistics, not '${text.slice(0, 100)}'.`,
      );
    }),
  };
}

function valuesOf(samples: PeriodSamples, asked: readonly Statistic[]): ReadonlyMap<Statistic, number> {
  const values = new Map<Statistic, number>();
  for (const statistic of asked) {
    const value = statisticOf(samples, statistic);
    if (value !== undefined) values.set(statistic, value);
  }
  return values;
}

function labelOf({ id, source }: MetricQuery): string {
  return 'expression' in source ? id : source.metric.name;
}

function matches(
  filter: { readonly name: string; readonly value: string | undefined },
  one: Dimension,
): boolean {
  return filter.name === one.name && (filter.value === undefined || filter.value === one.value);
}
