import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { expect, test, vi } from 'vitest';

import { listen, setup, stepsOf } from './setup.ts';

test('a shard whose lease is set free under its worker is begun again only when the worker has let go of it, and is kept then', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, kinesis, join, put } = world;
  const store = createMemoryLeaseStore();
  using started = listen('consumer:shard-started');
  using stopped = listen('consumer:shard-stopped');
  using lost = listen('consumer:lease-lost');
  const handled: number[] = [];
  const consumer = join({}, { ...kinesis.connection, leases: () => store });
  const running = consumer.run({ eachRecord: ({ value }) => handled.push(value.n) });
  // Whatever the moment between two of its looks at the leases and two heartbeats.
  for (let round = 1; round <= 12; round++) {
    await clock.advance(10_300);
    const [lease] = await store.list();
    if (lease === undefined) throw new Error('no lease');
    await store.release(lease);
    for (let step = 0; step < 80; step++) {
      await clock.advance(100);
      expect(started.messages.length - stopped.messages.length).toBeLessThanOrEqual(1);
    }
    expect(lost.messages).toMatchObject(Array.from({ length: round }, () => ({ reason: 'taken' })));
  }
  await put(stepsOf(20));
  await world.through(consumer.close({ drain: '1s' }), 2000);
  await running;
  expect(started.messages.length).toBe(13);
});

test('a worker that holds all leases looks at them seldom, and within seconds when it has lost one', async () => {
  await using world = await setup();
  const { clock, kinesis, join } = world;
  const store = createMemoryLeaseStore();
  const list = vi.spyOn(store, 'list');
  using started = listen('consumer:shard-started');
  const consumer = join({}, { ...kinesis.connection, leases: () => store });
  const running = consumer.run({ eachRecord: () => {} });
  await clock.advance(5000);
  list.mockClear();
  await clock.advance(600_000);
  // Every twenty seconds, and once a minute for the shards and the look after that.
  expect(list.mock.calls.length).toBeLessThan(60);
  const [lease] = await store.list();
  if (lease === undefined) throw new Error('no lease');
  await store.release(lease);
  // A heartbeat tells of it, and the next look takes it back.
  await clock.advance(3900 + 2000);
  expect(started.messages).toHaveLength(5);
  await world.through(consumer.close());
  await running;
});
