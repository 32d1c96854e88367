import type { LeaseStore } from '@millrace/kinesis/lease';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { sleep } from '@millrace/kinesis/runtime';
import { expect, test } from 'vitest';

import { listen, setup } from './setup.ts';

/** A store each call of which waits for `before` first. */
function delayed(store: LeaseStore, before: (call: string, leaseKey: string) => Promise<void>): LeaseStore {
  const late =
    <A extends readonly unknown[], R>(call: string, run: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      const [lease] = given;
      const leaseKey =
        typeof lease === 'object' && lease !== null && 'leaseKey' in lease ? lease.leaseKey : '';
      await before(call, String(leaseKey));
      return run(...given);
    };
  return {
    prepare: late('prepare', (options) => store.prepare(options)),
    list: late('list', () => store.list()),
    get: late('get', (leaseKey) => store.get(leaseKey)),
    create: late('create', (lease) => store.create(lease)),
    renew: late('renew', (lease) => store.renew(lease)),
    take: late('take', (lease, owner) => store.take(lease, owner)),
    requestHandOff: late('ask', (lease, owner) => store.requestHandOff(lease, owner)),
    withdrawHandOff: late('ask', (lease, owner) => store.withdrawHandOff(lease, owner)),
    checkpoint: late('checkpoint', (lease, reached, extras) => store.checkpoint(lease, reached, extras)),
    release: late('release', (lease) => store.release(lease)),
    delete: late('delete', (leaseKey) => store.delete(leaseKey)),
  };
}

test('many shards are begun one by one as they are won: none is lost before the last is taken', async () => {
  await using world = await setup({ streams: { steps: { shards: 600 } } });
  const { clock, kinesis, join } = world;
  const store = createMemoryLeaseStore();
  // Twenty milliseconds each: one after the other they take longer than a lease lasts.
  const far = delayed(store, (call) => sleep(clock, call === 'create' ? 0 : 20));
  using lost = listen('consumer:lease-lost');
  const consumer = join({}, { ...kinesis.connection, leases: () => far });
  const running = consumer.run({ eachRecord: () => {} });
  await clock.advance(1000);
  expect(consumer.status().shards.length).toBeGreaterThan(100);
  await clock.advance(19_000);
  expect(consumer.status().shards.length).toBe(600);
  expect(lost.messages).toEqual([]);
  await world.through(consumer.close(), 60_000);
  await running;
});

test('a heartbeat that gets no answer costs its own shard, and no other', async () => {
  await using world = await setup();
  const { clock, kinesis, join } = world;
  let silent = '';
  const store = delayed(createMemoryLeaseStore(), (_, leaseKey) =>
    leaseKey !== '' && leaseKey === silent ? new Promise(() => {}) : Promise.resolve(),
  );
  using lost = listen('consumer:lease-lost');
  const consumer = join({}, { ...kinesis.connection, leases: () => store });
  const running = consumer.run({ eachRecord: () => {} });
  await clock.advance(8000);
  silent = 'shardId-000000000001';
  await clock.advance(60_000);
  expect(lost.messages).toMatchObject([{ reason: 'expired', lease: { leaseKey: silent } }]);
  expect(
    consumer
      .status()
      .shards.map(({ leaseKey }) => leaseKey)
      .toSorted(),
  ).toEqual(['shardId-000000000000', 'shardId-000000000002', 'shardId-000000000003']);
  silent = '';
  await world.through(consumer.close());
  await running;
});

test('a lease is not taken again while a write of before is under way: come late, it would pass for an echo of the new tenure', async () => {
  await using world = await setup();
  const { clock, kinesis, join } = world;
  const slow = 'shardId-000000000001';
  const took: number[] = [];
  let delayMs = 0;
  let arrivedAt = 0;
  const store = delayed(createMemoryLeaseStore(), async (call, leaseKey) => {
    if (leaseKey !== slow) return;
    if (call === 'take') took.push(clock.monotonic());
    if (call !== 'renew' || delayMs === 0) return;
    const wait = sleep(clock, delayMs);
    delayMs = 0;
    await wait;
    arrivedAt = clock.monotonic();
  });
  const consumer = join({}, { ...kinesis.connection, leases: () => store });
  const running = consumer.run({ eachRecord: () => {} });
  await clock.advance(8000);
  delayMs = 28_000;
  await clock.advance(60_000);
  expect(took).toHaveLength(2);
  expect(took[1]).toBeGreaterThanOrEqual(arrivedAt);
  expect(arrivedAt).toBeGreaterThan(28_000);
  await world.through(consumer.close());
  await running;
});

test.each([100, 8000])('a store that answers nothing from %i ms on holds up no close', async (ms) => {
  await using world = await setup();
  const { clock, kinesis, join } = world;
  let silent = false;
  const store = delayed(createMemoryLeaseStore(), () => (silent ? new Promise(() => {}) : sleep(clock, 30)));
  const consumer = join({}, { ...kinesis.connection, leases: () => store });
  const running = consumer.run({ eachRecord: () => {} });
  await clock.advance(ms);
  silent = true;
  await clock.advance(5000);
  await world.through(consumer.close(), 60_000);
  await running;
  expect(clock.pending).toBe(0);
});
