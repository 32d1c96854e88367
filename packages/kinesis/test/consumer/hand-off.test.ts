import { once } from 'node:events';

import { expect, test } from 'vitest';

import type { LeaseStore } from '@millrace/kinesis/lease';
import { sleep } from '@millrace/kinesis/runtime';

import { listen, setup, stepsOf } from './setup.ts';

test('a worker that joins is handed its share: nothing is handled twice, and the other shards never pause', async () => {
  await using world = await setup();
  const { clock, join, put, through } = world;
  using handed = listen('consumer:hand-off-asked');
  const seen: {
    readonly n: number;
    readonly at: number;
    readonly shardId: string;
    readonly worker: string;
  }[] = [];
  const handler = (worker: string) => ({
    eachRecord: async ({ value, shardId }: { value: { n: number }; shardId: string }): Promise<void> => {
      await sleep(clock, 30);
      seen.push({ n: value.n, at: clock.monotonic(), shardId, worker });
    },
  });
  const first = join({ workerId: 'first' });
  const running = [first.run(handler('first'))];
  await clock.advance(5000);
  const second = join({ workerId: 'second' });
  running.push(second.run(handler('second')));
  for (let n = 0; n < 300; n++) {
    await put([{ key: `k${n % 40}`, n }]);
  }
  await clock.advance(10_000);
  expect([first, second].map((worker) => worker.status().shards.length)).toEqual([2, 2]);
  expect(handed.messages).toHaveLength(2);
  expect(seen.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n));

  // Every second brings a record; a shard that stays never waits for more than a few.
  const stayed = new Set(first.status().shards.map(({ shardId }) => shardId));
  for (const shardId of stayed) {
    const times = seen.filter((one) => one.shardId === shardId).map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(30_000);
  }
  await through(Promise.all([first.close(), second.close()]));
  await Promise.all(running);
  expect(clock.pending).toBe(0);
});

test('a shard that is asked for is finished with the record in hand, checkpointed, and handed over within seconds', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, kinesis, through } = world;
  await put(stepsOf(3, 1));
  const order: string[] = [];
  const first = join({ workerId: 'first' });
  const running = first.run({
    eachRecord: async ({ value }) => {
      order.push(`first begins ${value.n}`);
      await sleep(clock, 8000);
      order.push(`first ends ${value.n}`);
    },
  });
  await clock.advance(1000);
  // Nobody has too many of one shard: asked for by hand, as a balancing worker would.
  const store = kinesis.connection.leases('readers');
  const [lease] = await store.list();
  if (lease === undefined) throw new Error('no lease');
  expect(await store.requestHandOff(lease, 'second')).toBeDefined();
  const second = join({ workerId: 'second' });
  const running2 = second.run({
    eachRecord: ({ value }) => void order.push(`second ${value.n}`),
  });
  await clock.advance(12_000);
  expect(order).toEqual(['first begins 0', 'first ends 0', 'second 1', 'second 2']);
  await through(Promise.all([first.close(), second.close()]));
  await Promise.all([running, running2]);
});

test('a handler that does not finish in time is given up, and the shard is handed over all the same', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, kinesis, through } = world;
  await put(stepsOf(1, 1));
  let signalled = false;
  const first = join({ workerId: 'first', handOffTimeout: '5s' });
  const running = first.run({
    eachRecord: (_, { signal }) => {
      signal.addEventListener('abort', () => (signalled = true));
      return new Promise(() => {});
    },
  });
  await clock.advance(1000);
  const store = kinesis.connection.leases('readers');
  const [lease] = await store.list();
  if (lease !== undefined) await store.requestHandOff(lease, 'second');
  const seen: number[] = [];
  const second = join({ workerId: 'second' });
  const running2 = second.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(12_000);
  expect(signalled).toBe(true);
  expect(seen).toEqual([0]);
  await through(Promise.all([first.close(), second.close()]));
  await Promise.all([running, running2]);
});

test.each(['asked for', 'handed over'])(
  'a lease that is being %s when the worker it is for closes is free at once',
  async (state) => {
    await using world = await setup({ streams: { steps: { shards: 1 } } });
    const { clock, join, put, kinesis, through } = world;
    const store = kinesis.connection.leases('readers');
    const seen: string[] = [];
    const busy = new AbortController();
    const free = once(busy.signal, 'abort');
    const holder = join({ workerId: 'holder' });
    const running = holder.run({
      eachRecord: async ({ value }) => {
        seen.push(`holder ${value.n}`);
        if (value.n === 0) await free;
      },
    });
    await put([{ key: 'k', n: 0 }]);
    await clock.advance(1000);
    // Asked for by hand, as a balancing worker would.
    const leaving = join({ workerId: 'leaving' });
    const [lease] = await store.list();
    if (lease === undefined) throw new Error('no lease');
    const asked = await store.requestHandOff(lease, 'leaving');
    if (asked === undefined) throw new Error('not asked');
    const gone = leaving.run({ eachRecord: () => {} });
    await clock.advance(1);
    if (state === 'handed over') await store.release(asked);
    await through(leaving.close(), 0);
    await gone;
    const [after] = await store.list();
    expect(after?.owner).toBe(state === 'handed over' ? undefined : 'holder');
    expect(after?.checkpointOwner).toBeUndefined();
    busy.abort();
    await put([{ key: 'k', n: 1 }]);
    const closedAt = clock.monotonic();
    while (!seen.includes('holder 1') && clock.monotonic() < closedAt + 60_000) await clock.advance(100);
    // Less than a claim and a heartbeat; a lease that waits for one who is gone takes a whole duration and more.
    expect(clock.monotonic() - closedAt).toBeLessThan(7000);
    await through(holder.close());
    await running;
    expect(clock.pending).toBe(0);
  },
);

test.each([0, 12_000])(
  'a worker that learns %i ms after its close that it is asked for a shard is kept from ending by no timer',
  async (delayMs) => {
    await using world = await setup({ streams: { steps: { shards: 1 } } });
    const { clock, join, put, kinesis, through } = world;
    const store = kinesis.connection.leases('readers');
    let slow = false;
    const leases = (): LeaseStore => ({
      ...store,
      async checkpoint(...given) {
        if (slow) await sleep(clock, delayMs);
        return store.checkpoint(...given);
      },
    });
    using asked = listen('consumer:hand-off-asked');
    const consumer = join({ idlePollInterval: '250ms' }, { ...kinesis.connection, leases });
    const running = consumer.run({ eachRecord: () => {} });
    await clock.advance(8000);
    const counter = async (): Promise<number | undefined> => (await store.list())[0]?.counter;
    const before = await counter();
    while ((await counter()) === before) await clock.advance(10);
    // Between two heartbeats: the next would store what is handled and tell of the request; now the release does both.
    await put([{ key: 'k', n: 0 }]);
    const [lease] = await store.list();
    if (lease === undefined) throw new Error('no lease');
    expect(await store.requestHandOff(lease, 'second')).toBeDefined();
    slow = true;
    await through(consumer.close(), 20_000);
    await running;
    expect(asked.messages).toHaveLength(1);
    expect(clock.pending).toBe(0);
    const [after] = await store.list();
    expect(after?.checkpoint.sequenceNumber).not.toBe('TRIM_HORIZON');
    // One that learned too late has lost it by its own clock, and leaves it to run out.
    expect(after?.checkpointOwner === undefined).toBe(delayMs === 0);
  },
);
