import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { Distribution } from '../../../src/neighbours/cloudwatch/distribution.ts';
import { MetricStore } from '../../../src/neighbours/cloudwatch/metric-store.ts';
import { minuteMs } from '../../../src/neighbours/cloudwatch/series.ts';
import { byPeriod, isPercentile, statisticOf } from '../../../src/neighbours/cloudwatch/statistics.ts';

const id = { namespace: 'n', name: 'm', dimensions: [] };
const percents = fc.constantFrom(0, 1, 10, 50, 90, 99, 99.9, 100);

/** Samples, each in one of three minutes, looked at as one period. */
const percentile = (samples: readonly (readonly [minute: number, value: number])[], percent: number) => {
  const store = new MetricStore();
  for (const [minute, value] of samples) store.series(id, 'Count').add(minute * minuteMs, value);
  const [period, ...others] = store.find(id).flatMap((metric) => byPeriod(metric, 0, 1e9, 3 * minuteMs));
  expect(others).toEqual([]);
  return period === undefined ? undefined : statisticOf(period, `p${percent}`);
};
/** The definition: the least sample that so many percent of all do not exceed. */
const exactly = (values: readonly number[], percent: number): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.find((value) => {
    const below = sorted.filter((one) => one <= value).length;
    return below * 1000 >= sorted.length * Math.round(percent * 10);
  });
};

test('a percentile of few different values is one of them, the right one, whatever minutes they came in', () => {
  const samples = fc.array(fc.tuple(fc.nat(2), fc.nat(30)), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(samples, percents, (given, percent) => {
      expect(percentile(given, percent)).toBe(
        exactly(
          given.map(([, value]) => value),
          percent,
        ),
      );
    }),
  );
});

test('of many different values it is within five percent, and never beyond the least and the greatest', () => {
  const value = fc.double({ min: 0, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 101, maxLength: 400 }), percents, (values, percent) => {
      const found = percentile(
        values.map((one) => [0, one] as const),
        percent,
      );
      const right = exactly(values, percent) ?? Number.NaN;
      expect(Math.abs((found ?? Number.NaN) - right)).toBeLessThanOrEqual(right * 0.05);
    }),
  );
});

test('what is kept of a minute is bounded however many values differ', () => {
  const distribution = new Distribution();
  for (let n = 0; n < 100_000; n++) distribution.add(n * 1.01, 1);
  for (const extreme of [5e-324, 2 ** 360, 1e-300]) distribution.add(extreme, 1);
  const kept = [...distribution.values()];
  expect(kept.length).toBeLessThan(200);
  expect(kept.reduce((sum, [, count]) => sum + count, 0)).toBe(100_003);
});

test('a negative sample leaves no percentile, few values or many, as with CloudWatch', () => {
  expect(
    percentile(
      [
        [0, -1],
        [0, 5],
      ],
      50,
    ),
  ).toBe(undefined);
  const many = Array.from({ length: 300 }, (_, n) => [n % 3, n - 1] as const);
  expect(percentile(many, 50)).toBe(undefined);
  expect(percentile(many.slice(1), 50)).toBeCloseTo(150, -1);
});

test.each([
  [[{ count: 3, sum: 6, min: 1, max: 3 }], undefined],
  [[{ count: 3, sum: 6, min: 2, max: 2 }], 2],
  [
    [
      { count: 1, sum: 7, min: 7, max: 7 },
      { count: 3, sum: 6, min: 2, max: 2 },
    ],
    2,
  ],
  [
    [
      { count: 3, sum: 6, min: 2, max: 2 },
      { count: 2, sum: 6, min: 1, max: 5 },
      { count: 1, sum: 1, min: 1, max: 1 },
    ],
    undefined,
  ],
])('sums of samples have a percentile as long as each is of one value: %j', (sets, expected) => {
  const store = new MetricStore();
  for (const set of sets) store.series(id, 'Count').addSet(0, set);
  const [period] = store.find(id).flatMap((metric) => byPeriod(metric, 0, minuteMs, minuteMs));
  expect(period && statisticOf(period, 'p50')).toBe(expected);
});

test('p0 to p100 with ten decimals are percentiles, and nothing else is', () => {
  for (const text of ['p0', 'p50', 'p99.9', 'p99.9999999999', 'p100', 'p0.0'])
    expect(isPercentile(text)).toBe(true);
  for (const text of ['p', 'p101', 'p100.1', 'p1.', 'p-1', 'p1e1', 'tm90', 'P50', 'p99.99999999999', ''])
    expect(isPercentile(text)).toBe(false);
});
