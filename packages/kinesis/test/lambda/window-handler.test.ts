import { createWindowHandler, type KinesisWindowEvent } from '@millrace/kinesis/lambda';
import { sleep } from '@millrace/kinesis/runtime';
import { createManualClock, kinesisEvent } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import { drive } from './drive.ts';
import { aggregate, lambdaContext, order, orders, retryOf, sequenceNumbers } from './setup.ts';

const logger = { error: () => {} };

interface Seen {
  readonly ids: readonly string[];
}

type WindowOptions = Partial<Omit<KinesisWindowEvent<Seen>, 'Records'>>;

/** As AWS sends it, from the developer guide. */
function windowEvent(
  records: Parameters<typeof kinesisEvent>[0],
  more: WindowOptions = {},
): KinesisWindowEvent<Seen> {
  return {
    ...kinesisEvent(records),
    window: { start: '2020-07-30T17:00:00Z', end: '2020-07-30T17:05:00Z' },
    state: {},
    shardId: 'shardId-000000000006',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/orders',
    isFinalInvokeForWindow: false,
    isWindowTerminatedEarly: false,
    ...more,
  };
}

function setup(failing: ReadonlySet<string> = new Set()): {
  readonly closed: unknown[];
  readonly handler: ReturnType<typeof createWindowHandler<{ id: string }, Seen>>;
} {
  const closed: unknown[] = [];
  const handler = createWindowHandler(
    orders,
    {
      initial: (): Seen => ({ ids: [] }),
      add: ({ ids }, { value }) => {
        if (failing.has(value.id)) throw new Error('no');
        return { ids: [...ids, value.id] };
      },
      close: (state, { window, endedEarly }) => {
        closed.push({
          ids: state.ids,
          from: window.start.toISOString(),
          to: window.end.toISOString(),
          endedEarly,
        });
      },
    },
    { logger },
  );
  return { handler, closed };
}

test('state goes from invocation to invocation, and the last one of the window closes it', async () => {
  const { handler, closed } = setup();
  const first = await handler(windowEvent([order('a-1'), aggregate(['b-1', 'c-1'])]));
  expect(first).toEqual({ state: { ids: ['a-1', 'b-1', 'c-1'] }, batchItemFailures: [] });
  const second = await handler(windowEvent([order('d-1')], { state: first.state }));
  expect(closed).toEqual([]);
  const last = await handler(windowEvent([], { state: second.state, isFinalInvokeForWindow: true }));
  expect(last).toEqual({ state: { ids: [] }, batchItemFailures: [] });
  expect(closed).toEqual([
    {
      ids: ['a-1', 'b-1', 'c-1', 'd-1'],
      from: '2020-07-30T17:00:00.000Z',
      to: '2020-07-30T17:05:00.000Z',
      endedEarly: false,
    },
  ]);
});

test('records that come with the last invocation are folded before it closes', async () => {
  const { handler, closed } = setup();
  await handler(windowEvent([order('b-1')], { state: { ids: ['a-1'] }, isFinalInvokeForWindow: true }));
  expect(closed).toMatchObject([{ ids: ['a-1', 'b-1'] }]);
});

test('a failure keeps what was folded before it and is reported; the window does not close', async () => {
  const { handler, closed } = setup(new Set(['b-1']));
  const event = windowEvent(['a-1', 'b-1', 'c-1'].map(order), { isFinalInvokeForWindow: true });
  expect(await handler(event)).toEqual({
    state: { ids: ['a-1'] },
    batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }],
  });
  expect(closed).toEqual([]);
});

test('a record inside an aggregate is folded once, also by another environment after a failure', async () => {
  const failing = new Set(['c-1']);
  const event = windowEvent([order('z-1'), aggregate(['a-1', 'b-1', 'c-1', 'd-1']), order('z-2')]);
  const first = await setup(failing).handler(event);
  expect(first.batchItemFailures).toEqual([{ itemIdentifier: sequenceNumbers(event)[1] }]);
  expect(first.state).toMatchObject({ ids: ['z-1', 'a-1', 'b-1'] });
  const retry = {
    ...event,
    ...retryOf(event, first),
    state: JSON.parse(JSON.stringify(first.state)) as Seen,
  };
  const again = await setup(failing).handler(retry);
  expect(again.state).toEqual(first.state);
  failing.clear();
  const done = await setup().handler(retry);
  expect(done).toEqual({ state: { ids: ['z-1', 'a-1', 'b-1', 'c-1', 'd-1', 'z-2'] }, batchItemFailures: [] });
});

/** Almost all that fits. */
const big: WindowOptions = { state: { ids: ['x'.repeat(999_980)] } };

describe('a state that outgrows what Lambda keeps', () => {
  test('ends the window early and without loss: it is closed, and a new state begins', async () => {
    const { handler, closed } = setup();
    const event = windowEvent([order('a-1'), order('b-1')], big);
    expect(await handler(event)).toEqual({ state: { ids: [] }, batchItemFailures: [] });
    expect(closed).toEqual([
      expect.objectContaining({ ids: [expect.any(String), 'a-1', 'b-1'], endedEarly: true }),
    ]);
  });

  test('goes on when there is room for it', async () => {
    const { handler, closed } = setup();
    const response = await handler(windowEvent([order('a')], big));
    expect(Buffer.byteLength(JSON.stringify(response.state))).toBeLessThanOrEqual(1_000_000);
    expect(response.state.ids).toHaveLength(2);
    expect(closed).toEqual([]);
  });

  test('is closed as ended early when Lambda says so', async () => {
    const { handler, closed } = setup();
    const options = { state: { ids: ['a-1'] }, isFinalInvokeForWindow: true, isWindowTerminatedEarly: true };
    await handler(windowEvent([], options));
    expect(closed).toMatchObject([{ ids: ['a-1'], endedEarly: true }]);
  });
});

test('a record given up on is not in the state, even when it is folded while the window closes: it comes again', async () => {
  const clock = createManualClock();
  const full = 'x'.repeat(1_000_000);
  const handler = createWindowHandler(
    orders,
    {
      initial: (): Seen => ({ ids: [] }),
      add: async ({ ids }, { value }) => {
        if (value.id === 'late-1') await sleep(clock, 2800);
        return { ids: [...ids, value.id] };
      },
      close: () => sleep(clock, 100),
    },
    { logger, clock },
  );
  const event = windowEvent([aggregate(['a-1', 'late-1', 'b-1'])], { state: { ids: [full] } });
  const first = await drive(clock, handler(event, lambdaContext(3000, clock)));
  expect(first.batchItemFailures).toEqual([{ itemIdentifier: sequenceNumbers(event)[0] }]);
  // Given up at 2750 ms, folded at 2800, answered at 2850.
  expect(clock.monotonic()).toBe(2850);
  const retry = { ...event, ...retryOf(event, first), state: first.state };
  const second = await drive(clock, handler(retry, lambdaContext(30_000, clock)));
  expect(second).toEqual({ state: { ids: ['late-1', 'b-1'] }, batchItemFailures: [] });
});

test('when closing fails, so does the invocation, and Lambda calls again', async () => {
  const handler = createWindowHandler(
    orders,
    { initial: () => ({}), add: (state) => state, close: () => Promise.reject(new Error('warehouse away')) },
    { logger },
  );
  const event = windowEvent([], { isFinalInvokeForWindow: true }) as KinesisWindowEvent;
  await expect(handler(event)).rejects.toThrow('warehouse away');
});
