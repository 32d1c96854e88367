import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { expect, test } from 'vitest';

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
