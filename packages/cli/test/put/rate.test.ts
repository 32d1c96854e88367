import { createManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createPace, parseRate } from '../../src/put/rate.ts';

test.each([
  ['100/s', 100],
  ['100', 100],
  ['6000/m', 100],
  ['0.5/s', 0.5],
])('--rate %s is %d a second', (text, rate) => {
  expect(parseRate(text)).toBe(rate);
});

test.each(['0', '-1', 'fast', '1/h', '', '1e3'])('--rate %j is refused', (text) => {
  expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});

test.each([1, 10, 300, 5000])('--rate %d/s is that rate from the first record on', async (rate) => {
  const clock = createManualClock();
  const pace = createPace(rate, clock);
  const signal = new AbortController().signal;
  const send = async (): Promise<void> => {
    for (let sent = 0; sent < rate * 10; sent++) await pace(signal);
  };
  await drive(clock, send());
  expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000 - 1000 / rate - 1);
  expect(clock.monotonic()).toBeLessThan(10_100);
});

test('a pause is not made up for by a burst', async () => {
  const clock = createManualClock();
  const pace = createPace(100, clock);
  const signal = new AbortController().signal;
  await pace(signal);
  await clock.advance(60_000);
  let atOnce = 0;
  while (pace(signal) === undefined) atOnce++;
  expect(atOnce).toBeLessThanOrEqual(11);
});
