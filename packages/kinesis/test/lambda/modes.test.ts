import { createHandler, type HandlerOptions } from '@millrace/kinesis/lambda';
import { nextTurn, sleep } from '@millrace/kinesis/runtime';
import { createManualClock, kinesisEvent } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { aggregate, order, orders, recordingLogger, retryOf, sequenceNumbers } from './setup.ts';

const logger = { error: () => {} };

test('by key, a failure holds back its own key alone, and the lowest number is reported', async () => {
  const seen: string[] = [];
  const handler = createHandler(
    orders,
    ({ value }) => {
      if (value.id === 'ada-1' || value.id === 'eve-1') throw new Error('no');
      seen.push(value.id);
    },
    { mode: 'ordered-by-key', logger },
  );
  const event = kinesisEvent(['bob-1', 'ada-1', 'bob-2', 'ada-2', 'eve-1', 'bob-3', 'eve-2'].map(order));
  expect(await handler(event)).toEqual({
    batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }],
  });
  expect(seen).toEqual(['bob-1', 'bob-2', 'bob-3']);
});

test('the lowest number is found by value, not by its digits, and whatever their order', async () => {
  const numbers = ['100', '99', '9', '1000'];
  const event = kinesisEvent(numbers.map((sequenceNumber) => ({ ...order('a-1'), sequenceNumber })));
  const handler = createHandler(orders, () => Promise.reject(new Error('no')), { mode: 'parallel', logger });
  expect(await handler(event)).toEqual({ batchItemFailures: [{ itemIdentifier: '9' }] });
});

test('in order, an event whose numbers are not ascending still names the lowest that is not done', async () => {
  const event = kinesisEvent(['100', '99'].map((sequenceNumber) => ({ ...order('a-1'), sequenceNumber })));
  const handler = createHandler(orders, () => Promise.reject(new Error('no')), { logger });
  expect(await handler(event)).toEqual({ batchItemFailures: [{ itemIdentifier: '99' }] });
});

test('what was handled behind a failure is not handled again when it comes again', async () => {
  const seen: string[] = [];
  let broken = true;
  const handler = createHandler(
    orders,
    ({ value }) => {
      seen.push(value.id);
      if (value.id === 'ada-1' && broken) throw new Error('no');
    },
    { mode: 'ordered-by-key', logger },
  );
  const event = kinesisEvent([order('bob-1'), order('ada-1'), aggregate(['bob-2', 'ada-2', 'eve-1'])]);
  const first = await handler(event);
  const second = await handler(retryOf(event, first));
  broken = false;
  await handler(retryOf(event, second));
  expect(seen).toEqual(['bob-1', 'ada-1', 'bob-2', 'eve-1', 'ada-1', 'ada-1', 'ada-2']);
  // All done: who sends it once more, means it.
  await handler(event);
  expect(seen.slice(7)).toEqual(['bob-1', 'ada-1', 'bob-2', 'ada-2', 'eve-1']);
});

test('what was handled is forgotten after ten minutes: someone has started the mapping anew', async () => {
  const clock = createManualClock();
  const seen: string[] = [];
  const handler = createHandler(
    orders,
    ({ value }) => {
      seen.push(value.id);
      if (value.id === 'ada-1') throw new Error('no');
    },
    { mode: 'ordered-by-key', logger, clock },
  );
  const event = kinesisEvent(['ada-1', 'bob-1'].map(order));
  await handler(event);
  await clock.advance(599_000);
  await handler(event);
  expect(seen).toEqual(['ada-1', 'bob-1', 'ada-1']);
  await clock.advance(600_000);
  await handler(event);
  expect(seen).toEqual(['ada-1', 'bob-1', 'ada-1', 'ada-1', 'bob-1']);
});

describe('a store for all environments', () => {
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- it belongs to these tests
  const shared = (): { ids: Set<string>; finds: number } & Required<Pick<HandlerOptions, 'completed'>> => {
    const state = {
      ids: new Set<string>(),
      finds: 0,
      completed: {
        find: async (ids: readonly string[]) => {
          state.finds++;
          return new Set(ids.filter((id) => state.ids.has(id)));
        },
        add: async (ids: readonly string[]) => {
          for (const id of ids) state.ids.add(id);
        },
      },
    };
    return state;
  };

  test('keeps a cold environment from handling again what another has handled', async () => {
    const { completed, ids } = shared();
    const seen: string[] = [];
    const cold = (broken: boolean): ReturnType<typeof createHandler> =>
      createHandler(
        orders,
        ({ value }) => {
          seen.push(value.id);
          if (value.id === 'ada-1' && broken) throw new Error('no');
        },
        { mode: 'ordered-by-key', completed, logger },
      );
    const event = kinesisEvent([order('ada-1'), aggregate(['bob-1', 'eve-1'])]);
    const response = await cold(true)(event);
    expect([...ids]).toEqual(
      [1, 0].map((sub) => expect.stringMatching(`^orders/shardId-0+:\\d+:${1 - sub}$`)),
    );
    await cold(false)(retryOf(event, response));
    expect(seen).toEqual(['ada-1', 'bob-1', 'eve-1', 'ada-1']);
  });

  test('that cannot be asked fails the invocation before anything is handled', async () => {
    const handler = createHandler(orders, () => expect.unreachable(), {
      completed: { find: () => Promise.reject(new Error('store down')), add: async () => {} },
    });
    await expect(handler(kinesisEvent([order('ada-1')]))).rejects.toThrow('store down');
  });

  test('that cannot be told is logged, and the answer stands', async () => {
    const log = recordingLogger();
    const handler = createHandler(
      orders,
      ({ value }) => {
        if (value.id === 'ada-1') throw new Error('no');
      },
      {
        mode: 'parallel',
        completed: { find: async () => new Set(), add: () => Promise.reject(new Error('store down')) },
        logger: log,
      },
    );
    const { batchItemFailures } = await handler(kinesisEvent(['ada-1', 'bob-1'].map(order)));
    expect(batchItemFailures).toHaveLength(1);
    expect(log.lines.at(-1)?.details).toMatchObject({ error: new Error('store down') });
  });
});

test('invocations side by side in one process do not mix', async () => {
  const clock = createManualClock();
  const handler = createHandler(
    orders,
    async ({ value }) => {
      await sleep(clock, value.id.length);
      if (value.id.startsWith('bad')) throw new Error('no');
    },
    { mode: 'parallel', logger },
  );
  const good = kinesisEvent(['ada-1', 'bob-22', 'eve-333'].map(order), { shardId: 'shardId-000000000001' });
  const bad = kinesisEvent(['ada-1', 'bad-22', 'bad-3'].map(order), { shardId: 'shardId-000000000002' });
  const both = Promise.all([handler(bad), handler(good), handler(bad)]);
  await clock.advance(100);
  const failed = { batchItemFailures: [{ itemIdentifier: sequenceNumbers(bad)[1] }] };
  expect(await both).toEqual([failed, { batchItemFailures: [] }, failed]);
});

test('a hot key takes one slot, and the other keys go on', async () => {
  const clock = createManualClock();
  const done: string[] = [];
  const handler = createHandler(
    orders,
    async ({ value }) => {
      await sleep(clock, value.id.startsWith('hot') ? 1000 : 1);
      done.push(value.id);
    },
    { mode: 'ordered-by-key', concurrency: 2, logger },
  );
  const ids = ['hot-1', 'hot-2', 'hot-3', 'ada-1', 'bob-1', 'eve-1'];
  const running = handler(kinesisEvent(ids.map(order)));
  await clock.advance(900);
  expect(done).toEqual(['ada-1', 'bob-1', 'eve-1']);
  await clock.advance(5000);
  expect(await running).toEqual({ batchItemFailures: [] });
  expect(done.slice(3)).toEqual(['hot-1', 'hot-2', 'hot-3']);
});

test('what neither record nor handler is to blame for fails the invocation: a logger that throws', async () => {
  const broken = {
    error: () => {
      throw new Error('disk full');
    },
  };
  for (const mode of ['ordered', 'ordered-by-key', 'parallel'] as const) {
    const handler = createHandler(orders, () => Promise.reject(new Error('no')), { mode, logger: broken });
    await expect(handler(kinesisEvent([order('ada-1'), order('bob-1')]))).rejects.toThrow('disk full');
  }
});

test('a logger that throws while others are at work fails the invocation, and leaves no rejection that nobody hears', async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', hear);
  const broken = {
    error: () => {
      throw new Error('disk full');
    },
  };
  const handler = createHandler(
    orders,
    async ({ value }) => {
      if (value.id !== 'ada-1') await nextTurn();
      throw new Error('no');
    },
    { mode: 'parallel', logger: broken },
  );
  const event = kinesisEvent(['ada-1', 'bob-1', 'eve-1'].map(order));
  await expect(handler(event)).rejects.toThrow('disk full');
  await nextTurn();
  await nextTurn();
  process.off('unhandledRejection', hear);
  expect(unheard).toEqual([]);
});

interface Job {
  readonly key: string;
  readonly ms: number;
  /** How often it fails before it is handled. */
  readonly failures: number;
  readonly aggregated: boolean;
}

/** Some that end alike, and some that do not. */
const keys = ['a', 'b', 'ada1', 'ida1', 'ada2'];

const jobs = fc.array(
  fc.record<Job>({
    key: fc.constantFrom(...keys),
    ms: fc.constantFrom(0, 0, 1, 5, 20),
    failures: fc.constantFrom(0, 0, 0, 0, 1, 2),
    aggregated: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

describe.each(['ordered', 'ordered-by-key', 'parallel'] as const)(
  'mode %s, whatever fails and however long it takes',
  (mode) => {
    test('handles every record exactly once through all retries, in the order it promises, within its bounds', async () => {
      await fc.assert(
        fc.asyncProperty(jobs, fc.integer({ min: 1, max: 6 }), async (list, limit) => {
          const clock = createManualClock();
          const left = list.map(({ failures }) => failures);
          const handled: number[] = [];
          const attempted: number[] = [];
          let running = 0;
          const concurrency = mode === 'ordered' ? 1 : limit;
          const handler = createHandler(
            orders,
            ({ value }) => {
              const index = Number(value.id.split('-')[1]);
              const job = list[index];
              attempted.push(index);
              const finish = (): void => {
                if ((left[index] ?? 0) > 0) {
                  left[index] = (left[index] ?? 0) - 1;
                  throw new Error(`job ${index}`);
                }
                handled.push(index);
              };
              if (job === undefined || job.ms === 0) return finish();
              expect(++running).toBeLessThanOrEqual(concurrency);
              return sleep(clock, job.ms).then(() => {
                running--;
                return finish();
              });
            },
            { mode, concurrency, logger, clock },
          );

          let event = kinesisEvent(store(list));
          for (let invocations = 0; event.Records.length > 0; invocations++) {
            expect(invocations).toBeLessThan(100);
            const before = handled.length;
            const run = handler(event);
            await clock.advance(10_000);
            const response = await run;
            expect(running).toBe(0);
            expect(response.batchItemFailures.length).toBeLessThanOrEqual(1);
            for (const { itemIdentifier } of response.batchItemFailures) {
              expect(sequenceNumbers(event)).toContain(itemIdentifier);
            }
            const now = handled.slice(before);
            expect(mode !== 'ordered' || now.every((index, at) => index > (now[at - 1] ?? -1))).toBe(true);
            event = retryOf(event, response);
          }

          expect(handled.toSorted((a, b) => a - b)).toEqual(list.map((_, index) => index));
          expect(attempted).toHaveLength(list.length + list.reduce((sum, { failures }) => sum + failures, 0));
          for (const key of mode === 'parallel' ? [] : keys) {
            const ofKey = handled.filter((index) => list[index]?.key === key);
            expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
          }
        }),
        { numRuns: 300 },
      );
    });
  },
);

/** Neighbours that are to be aggregated share a stored record. */
function store(list: readonly Job[]): Parameters<typeof kinesisEvent>[0] {
  const stored: Parameters<typeof kinesisEvent>[0][number][] = [];
  let together: string[] = [];
  const flush = (): void => {
    if (together.length > 0) stored.push(aggregate(together));
    together = [];
  };
  for (const [index, { key, aggregated }] of list.entries()) {
    const id = `${key}-${index}`;
    if (aggregated) together.push(id);
    else {
      flush();
      stored.push(order(id));
    }
  }
  flush();
  return stored;
}
