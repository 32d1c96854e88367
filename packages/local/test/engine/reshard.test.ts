import { MAX_HASH_KEY } from '@millrace/kinesis/record';
import { evenRanges, firstGap, type HashRange } from '@millrace/kinesis/shard';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { uniformSteps, type ReshardStep } from '../../src/engine/reshard.ts';

const counts = fc.integer({ min: 1, max: 40 });
const ranges = fc.oneof(
  counts.map(evenRanges),
  fc
    .uniqueArray(fc.bigInt({ min: 1n, max: MAX_HASH_KEY }), { maxLength: 20 })
    .map((cuts) => [0n, ...cuts.toSorted((a, b) => (a < b ? -1 : 1))])
    .map((starts) => starts.map((start, at) => ({ start, end: (starts[at + 1] ?? MAX_HASH_KEY + 1n) - 1n }))),
);

describe('scaling to a number of shards', () => {
  test('ends with that many, of equal size but for rounding, without gap or overlap', () => {
    fc.assert(
      fc.property(ranges, counts, (from, target) => {
        const open = apply(from, uniformSteps(from, target));
        expect(open).toHaveLength(target);
        expect(firstGap(open)).toBeUndefined();
        const even = evenRanges(target);
        for (const [at, range] of open.entries()) {
          const off = range.start - (even[at]?.start ?? 0n);
          expect(off < 0n ? -off : off).toBeLessThanOrEqual(BigInt(target));
        }
      }),
    );
  });

  test('by doubling splits each shard once and merges none', () => {
    for (let count = 1; count <= 40; count++) {
      const steps = uniformSteps(evenRanges(count), count * 2);
      expect(steps).toHaveLength(count);
      expect(steps.every((step) => step.close.length === 1 && step.open.length === 2)).toBe(true);
    }
  });

  test('by halving merges each pair once and splits none', () => {
    for (let count = 1; count <= 40; count++) {
      const steps = uniformSteps(evenRanges(count * 2), count);
      expect(steps).toHaveLength(count);
      expect(steps.every((step) => step.close.length === 2 && step.open.length === 1)).toBe(true);
    }
  });

  test('to the number there is does nothing', () => {
    for (let count = 1; count <= 40; count++) expect(uniformSteps(evenRanges(count), count)).toEqual([]);
  });
});

/** Each step must close what is open and cover the same keys. */
function apply(from: readonly HashRange[], steps: readonly ReshardStep[]): readonly HashRange[] {
  const open = new Map(from.map((range) => [range.start, range]));
  for (const step of steps) {
    for (const range of step.close) {
      expect(open.get(range.start)).toEqual(range);
      open.delete(range.start);
    }
    expect(step.open[0]?.start).toBe(step.close[0]?.start);
    expect(step.open.at(-1)?.end).toBe(step.close.at(-1)?.end);
    for (const range of step.open) open.set(range.start, range);
  }
  return [...open.values()].toSorted((a, b) => (a.start < b.start ? -1 : 1));
}
