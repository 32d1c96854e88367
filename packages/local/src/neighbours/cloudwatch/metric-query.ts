import { CloudwatchError, invalidValue } from './cloudwatch-error.ts';
import type { Input } from './input.ts';
import { dimensionsOf } from './metric-data.ts';
import { evaluateExpression } from './metric-math.ts';
import type { MathValue, TimeSeries } from './series-math.ts';
import type { MetricId, MetricStore } from './metric-store.ts';
import {
  byPeriod,
  floorTo,
  isPercentile,
  plainStatistics,
  statisticOf,
  toPeriodMs,
  type Statistic,
} from './statistics.ts';

/** A metric or an expression of a request, by its id. */
export interface MetricQuery {
  readonly id: string;
  readonly label: string | undefined;
  readonly returnData: boolean;
  readonly source:
    | {
        readonly metric: MetricId;
        readonly periodSeconds: number;
        readonly statistic: Statistic;
        readonly unit: string | undefined;
      }
    | { readonly expression: string };
}

/** Throws what CloudWatch answers to queries that cannot be. */
export function readQueries(inputs: readonly Input[]): readonly MetricQuery[] {
  const ids = new Set<string>();
  return inputs.map((input) => {
    const id = input.requiredText('Id');
    if (!/^[a-z][a-zA-Z0-9_]*$/.test(id)) {
      throw invalidValue(
        `The value for parameter Id '${id}' is not a valid identifier: it must begin with a lower-case letter.`,
      );
    }
    if (ids.has(id)) throw invalidValue(`The id '${id}' is used more than once.`);
    ids.add(id);
    const stat = input.structure('MetricStat');
    const expression = input.text('Expression', 2048);
    if ((stat === undefined) === (expression === undefined)) {
      throw new CloudwatchError(
        'InvalidParameterCombinationException',
        `The query '${id}' must have either MetricStat or Expression.`,
      );
    }
    return {
      id,
      label: input.text('Label', 2048),
      returnData: input.flag('ReturnData') ?? true,
      source: stat === undefined ? { expression: expression ?? '' } : readStat(stat),
    };
  });
}

/** A query's answer for a time range; memoised, so that expressions may name each other in any order. */
export function createResolver(
  store: MetricStore,
  queries: readonly MetricQuery[],
  start: number,
  end: number,
): (id: string) => MathValue {
  const known = new Map<string, MathValue>();
  const running = new Set<string>();
  const resolve = (id: string): MathValue => {
    const ready = known.get(id);
    if (ready !== undefined) return ready;
    const query = queries.find((one) => one.id === id);
    if (query === undefined) throw invalidValue(`There is no query with id ${id}.`);
    if (running.has(id)) throw invalidValue(`The expression '${id}' refers to itself.`);
    running.add(id);
    const value = valueOf(query);
    running.delete(id);
    known.set(id, value);
    return value;
  };
  const valueOf = ({ source }: MetricQuery): MathValue => {
    if (!('expression' in source)) return seriesOf(store, source, start, end);
    return evaluateExpression(source.expression, {
      valueOf: (id) => (queries.some((one) => one.id === id) ? resolve(id) : undefined),
      get metrics() {
        return queries
          .filter((one) => !('expression' in one.source))
          .flatMap((one) => {
            const value = resolve(one.id);
            return typeof value === 'number' ? [] : value;
          });
      },
      start,
      end,
    });
  };
  return resolve;
}

/** The answer of a query that must be one time series. Throws `InvalidParameterValueException`. */
export function oneSeries(value: MathValue, id: string): TimeSeries {
  if (typeof value === 'object' && 'points' in value) return value;
  throw invalidValue(
    `Error in expression '${id}': it must be one time series. The embedded CloudWatch answers neither a single number ` +
      'nor several series.',
  );
}

function readStat(stat: Input): MetricQuery['source'] {
  const metric = stat.structure('Metric');
  if (metric === undefined) throw stat.missing('Metric');
  return {
    metric: {
      namespace: metric.requiredText('Namespace'),
      name: metric.requiredText('MetricName'),
      dimensions: dimensionsOf(metric),
    },
    periodSeconds: checkPeriod(stat.requiredNumber('Period')),
    statistic: readStatistic(stat.requiredText('Stat')),
    unit: stat.text('Unit'),
  };
}

export function checkPeriod(seconds: number): number {
  if ([1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0)) return seconds;
  throw invalidValue(`The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60, not ${seconds}.`);
}

export function readStatistic(text: string): Statistic {
  const found = plainStatistics.find((one) => one === text);
  if (found !== undefined) return found;
  if (isPercentile(text)) return text;
  throw invalidValue(
    `The embedded CloudWatch knows the statistics ${plainStatistics.join(', ')} and percentiles such as p99.9, not ` +
      `'${text.slice(0, 100)}'.`,
  );
}

function seriesOf(
  store: MetricStore,
  source: Exclude<MetricQuery['source'], { readonly expression: string }>,
  start: number,
  end: number,
): TimeSeries {
  const period = toPeriodMs(source.periodSeconds);
  const points = new Map<number, number>();
  // Without a unit the first one with samples is it: a metric rarely has two.
  for (const metric of store.find(source.metric, source.unit)) {
    for (const samples of byPeriod(metric, floorTo(start, period), end, period)) {
      const value = statisticOf(samples, source.statistic);
      if (value !== undefined) points.set(samples.start, value);
    }
    if (points.size > 0) break;
  }
  return { periodMs: period, points };
}
