import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Pace, type Found, type PaceOptions } from '../../src/source/pace.ts';

const defaults: PaceOptions = { intervalMs: 250, idleMs: 2000, readers: 1 };
const nothing: Found = { records: 0, bytes: 0, millisBehindLatest: 0 };
const some: Found = { records: 3, bytes: 300, millisBehindLatest: 0 };
const behind: Found = { records: 10_000, bytes: 1_000_000, millisBehindLatest: 60_000 };
const MiB = 1_048_576;

/** The times at which a shard is called that answers so, call by call, and each at once. */
function callsOf(found: readonly Found[], options: Partial<PaceOptions> = {}): readonly number[] {
  const pace = new Pace({ ...defaults, ...options });
  const calls: number[] = [];
  let now = 0;
  for (const each of found) {
    calls.push(now);
    pace.called(now);
    pace.found(each, now);
    now += pace.wait(now);
  }
  return [...calls, now];
}

const gapsOf = (...given: Parameters<typeof callsOf>): readonly number[] => {
  const calls = callsOf(...given);
  return calls.slice(1).map((at, index) => Math.round(at - (calls[index] ?? 0)));
};

test('while records come a shard is asked once an interval', () => {
  expect(gapsOf([some, some, some])).toEqual([250, 250, 250]);
});

test('a shard that is behind is asked as often as its share of five calls a second allows', () => {
  expect(gapsOf([behind, behind, some])).toEqual([200, 200, 250]);
  expect(gapsOf([behind], { readers: 3 })).toEqual([600]);
  expect(gapsOf([behind], { intervalMs: 50 })).toEqual([50]);
});

test('a shard with nothing to tell is asked half as often again each time, up to the bound', () => {
  const gaps = gapsOf(Array.from({ length: 9 }, () => nothing));
  // From a second on they end on a tick: at 3000, at 4500, and so on.
  expect(gaps).toEqual([375, 563, 844, 1219, 1500, 2000, 2000, 2000, 2000]);
});

test('shards with nothing to tell are asked together, each as often as it would be alone, though timers go off early and late', () => {
  const jitter = fc.array(fc.double({ min: -2, max: 30, noNaN: true }), { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(fc.double({ min: 0, max: 10_000, noNaN: true }), jitter, (begunAt, jitters) => {
      const pace = new Pace(defaults);
      let now = begunAt;
      const calls = jitters.map((late) => {
        pace.called(now);
        pace.found(nothing, now + 5);
        const due = now + 5 + pace.wait(now + 5);
        now = due + late;
        return due;
      });
      const settled = calls.slice(6);
      for (const due of settled) expect(due / 500).toBeCloseTo(Math.round(due / 500), 6);
      const [first = 0, ...others] = settled;
      expect(Math.round((others.at(-1) ?? 0) - first)).toBe(2000 * others.length);
    }),
  );
});

test('the first record brings the interval back at once', () => {
  const gaps = gapsOf([...Array.from({ length: 8 }, () => nothing), some, nothing]);
  expect(gaps.slice(-2)).toEqual([250, 375]);
});

test('the time an answer takes is part of the interval, not added to it', () => {
  const pace = new Pace(defaults);
  pace.called(1000);
  pace.found(some, 1180);
  expect(pace.wait(1180)).toBe(70);
  pace.called(2000);
  pace.found(some, 2400);
  expect(pace.wait(2400)).toBe(0);
});

test('an answer of 10 MiB is followed by no pause until the service has refused a call for it', () => {
  const pace = new Pace(defaults);
  const large = { records: 10, bytes: 10 * MiB, millisBehindLatest: 5000 };
  pace.called(0);
  pace.found(large, 100);
  expect(pace.wait(100)).toBe(100);
  pace.called(200);
  // It is paid off five seconds after it came, at 2 MiB a second.
  expect(pace.refused(200)).toBeCloseTo(4900, 5);
  pace.called(5100);
  pace.found(large, 5100);
  expect(pace.wait(5100)).toBeCloseTo(5000, 5);
});

test('a refusal that nothing read before explains is waited out by the caller’s own back-off', () => {
  const pace = new Pace(defaults);
  pace.called(0);
  pace.found(some, 10);
  expect(pace.refused(260)).toBe(0);
  pace.called(260);
  pace.found(some, 270);
  expect(pace.wait(270)).toBe(240);
});

const found = fc.record({
  records: fc.nat(10_000),
  bytes: fc.nat(10 * MiB),
  millisBehindLatest: fc.oneof(fc.constant(0), fc.nat(1_000_000)),
});

test('whatever comes, a group of several never asks more often than its share, and no shard waits longer than it may', () => {
  fc.assert(
    fc.property(
      fc.array(found, { maxLength: 50 }),
      fc.nat(3000),
      fc.nat(10_000),
      fc.integer({ min: 1, max: 50 }),
      (answers, intervalMs, more, readers) => {
        const idleMs = intervalMs + more;
        const share = readers * 200;
        const least = readers > 1 ? share : Math.min(share, intervalMs);
        const most = Math.max(share, intervalMs, idleMs, 50);
        for (const gap of gapsOf(answers, { intervalMs, idleMs, readers })) {
          expect(gap).toBeGreaterThanOrEqual(least);
          expect(gap).toBeLessThanOrEqual(most);
        }
      },
    ),
  );
});
