import type { LeaseStore } from '@millrace/kinesis/lease';
import { MillraceError } from '@millrace/kinesis';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { setup, stepsOf, type Setup } from './setup.ts';

let world: Setup;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(async () => {
  world = await setup();
  process.on('unhandledRejection', onUnhandled);
});
afterEach(async () => {
  await new Promise((resolve) => void setImmediate(resolve));
  process.off('unhandledRejection', onUnhandled);
  await world[Symbol.asyncDispose]();
  const [first] = unhandled.splice(0);
  if (first !== undefined) throw new Error('A rejection went to nobody.', { cause: first });
});

test('closing twice, at once and again later, is closing once, and whoever comes last waits too', async () => {
  const { join, clock, put, through } = world;
  await put(stepsOf(4, 4));
  let finish: (() => void) | undefined;
  const consumer = join();
  const running = consumer.run({
    eachRecord: () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  });
  await clock.advance(3000);
  let closed = 0;
  const closes = [consumer.close(), consumer.close()].map((one) => one.then(() => void closed++));
  await clock.advance(1000);
  expect(closed).toBe(0);
  for (let shard = 0; shard < 8; shard++) {
    finish?.();
    await clock.advance(100);
  }
  await through(Promise.all(closes));
  await running;
  await consumer.close();
  expect(clock.pending).toBe(0);
});

test.each([0, 5, 30, 55, 90, 130, 180, 240, 400, 2100])(
  'a consumer that is closed %i ms after its start, whatever it is at, ends and leaves no lease and no timer',
  async (ms) => {
    const { clock, kinesis, join, through, put } = world;
    await put(stepsOf(20));
    const store = createMemoryLeaseStore();
    const slow = <A extends readonly unknown[], R>(run: (...given: A) => Promise<R>) => {
      return async (...given: A): Promise<R> => {
        await new Promise<void>((resolve) => void clock.timer(20, resolve));
        return run(...given);
      };
    };
    const far: LeaseStore = {
      ...store,
      prepare: slow(() => store.prepare()),
      list: slow(() => store.list()),
      get: slow((key) => store.get(key)),
      create: slow((lease) => store.create(lease)),
      take: slow((lease, owner) => store.take(lease, owner)),
      release: slow((lease) => store.release(lease)),
    };
    const consumer = join({}, { ...kinesis.connection, leases: () => far });
    const running = consumer.run({ eachRecord: () => {} });
    await clock.advance(ms);
    await through(consumer.close());
    await running;
    expect((await store.list()).filter(({ owner }) => owner !== undefined)).toEqual([]);
    expect(clock.pending).toBe(0);
  },
);

test('a consumer closed before it runs does not run; one whose signal has fired already begins nothing', async () => {
  const { join, kinesis, clock } = world;
  const closed = join();
  await closed.close();
  await expect(closed.run({ eachRecord: () => {} })).rejects.toMatchObject({ code: 'CLOSED' });
  await join().run({ eachRecord: () => {}, signal: AbortSignal.abort() });
  expect(await kinesis.connection.leases('readers').list()).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('a drain that cannot be understood is refused, and the consumer goes on', async () => {
  const { join, clock, through, put } = world;
  const seen: number[] = [];
  const consumer = join();
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(3000);
  await expect(consumer.close({ drain: 'soon' as never })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  await put(stepsOf(5));
  await clock.advance(5000);
  expect(seen.length).toBe(5);
  await through(consumer.close());
  await running;
});

test.each([
  [
    'throws at once',
    () => {
      throw new Error('No.');
    },
  ],
  ['rejects', () => Promise.reject(new Error('No.'))],
  [
    'rejects long after it was given up',
    (late: () => Promise<void>) => late().then(() => Promise.reject(new Error('Late.'))),
  ],
])(
  'a handler that %s while its consumer closes leaves no rejection to nobody, and its record comes again',
  async (_, fail) => {
    const { join, clock, through, put } = world;
    await put(stepsOf(1));
    const late = (): Promise<void> => new Promise((resolve) => void clock.timer(40_000, resolve));
    const consumer = join({ onFailure: 'skip' });
    const running = consumer.run({ eachRecord: () => fail(late) });
    await clock.advance(2500);
    await through(consumer.close({ drain: '1s' }), 90_000);
    await running;
    const seen: number[] = [];
    const next = join();
    const again = next.run({ eachRecord: ({ value }) => seen.push(value.n) });
    await clock.advance(5000);
    expect(seen).toEqual([0]);
    await through(next.close());
    await again;
  },
);

test('a lease table that is deleted under a worker ends it with the name of what is missing, in every loop', async () => {
  const { kinesis, join, clock, through, put } = world;
  await put(stepsOf(20));
  const store = createMemoryLeaseStore();
  let gone = false;
  const missing = new MillraceError('SERVICE_FAILED', 'The table "readers" is not there.', {
    advice: 'Make it.',
  });
  const table = new Proxy(store, {
    get: (target, name, receiver) =>
      gone ? () => Promise.reject(missing) : Reflect.get(target, name, receiver),
  });
  const consumer = join({}, { ...kinesis.connection, leases: () => table });
  const running = consumer.run({ eachRecord: () => {} });
  await clock.advance(5000);
  gone = true;
  await expect(through(running)).rejects.toBe(missing);
  expect(clock.pending).toBe(0);
});

test('leases that vanish under a worker are made anew where the group begins, and nothing is skipped', async () => {
  const { kinesis, join, clock, through, put } = world;
  await put(stepsOf(20));
  const store = kinesis.connection.leases('readers');
  const seen: number[] = [];
  const consumer = join({ leaseDuration: '3s' });
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(5000);
  for (const { leaseKey } of await store.list()) await store.delete(leaseKey);
  await put(stepsOf(20, 10, 20));
  await clock.advance(90_000);
  expect([...new Set(seen)].toSorted((a, b) => a - b)).toEqual(stepsOf(40).map(({ n }) => n));
  await through(consumer.close());
  await running;
});
