import { backoffDelay } from '@millrace/kinesis/runtime';
import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const anyBackoff = fc.record({
  baseMs: fc.integer({ min: 1, max: 10_000 }),
  capMs: fc.integer({ min: 1, max: 100_000 }),
});

test('a delay lies between nothing and the doubled base, and never beyond the cap', () => {
  fc.assert(
    fc.property(anyBackoff, fc.integer({ min: 1, max: 20 }), fc.integer(), (backoff, attempt, seed) => {
      const delay = backoffDelay(backoff, attempt, createManualClock({ seed }));
      const bound = Math.min(backoff.capMs, backoff.baseMs * 2 ** (attempt - 1));
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThan(bound);
    }),
  );
});

test('after any number of attempts a delay is still a number within the cap', () => {
  for (const attempt of [31, 100, 2000, Number.MAX_SAFE_INTEGER]) {
    const delay = backoffDelay({ baseMs: 100, capMs: 5000 }, attempt, { random: () => 0.5 });
    expect(delay).toBe(2500);
  }
});

test('the first delays double', () => {
  const delays = [1, 2, 3, 4].map((attempt) =>
    backoffDelay({ baseMs: 100, capMs: 500 }, attempt, { random: () => 0.5 }),
  );
  expect(delays).toEqual([50, 100, 200, 250]);
});

test('delays are spread over the whole range, so that clients refused together do not come back together', () => {
  const clock = createManualClock();
  const tenths = Array.from({ length: 1000 }, () =>
    Math.floor(backoffDelay({ baseMs: 10, capMs: 10 }, 1, clock)),
  );
  for (let tenth = 0; tenth < 10; tenth++) {
    expect(tenths.filter((each) => each === tenth).length).toBeGreaterThan(50);
  }
});
