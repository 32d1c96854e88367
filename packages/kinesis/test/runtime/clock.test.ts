import { getEventListeners } from 'node:events';

import { aborted, sleep, systemClock } from '@millrace/kinesis/runtime';
import { createManualClock } from '@millrace/kinesis/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

describe('sleep', () => {
  test('it ends after its time, not before', async () => {
    const clock = createManualClock();
    let over = false;
    const slept = sleep(clock, 1000).then(() => (over = true));
    await clock.advance(999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
    await slept;
  });

  test('when it ends, no timer and no listener is left', async () => {
    const clock = createManualClock();
    const { signal } = new AbortController();
    const slept = sleep(clock, 10, signal);
    expect([clock.pending, getEventListeners(signal, 'abort').length]).toEqual([1, 1]);
    await clock.advance(10);
    await slept;
    expect([clock.pending, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
  });

  test('it rejects as soon as its signal fires, with the reason, leaving no timer and no listener', async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const slept = sleep(clock, 10_000, controller.signal);
    controller.abort('deploy');
    await expect(slept).rejects.toMatchObject({ code: 'ABORTED', cause: 'deploy' });
    expect([clock.pending, getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0]);
  });

  test('a signal that has fired already rejects it without a timer or a listener', async () => {
    const clock = createManualClock();
    const signal = AbortSignal.abort('before');
    await expect(sleep(clock, 10, signal)).rejects.toMatchObject({ code: 'ABORTED', cause: 'before' });
    expect([clock.pending, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
  });

  test('a thousand sleeps on one signal leave it as it was', async () => {
    const clock = createManualClock();
    const { signal } = new AbortController();
    for (let count = 0; count < 1000; count++) {
      const slept = sleep(clock, 5, signal);
      await clock.next();
      await slept;
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

test('an abort is not worth retrying', () => {
  expect(aborted()).toMatchObject({ code: 'ABORTED', retryable: false });
});

describe('the machine’s clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('it tells the machine’s time and does not run backwards', () => {
    const before = Date.now();
    const wall = systemClock.now();
    expect(wall).toBeGreaterThanOrEqual(before);
    expect(wall).toBeLessThanOrEqual(Date.now());
    const first = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
    expect(systemClock.random()).toBeGreaterThanOrEqual(0);
    expect(systemClock.random()).toBeLessThan(1);
  });

  test('a timer runs its task once, and never when disposed before', () => {
    vi.useFakeTimers();
    const ran: string[] = [];
    systemClock.timer(100, () => ran.push('kept'));
    const disposed = systemClock.timer(50, () => ran.push('disposed'));
    disposed[Symbol.dispose]();
    vi.advanceTimersByTime(99);
    expect(ran).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(ran).toEqual(['kept']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a timer of two months takes two months, and can be disposed in the second', () => {
    vi.useFakeTimers();
    const day = 86_400_000;
    const ran: string[] = [];
    systemClock.timer(60 * day, () => ran.push('kept'));
    const disposed = systemClock.timer(60 * day, () => ran.push('disposed'));
    vi.advanceTimersByTime(59 * day);
    expect(ran).toEqual([]);
    disposed[Symbol.dispose]();
    vi.advanceTimersByTime(day);
    expect(ran).toEqual(['kept']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
