import { sleep } from '@millrace/kinesis/runtime';
import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('time stands still until it is moved', async () => {
  const clock = createManualClock();
  await clock.settle();
  expect([clock.now(), clock.monotonic()]).toEqual([Date.UTC(2026, 0, 1), 0]);
  await clock.advance(1500);
  expect([clock.now(), clock.monotonic()]).toEqual([Date.UTC(2026, 0, 1) + 1500, 1500]);
  expect(createManualClock({ start: 7 }).now()).toBe(7);
});

test('timers fire in the order of their times, those of one time in the order they were set, each at its own time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -5, max: 50 }), { maxLength: 20 }), async (delays) => {
      const clock = createManualClock({ start: 0 });
      const fired: { readonly index: number; readonly at: number }[] = [];
      for (const [index, delay] of delays.entries()) {
        clock.timer(delay, () => fired.push({ index, at: clock.monotonic() }));
      }
      await clock.advance(30);
      const due = delays
        .map((delay, index) => ({ index, at: Math.max(0, delay) }))
        .filter(({ at }) => at <= 30);
      expect(fired).toEqual(due.toSorted((a, b) => a.at - b.at || a.index - b.index));
      expect(clock.pending).toBe(delays.length - due.length);
      expect([clock.now(), clock.monotonic()]).toEqual([30, 30]);
    }),
  );
});

test('a timer set by a timer fires in the same move when it is due', async () => {
  const clock = createManualClock({ start: 0 });
  const fired: number[] = [];
  clock.timer(10, () => {
    fired.push(clock.now());
    clock.timer(5, () => fired.push(clock.now()));
    clock.timer(20, () => fired.push(clock.now()));
  });
  await clock.advance(20);
  expect(fired).toEqual([10, 15]);
  await clock.advance(10);
  expect(fired).toEqual([10, 15, 30]);
});

test('promises settle between timers, so a loop that sleeps runs as often as time allows', async () => {
  const clock = createManualClock({ start: 0 });
  const turns: number[] = [];
  const loop = async (): Promise<void> => {
    while (turns.length < 5) {
      await sleep(clock, 10);
      turns.push(clock.now());
    }
  };
  const looping = loop();
  await clock.advance(35);
  expect(turns).toEqual([10, 20, 30]);
  await clock.advance(20);
  await looping;
  expect(turns).toEqual([10, 20, 30, 40, 50]);
});

test('next goes to the next timer, however far ahead, and says when there is none', async () => {
  const clock = createManualClock({ start: 0 });
  const fired: string[] = [];
  clock.timer(86_400_000, () => fired.push('tomorrow'));
  clock.timer(86_400_000, () => fired.push('tomorrow too'));
  expect(await clock.next()).toBe(true);
  expect([fired, clock.now(), clock.pending]).toEqual([['tomorrow', 'tomorrow too'], 86_400_000, 0]);
  expect(await clock.next()).toBe(false);
});

test('a disposed timer never fires, and may be disposed again', async () => {
  const clock = createManualClock();
  const fired: string[] = [];
  const disposed = clock.timer(10, () => fired.push('disposed'));
  clock.timer(10, () => fired.push('kept'));
  disposed[Symbol.dispose]();
  disposed[Symbol.dispose]();
  await clock.advance(10);
  expect(fired).toEqual(['kept']);
  disposed[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});

test('a jump moves the wall clock only: no timer notices', async () => {
  const clock = createManualClock({ start: 1000 });
  const fired: number[] = [];
  clock.timer(10, () => fired.push(clock.now()));
  clock.jump(-500);
  expect([clock.now(), clock.monotonic(), clock.pending]).toEqual([500, 0, 1]);
  await clock.advance(10);
  expect(fired).toEqual([510]);
});

test('chance repeats with its seed, differs with another, and fills [0, 1)', () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw()).toEqual(draw(1));
  expect(draw(7)).not.toEqual(draw(8));
  const drawn = draw(7);
  expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(990);
  expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 1);
});

function draw(seed?: number): readonly number[] {
  const clock = createManualClock(seed === undefined ? {} : { seed });
  return Array.from({ length: 1000 }, () => clock.random());
}

test('a wait for a part of a millisecond lets time pass, so that who waits for a moment gets there', async () => {
  const clock = createManualClock();
  const looks: number[] = [];
  const waiting = [0.25, 1e-4, 2.5].map(async (moment, index) => {
    for (looks[index] = 0; clock.monotonic() < moment; looks[index]++) {
      if ((looks[index] ?? 0) > 5) throw new Error('Time stands still.');
      await sleep(clock, 1e-13);
    }
  });
  await clock.advance(10);
  await Promise.all(waiting);
  expect(looks).toEqual([1, 1, 3]);
});
