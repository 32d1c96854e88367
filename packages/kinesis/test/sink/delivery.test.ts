import { createManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { Delivery } from '../../src/sink/delivery.ts';

const never = (): Promise<void> => new Promise(() => {});

test('a sink that does not answer is asked again, and what it takes then is delivered', async () => {
  const clock = createManualClock();
  const delivery = new Delivery({ clock });
  let attempts = 0;
  const delivered = delivery.run(() => (++attempts === 1 ? never() : Promise.resolve()));
  await clock.advance(21_000);
  await delivered;
  expect(attempts).toBe(2);
  expect(clock.pending).toBe(0);
});

test('a sink that never answers fails by its deadline, and holds no place of those that come later', async () => {
  const clock = createManualClock();
  const delivery = new Delivery({ clock, deadline: '30s' });
  const lost = Array.from({ length: 16 }, () => delivery.run(never));
  const failed = Promise.allSettled(lost);
  let stored = false;
  const late = delivery.run(async () => void (stored = true));
  await clock.advance(29_000);
  expect(stored).toBe(false);
  await clock.advance(1000);
  for (const result of await failed)
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'TIMED_OUT', retryable: true } });
  await late;
  expect(stored).toBe(true);
  expect(clock.pending).toBe(0);
});
