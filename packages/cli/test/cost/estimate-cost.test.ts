import fc from 'fast-check';
import { expect, test } from 'vitest';

import { estimateCost, putWaste, type BilledStream } from '../../src/cost/estimate-cost.ts';
import { examplePrices } from '../../src/cost/example-prices.ts';

const stream: BilledStream = {
  shards: 4,
  retentionHours: 24,
  fanOutConsumers: 0,
  shardMetrics: 0,
  inBytes: 0,
  inRecords: 0,
  outBytes: 0,
  fanOutBytes: 0,
  peakInBytes: 0,
  peakInRecords: 0,
};
const costOf = (more: Partial<BilledStream>, mode: string): number =>
  estimateCost({ ...stream, ...more }, examplePrices).find((one) => one.mode === mode)?.monthly ?? Number.NaN;
const fitted = (more: Partial<BilledStream>): number | undefined =>
  estimateCost({ ...stream, ...more }, examplePrices).find(({ mode }) => mode === 'provisioned-fitted')
    ?.shards;

test('idle shards cost their hours, an idle stream on demand its own', () => {
  expect(costOf({}, 'provisioned')).toBeCloseTo(4 * 730 * 0.015, 6);
  expect(costOf({}, 'provisioned-fitted')).toBeCloseTo(730 * 0.015, 6);
  expect(costOf({}, 'on-demand')).toBeCloseTo(730 * 0.04, 6);
});

test('a record of 300 bytes is paid as 25 KB, and aggregation saves the padding', () => {
  const busy = { ...stream, inRecords: 1000, inBytes: 300_000 };
  const units = 1000 * 730 * 3600;
  expect(costOf(busy, 'provisioned') - costOf({}, 'provisioned')).toBeCloseTo((units * 0.014) / 1e6, 4);
  const waste = putWaste(busy, examplePrices);
  expect(waste?.units).toBe(units);
  expect(waste?.unitsAggregated).toBeCloseTo((units * 300) / 25_600, 2);
  expect(putWaste(stream, examplePrices)).toBe(undefined);
});

test('the shards that fit hold the busiest minute at 80 percent, by bytes or by records', () => {
  expect(fitted({ peakInRecords: 1600 })).toBe(2);
  expect(fitted({ peakInRecords: 1601 })).toBe(3);
  expect(fitted({ peakInBytes: 8 * 1024 * 1024 })).toBe(10);
  expect(fitted({ peakInRecords: 3200 })).toBe(undefined);
});

test('fan-out, retention and metrics of shards are on the bill where there are any', () => {
  expect(costOf({ fanOutConsumers: 2 }, 'provisioned') - costOf({}, 'provisioned')).toBeCloseTo(
    2 * 4 * 730 * 0.015,
    6,
  );
  expect(costOf({ retentionHours: 48 }, 'provisioned') - costOf({}, 'provisioned')).toBeCloseTo(
    4 * 730 * 0.02,
    6,
  );
  expect(costOf({ shardMetrics: 7 }, 'provisioned') - costOf({}, 'provisioned')).toBeCloseTo(7 * 4 * 0.3, 6);
});

test('modes come cheapest first, items add up, nothing is ever below 0 or not a number', () => {
  const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
  const any = fc.record({
    shards: fc.integer({ min: 1, max: 10_000 }),
    retentionHours: fc.integer({ min: 24, max: 8760 }),
    fanOutConsumers: fc.integer({ min: 0, max: 50 }),
    shardMetrics: fc.integer({ min: 0, max: 7 }),
    inBytes: amount,
    inRecords: amount,
    outBytes: amount,
    fanOutBytes: amount,
    peakInBytes: amount,
    peakInRecords: amount,
  });
  fc.assert(
    fc.property(any, (given) => {
      const modes = estimateCost(given, examplePrices);
      expect(modes.map(({ monthly }) => monthly)).toEqual(
        modes.map(({ monthly }) => monthly).toSorted((a, b) => a - b),
      );
      for (const { monthly, items } of modes) {
        expect(monthly).toBeGreaterThanOrEqual(0);
        expect(items.reduce((sum, item) => sum + item.monthly, 0)).toBe(monthly);
      }
      expect(putWaste(given, examplePrices)?.savedMonthly ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});
