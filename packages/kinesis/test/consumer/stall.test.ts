import { expect, test } from 'vitest';

import { listen, setup, stepsOf } from './setup.ts';

test('a shard whose handler hangs is told, begun anew, and then given up to another worker', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through } = world;
  await put(stepsOf(3, 1));
  using stalled = listen('consumer:shard-stalled');
  let calls = 0;
  const hung = join({ workerId: 'hung', stallAfter: '60s' });
  const running = hung.run({
    eachRecord: ({ value }) => {
      calls++;
      return value.n === 1 ? new Promise(() => {}) : undefined;
    },
  });
  await clock.advance(58_000);
  expect(stalled.messages).toEqual([]);
  await clock.advance(12_000);
  expect(stalled.messages).toEqual([
    expect.objectContaining({ shardId: 'shardId-000000000000', action: 'restart' }),
  ]);
  // Record 0 was handled and is not handed over again; record 1 is.
  expect(calls).toBe(3);
  expect(hung.status().shards).toMatchObject([{ state: 'stalled' }]);

  const healthy = join({ workerId: 'healthy' });
  const seen: number[] = [];
  const running2 = healthy.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(80_000);
  expect(stalled.messages.at(-1)).toMatchObject({ action: 'give-up' });
  expect(seen).toEqual([1, 2]);
  expect(hung.status().shards).toEqual([]);
  await through(Promise.all([hung.close({ drain: 0 }), healthy.close()]));
  await Promise.all([running, running2]);
  expect(clock.pending).toBe(0);
});

test('how far a shard is behind is measured while its handler hangs, and grows with time', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through } = world;
  const behind: number[] = [];
  const labels = new Set<string>();
  const meter = {
    add: () => {},
    record: (name: string, value: number, given: object) => {
      if (name === 'millrace.consumer.behind_ms') behind.push(value);
      labels.add(JSON.stringify(given));
    },
  };
  await put(stepsOf(1, 1));
  const releases: (() => void)[] = [];
  const consumer = join({ meter, leaseDuration: '10s' });
  const running = consumer.run({
    eachRecord: () =>
      new Promise<void>((resolve) => {
        releases.push(resolve);
      }),
  });
  await clock.advance(60_000);
  expect(behind.length).toBeGreaterThan(10);
  expect(behind).toEqual(behind.toSorted((a, b) => a - b));
  expect(behind.at(-1)).toBeGreaterThan(50_000);
  for (const release of releases) release();
  await clock.advance(5000);
  expect(behind.at(-1)).toBe(0);
  expect([...labels]).toEqual([
    JSON.stringify({ stream: 'steps', group: consumer.status().group, shardId: 'shardId-000000000000' }),
  ]);
  await through(consumer.close());
  await running;
});

test('a worker that is alone takes the shard it gave up again, after a while', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through } = world;
  await put(stepsOf(1, 1));
  let hangs = true;
  const seen: number[] = [];
  const consumer = join({ stallAfter: '10s', leaseDuration: '5s' });
  const running = consumer.run({
    eachRecord: ({ value }) => (hangs ? new Promise(() => {}) : seen.push(value.n)),
  });
  await clock.advance(29_000);
  expect(consumer.status().shards).toEqual([]);
  hangs = false;
  await clock.advance(30_000);
  expect(seen).toEqual([0]);
  await through(consumer.close());
  await running;
});

test('a handler that says it goes on is not stuck, however long it takes', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through } = world;
  await put(stepsOf(1, 1));
  using stalled = listen('consumer:shard-stalled');
  const consumer = join({ stallAfter: '10s' });
  let done = 0;
  const running = consumer.run({
    eachRecord: async (_, { progress }) => {
      for (let second = 0; second < 60; second++) {
        await new Promise<void>((resolve) => void clock.timer(1000, resolve));
        progress();
      }
      done++;
    },
  });
  await clock.advance(70_000);
  expect(done).toBe(1);
  expect(stalled.messages).toEqual([]);
  await through(consumer.close());
  await running;
});

test('a read that hangs is begun anew', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through, kinesis } = world;
  const { reader } = kinesis.connection;
  let hung = 0;
  const connection = {
    ...kinesis.connection,
    reader: {
      ...reader,
      read: (...given: Parameters<typeof reader.read>): ReturnType<typeof reader.read> =>
        hung++ === 3 ? new Promise(() => {}) : reader.read(...given),
    },
  };
  const seen: number[] = [];
  const consumer = join({ stallAfter: '10s' }, connection);
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(5000);
  await put(stepsOf(2, 1));
  await clock.advance(3000);
  expect(seen).toEqual([]);
  await clock.advance(15_000);
  expect(seen).toEqual([0, 1]);
  await through(consumer.close());
  await running;
});

test('neither a quiet shard, nor a paused one, nor one that fails and is tried again, counts as stuck', async () => {
  await using world = await setup();
  const { clock, join, put, through } = world;
  await put(stepsOf(4, 4));
  using stalled = listen('consumer:shard-stalled');
  const consumer = join({ stallAfter: '60s', maxAttempts: 1000 });
  let failing = true;
  const running = consumer.run({
    eachRecord: ({ value }) => {
      if (value.n === 0 && failing) throw new Error('The database is away.');
    },
  });
  await clock.advance(5000);
  consumer.pause({ shardId: 'shardId-000000000001' });
  await clock.advance(3_600_000);
  consumer.resume();
  await clock.advance(1000);
  failing = false;
  await clock.advance(60_000);
  expect(stalled.messages).toEqual([]);
  await through(consumer.close());
  await running;
});
