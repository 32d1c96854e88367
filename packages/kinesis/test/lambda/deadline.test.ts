import { createBatchHandler, createHandler, createWindowHandler } from '@millrace/kinesis/lambda';
import { sleep } from '@millrace/kinesis/runtime';
import { createManualClock, kinesisEvent, type ManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import { drive } from './drive.ts';
import {
  aggregate,
  lambdaContext,
  order,
  orders,
  recordingLogger,
  retryOf,
  sequenceNumbers,
} from './setup.ts';

const logger = { error: () => {} };
const ids = Array.from({ length: 10 }, (_, index) => `${'abcdefghij'[index]}-1`);

describe.each(['ordered', 'ordered-by-key', 'parallel'] as const)('mode %s', (mode) => {
  const concurrency = mode === 'ordered' ? 1 : 2;

  test('no record is started within the margin, and the first that was not is reported before the time-out', async () => {
    const clock = createManualClock();
    const log = recordingLogger();
    const seen: string[] = [];
    const handler = createHandler(
      orders,
      async ({ value }) => {
        seen.push(value.id);
        await sleep(clock, 650);
      },
      { mode, concurrency, clock, logger: log },
    );
    const event = kinesisEvent(ids.map(order));
    // Started at 0, 650, 1300 and 1950; at 2600 less than 500 ms are left.
    const response = await drive(clock, handler(event, lambdaContext(3000, clock)));
    expect(seen).toEqual(ids.slice(0, 4 * concurrency));
    expect(response).toEqual({
      batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[4 * concurrency] }],
    });
    expect(clock.monotonic()).toBe(2600);
    expect(clock.pending).toBe(0);
    expect(log.lines).toMatchObject([{ details: { requestId: expect.any(String) } }]);
  });

  test('a record that ignores the signal is given up before the time-out; done late, it is not handled twice', async () => {
    const clock = createManualClock();
    const seen: string[] = [];
    const handler = createHandler(
      orders,
      async ({ value }) => {
        seen.push(value.id);
        if (value.id === 'b-1') await sleep(clock, 60_000);
      },
      { mode, concurrency, clock, logger },
    );
    const event = kinesisEvent(ids.slice(0, 3).map(order));
    const response = await drive(clock, handler(event, lambdaContext(3000, clock)));
    expect(clock.monotonic()).toBe(2750);
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }] });
    await clock.advance(60_000);
    const again = await drive(clock, handler(retryOf(event, response), lambdaContext(3000, clock)));
    expect(again).toEqual({ batchItemFailures: [] });
    expect(seen.toSorted()).toEqual(['a-1', 'b-1', 'c-1']);
  });

  test('the signal fires at the margin; what heeds it and is done, counts', async () => {
    const clock = createManualClock();
    let firedAt: number | undefined;
    const handler = createHandler(
      orders,
      async (_, { signal }) => {
        await sleep(clock, 60_000, signal).catch(() => {
          firedAt = clock.monotonic();
        });
      },
      { mode, concurrency, clock, logger, deadlineMargin: '1s' },
    );
    const event = kinesisEvent([order('a-1'), order('a-2')]);
    const response = await drive(clock, handler(event, lambdaContext(30_000, clock)));
    expect(firedAt).toBe(29_000);
    const failed = mode === 'parallel' ? [] : [{ itemIdentifier: sequenceNumbers(event)[1] }];
    expect(response).toEqual({ batchItemFailures: failed });
    expect(clock.pending).toBe(0);
  });

  test('a handler that never waits is stopped, too', async () => {
    const clock = createManualClock();
    const seen: string[] = [];
    const lambda = { awsRequestId: 'r', left: 3000, getRemainingTimeInMillis: () => lambda.left };
    const handler = createHandler(
      orders,
      ({ value }) => {
        seen.push(value.id);
        lambda.left -= 1000;
      },
      { mode, concurrency, clock, logger },
    );
    const event = kinesisEvent(ids.map(order));
    expect(await handler(event, lambda)).toEqual({
      batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[3] }],
    });
    expect(seen).toEqual(ids.slice(0, 3));
  });
});

test.each([
  ['500 ms', { left: 3000 }, 2500],
  ['a fifth of a short time-out', { left: 1000 }, 800],
  ['nothing when turned off', { left: 3000, deadlineMargin: 0 }, undefined],
])('the margin is %s', async (_, { left, ...options }, at) => {
  const clock = createManualClock();
  const handler = createHandler(orders, (__, { signal }) => waitFor(signal, clock), {
    clock,
    logger,
    ...options,
  });
  let answered = false;
  const running = handler(kinesisEvent([order('a-1')]), lambdaContext(left, clock)).then(() => {
    answered = true;
    return answered;
  });
  await clock.advance(10_000);
  expect([answered, firedAt]).toEqual([at !== undefined, at]);
  await Promise.race([running, clock.settle()]);
});

let firedAt: number | undefined;

function waitFor(signal: AbortSignal, clock: ManualClock): Promise<void> {
  firedAt = undefined;
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      firedAt = clock.monotonic();
      resolve();
    });
  });
}

test('time that is up inside an aggregate reports the aggregate, and what is done of it stays done', async () => {
  const seen: string[] = [];
  const lambda = { awsRequestId: 'r', left: 3000, getRemainingTimeInMillis: () => lambda.left };
  const handler = createHandler(
    orders,
    ({ value }) => {
      seen.push(value.id);
      lambda.left -= 1000;
    },
    { logger },
  );
  const event = kinesisEvent([aggregate(ids.slice(0, 5))]);
  const response = await handler(event, lambda);
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[0] }] });
  lambda.left = 30_000;
  expect(await handler(retryOf(event, response), lambda)).toEqual({ batchItemFailures: [] });
  expect(seen).toEqual(ids.slice(0, 5));
});

test('no try is begun within the margin', async () => {
  const clock = createManualClock();
  let tries = 0;
  const handler = createHandler(
    orders,
    async () => {
      tries++;
      await sleep(clock, 2000);
      throw new Error('no');
    },
    { attempts: 50, clock, logger },
  );
  const { batchItemFailures } = await drive(
    clock,
    handler(kinesisEvent([order('a-1')]), lambdaContext(3000, clock)),
  );
  expect(batchItemFailures).toHaveLength(1);
  expect(tries).toBe(2);
  expect(clock.monotonic()).toBeLessThan(3000);
});

test('a batch that is not done in time is reported from its first record on', async () => {
  const clock = createManualClock();
  const handler = createBatchHandler(orders, () => sleep(clock, 5000), { clock, logger });
  const event = kinesisEvent(ids.map(order));
  const response = await drive(clock, handler(event, lambdaContext(3000, clock)));
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[0] }] });
});

test('a window keeps what was folded before the deadline, and what comes late does not count twice', async () => {
  const clock = createManualClock();
  const handler = createWindowHandler(
    orders,
    {
      initial: () => ({ count: 0 }),
      add: async ({ count }, { value }) => {
        if (value.id === 'c-1') await sleep(clock, 60_000);
        return { count: count + 1 };
      },
      close: () => expect.unreachable(),
    },
    { clock, logger },
  );
  const event = {
    ...kinesisEvent(ids.map(order)),
    window: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:02:00Z' },
    state: {} as never,
    isFinalInvokeForWindow: false,
    isWindowTerminatedEarly: false,
  };
  const response = await drive(clock, handler(event, lambdaContext(3000, clock)));
  await clock.advance(60_000);
  expect(response).toEqual({
    state: { count: 2 },
    batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[2] }],
  });
});

test('without a context there is no deadline, and no timer is left behind', async () => {
  const clock = createManualClock();
  const handler = createHandler(orders, async () => clock.settle(), { clock, logger });
  expect(await handler(kinesisEvent([order('a-1')]))).toEqual({ batchItemFailures: [] });
  expect(await handler(kinesisEvent([order('a-1')]), lambdaContext(3000, clock))).toEqual({
    batchItemFailures: [],
  });
  expect(clock.pending).toBe(0);
});
