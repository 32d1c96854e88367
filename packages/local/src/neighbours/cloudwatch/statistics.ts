import type { Metric } from './metric-store.ts';
import { percentileOf } from './distribution.ts';
import { minuteMs, valuesOf, type Datum, type SampleSet } from './series.ts';

export type PlainStatistic = 'SampleCount' | 'Average' | 'Sum' | 'Minimum' | 'Maximum';
/** `p99.9`: what so many percent of the samples do not exceed. */
export type Percentile = `p${number}`;
export type Statistic = PlainStatistic | Percentile;

export const plainStatistics: readonly PlainStatistic[] = [
  'SampleCount',
  'Average',
  'Sum',
  'Minimum',
  'Maximum',
];

/** From 0 to 100, with up to ten decimals, as CloudWatch has it. */
export function isPercentile(text: string): text is Percentile {
  return /^p(?:\d{1,2}(?:\.\d{1,10})?|100)$/.test(text);
}

/** The samples of a period. */
export interface PeriodSamples extends SampleSet {
  /** Start of the period, milliseconds since the epoch. */
  readonly start: number;
  readonly minutes: readonly Readonly<Datum>[];
}

/** The samples of `metric` in [start, end) by periods counted from `start`; periods without samples are left out. */
export function byPeriod(
  metric: Metric,
  start: number,
  end: number,
  periodMs: number,
): readonly PeriodSamples[] {
  const periods: Datum[][] = [];
  let from = Number.NaN;
  for (const datum of metric.series.between(start, end)) {
    const own = start + Math.floor((datum.minute - start) / periodMs) * periodMs;
    if (own === from) periods.at(-1)?.push(datum);
    else periods.push([datum]);
    from = own;
  }
  return periods.map((minutes) => ({
    start: start + Math.floor(((minutes[0]?.minute ?? start) - start) / periodMs) * periodMs,
    minutes,
    count: minutes.reduce((sum, { count }) => sum + count, 0),
    sum: minutes.reduce((sum, { sum: one }) => sum + one, 0),
    min: Math.min(...minutes.map(({ min }) => min)),
    max: Math.max(...minutes.map(({ max }) => max)),
  }));
}

/** Undefined for a percentile of samples that came summed up, or are negative. */
export function statisticOf(samples: PeriodSamples, statistic: Statistic): number | undefined {
  if (statistic === 'SampleCount') return samples.count;
  if (statistic === 'Sum') return samples.sum;
  if (statistic === 'Minimum') return samples.min;
  if (statistic === 'Maximum') return samples.max;
  if (statistic === 'Average') return samples.sum / samples.count;
  const values: (readonly [number, number])[] = [];
  for (const minute of samples.minutes) {
    const known = valuesOf(minute);
    if (known === undefined) return undefined;
    values.push(...known);
  }
  const found = percentileOf(values, Number(statistic.slice(1)));
  // What stands for a bucket may lie beyond the samples in it.
  return found === undefined ? undefined : Math.min(samples.max, Math.max(samples.min, found));
}

/** The largest multiple of `step` that is not above `time`. Milliseconds. */
export function floorTo(time: number, step: number): number {
  return Math.floor(time / step) * step;
}

/** A period in milliseconds; below a minute there is nothing finer kept than a minute. */
export function toPeriodMs(seconds: number): number {
  return Math.max(minuteMs, seconds * 1000);
}
