import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { MetricStore } from '../../../src/neighbours/cloudwatch/metric-store.ts';
import { minuteMs, Series } from '../../../src/neighbours/cloudwatch/series.ts';

describe('a series', () => {
  test('sums up samples by the minute, in whatever order they come', () => {
    const samples = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: -1000, max: 1000 })), { maxLength: 200 });
    fc.assert(
      fc.property(samples, fc.nat(30), fc.nat(30), (given, from, to) => {
        const series = new Series(1000);
        for (const [minute, value] of given) series.add(minute * minuteMs, value);
        const minutes = [...new Set(given.map(([minute]) => minute))]
          .filter((minute) => minute >= from && minute < to)
          .toSorted((a, b) => a - b);
        expect(series.between(from * minuteMs, to * minuteMs)).toMatchObject(
          minutes.map((minute) => {
            const values = given.filter(([at]) => at === minute).map(([, value]) => value);
            return {
              minute: minute * minuteMs,
              count: values.length,
              sum: values.reduce((sum, value) => sum + value, 0),
              min: Math.min(...values),
              max: Math.max(...values),
            };
          }),
        );
      }),
    );
  });

  test('keeps the newest minutes and never more than it may', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { maxLength: 100 }),
        fc.integer({ min: 1, max: 10 }),
        (given, capacity) => {
          const series = new Series(capacity);
          for (const minute of given) series.add(minute * minuteMs, 1);
          const kept = series.between(0, 100 * minuteMs).map(({ minute }) => minute / minuteMs);
          expect(kept.length).toBeLessThanOrEqual(capacity);
          expect(kept.at(-1)).toBe(given.length === 0 ? undefined : Math.max(...given));
          expect(kept).toEqual(kept.toSorted((a, b) => a - b));
        },
      ),
    );
  });
});

describe('the store', () => {
  test('takes the same dimensions in any order for the same metric', () => {
    const store = new MetricStore();
    const a = { name: 'a', value: '1' };
    const b = { name: 'b', value: '2' };
    const id = { namespace: 'n', name: 'm' };
    expect(store.series({ ...id, dimensions: [a, b] }, 'Count')).toBe(
      store.series({ ...id, dimensions: [b, a] }, 'Count'),
    );
    expect(store.series({ ...id, dimensions: [a, b] }, 'Count')).not.toBe(
      store.series({ ...id, dimensions: [a, b] }, 'Bytes'),
    );
    expect(store.find({ ...id, dimensions: [b, a] })).toHaveLength(2);
    expect(store.find({ ...id, dimensions: [b, a] }, 'Bytes')).toHaveLength(1);
  });

  test('forgets the metric longest without a sample when it is full', () => {
    const store = new MetricStore({ metrics: 3 });
    const put = (name: string, minute: number): void => {
      store.series({ namespace: 'n', name, dimensions: [] }, 'None').add(minute * minuteMs, 1);
    };
    put('a', 1);
    put('b', 2);
    put('c', 3);
    put('a', 4);
    put('d', 5);
    expect([...store.all].map(({ name }) => name)).toEqual(['a', 'c', 'd']);
    expect(store.find({ namespace: 'n', name: 'b', dimensions: [] })).toEqual([]);
  });
});
