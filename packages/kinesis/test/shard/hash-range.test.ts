import { MAX_HASH_KEY } from '@millrace/kinesis/record';
import {
  adjacent,
  contains,
  evenRanges,
  firstGap,
  FULL_HASH_RANGE,
  type HashRange,
} from '@millrace/kinesis/shard';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const anyCount = fc.integer({ min: 1, max: 500 });
const anyHashKey = fc.bigInt({ min: 0n, max: MAX_HASH_KEY });

test('even ranges cover every hash key, once, in order, and differ by less than their count', () => {
  fc.assert(
    fc.property(anyCount, (count) => {
      const ranges = evenRanges(count);
      expect(ranges).toHaveLength(count);
      expect(firstGap(ranges)).toBeUndefined();
      expect(
        ranges.every((range, index) => index === 0 || range.start === (ranges[index - 1]?.end ?? 0n) + 1n),
      ).toBe(true);
      const widths = ranges.map(({ start, end }) => end - start);
      const spread = (widths.at(-1) ?? 0n) - (widths[0] ?? 0n);
      expect(spread >= 0n && spread < BigInt(count)).toBe(true);
    }),
  );
  expect(evenRanges(1)).toEqual([FULL_HASH_RANGE]);
  expect(evenRanges(2)[0]?.end).toBe(170141183460469231731687303715884105727n);
});

test('a range holds both of its ends and nothing beyond', () => {
  fc.assert(
    fc.property(anyHashKey, anyHashKey, anyHashKey, (a, b, hashKey) => {
      const range = { start: a < b ? a : b, end: a < b ? b : a };
      expect([contains(range, range.start), contains(range, range.end)]).toEqual([true, true]);
      expect([contains(range, range.start - 1n), contains(range, range.end + 1n)]).toEqual([false, false]);
      expect(contains(range, hashKey)).toBe(hashKey >= range.start && hashKey <= range.end);
    }),
  );
});

test('the first gap is where a missing range began, in whatever order the others are listed', () => {
  fc.assert(
    fc.property(anyCount, fc.nat(), fc.boolean(), (count, pick, backwards) => {
      const ranges = evenRanges(count);
      const missing = ranges[pick % count];
      const left = ranges.filter((range) => range !== missing);
      expect(firstGap(backwards ? left.toReversed() : left)).toBe(missing?.start);
    }),
  );
});

test('ranges that overlap leave no gap between them', () => {
  const overlapping: readonly HashRange[] = [FULL_HASH_RANGE, ...evenRanges(3)];
  expect(firstGap(overlapping)).toBeUndefined();
  expect(firstGap([])).toBe(0n);
});

test('only ranges that touch are adjacent, whichever is named first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 50 }), fc.nat(), fc.nat(), (count, one, other) => {
      const ranges = evenRanges(count);
      const [i, j] = [one % count, other % count];
      const [a, b] = [ranges[i] ?? FULL_HASH_RANGE, ranges[j] ?? FULL_HASH_RANGE];
      expect(adjacent(a, b)).toBe(Math.abs(i - j) === 1);
      expect(adjacent(b, a)).toBe(adjacent(a, b));
    }),
  );
});
