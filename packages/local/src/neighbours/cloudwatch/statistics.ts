import type { Metric } from './metric-store.ts';
import { minuteMs, type SampleSet } from './series.ts';

export type Statistic = 'SampleCount' | 'Average' | 'Sum' | 'Minimum' | 'Maximum';

export const statistics: readonly Statistic[] = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];

/** The samples of a period. */
export interface PeriodSamples extends SampleSet {
  /** Start of the period, milliseconds since the epoch. */
  readonly start: number;
}

/** The samples of `metric` in [start, end) by periods counted from `start`; periods without samples are left out. */
export function byPeriod(
  metric: Metric,
  start: number,
  end: number,
  periodMs: number,
): readonly PeriodSamples[] {
  const periods: { start: number; count: number; sum: number; min: number; max: number }[] = [];
  for (const { minute, count, sum, min, max } of metric.series.between(start, end)) {
    const from = start + Math.floor((minute - start) / periodMs) * periodMs;
    const last = periods.at(-1);
    if (last?.start !== from) {
      periods.push({ start: from, count, sum, min, max });
      continue;
    }
    last.count += count;
    last.sum += sum;
    last.min = Math.min(last.min, min);
    last.max = Math.max(last.max, max);
  }
  return periods;
}

export function statisticOf(samples: SampleSet, statistic: Statistic): number {
  if (statistic === 'SampleCount') return samples.count;
  if (statistic === 'Sum') return samples.sum;
  if (statistic === 'Minimum') return samples.min;
  if (statistic === 'Maximum') return samples.max;
  return samples.sum / samples.count;
}

/** The largest multiple of `step` that is not above `time`. Milliseconds. */
export function floorTo(time: number, step: number): number {
  return Math.floor(time / step) * step;
}

/** A period in milliseconds; below a minute there is nothing finer kept than a minute. */
export function toPeriodMs(seconds: number): number {
  return Math.max(minuteMs, seconds * 1000);
}
