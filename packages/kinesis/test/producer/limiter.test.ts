import { expect, test } from 'vitest';

import { Limiter } from '../../src/producer/limiter.ts';

/** Sends 1-KiB entries for `seconds` through a shard that takes `capacity` a second; counts what was taken and refused. */
function simulate(
  capacity: number,
  seconds: number,
  limiter = new Limiter(),
): { taken: number; refused: number } {
  let [taken, refused] = [0, 0];
  let left = capacity;
  for (let ms = 0; ms < seconds * 1000; ms++) {
    if (ms % 1000 === 0) left = capacity;
    for (let tries = 0; tries < 5 && limiter.patience('hot', ms) === 0; tries++) {
      limiter.sent('hot', 1024);
      if (left > 0) {
        left--;
        taken++;
      } else {
        refused++;
        limiter.throttled('hot', ms);
        break;
      }
    }
  }
  return { taken, refused };
}

test('a shard that never throttled is never held back', () => {
  const limiter = new Limiter();
  for (let n = 0; n < 10_000; n++) {
    expect(limiter.patience('calm', 0)).toBe(0);
    limiter.sent('calm', 100_000);
  }
});

test('a hot shard is held back alone', () => {
  const limiter = new Limiter();
  for (let now = 0; now < 2000; now += 300) limiter.throttled('hot', now);
  for (let n = 0; n < 200; n++) limiter.sent('hot', 50_000);
  expect(limiter.patience('hot', 2000)).toBeGreaterThan(1000);
  expect(limiter.patience('calm', 2000)).toBe(0);
  expect(limiter.patience(undefined, 2000)).toBe(0);
});

test.each([500, 1000])(
  'it finds what a shard of %i records a second takes, and wastes little on asking for more',
  (capacity) => {
    const { taken, refused } = simulate(capacity, 60);
    expect(taken).toBeGreaterThan(capacity * 60 * 0.7);
    expect(refused).toBeLessThan(taken * 0.1);
  },
);

test('a wait is over when it has been waited for', () => {
  for (let bytes = 1; bytes < 5_000_000; bytes = bytes * 3 + 1) {
    const limiter = new Limiter();
    limiter.throttled('hot', 0);
    limiter.sent('hot', bytes);
    const wait = limiter.patience('hot', 0);
    expect(Number.isInteger(wait)).toBe(true);
    expect(limiter.patience('hot', wait)).toBe(0);
  }
});

test('a shard that stopped throttling is let go again', () => {
  const limiter = new Limiter();
  limiter.throttled('hot', 0);
  expect(limiter.shares.get('hot')).toBe(1);
  expect(limiter.patience('hot', 60_000)).toBe(0);
  expect(limiter.shares.size).toBe(0);
});
