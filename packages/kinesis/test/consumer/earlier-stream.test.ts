import { expect, test } from 'vitest';

import { listen, setup, stepsOf, type Setup } from './setup.ts';

async function seenIn(world: Setup, ms = 10_000): Promise<readonly number[]> {
  const seen: number[] = [];
  const consumer = world.join();
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  running.catch(() => {});
  await world.clock.advance(ms);
  await world.through(consumer.close());
  await running;
  return seen;
}

/** Deletes the stream and makes another of its name. */
async function makeAnew({ kinesis, clock }: Setup, shards: number): Promise<void> {
  kinesis.engine.deleteStream('steps');
  await clock.advance(5000);
  kinesis.engine.createStream('steps', { shards });
  await clock.advance(5000);
}

test.each([
  ['has handled some of the only shard', 1, false],
  ['has read a shard to its end', 1, true],
  ['has read a shard to its end, with as many shards as it had', 3, true],
])(
  'a group that %s of an earlier stream of the name says so and ends: a new shard is not passed over for an old lease',
  async (_, shards, splits) => {
    await using world = await setup({ streams: { steps: { shards: 1 } } });
    const { kinesis, clock, put } = world;
    await put(stepsOf(5));
    const reading = world.join();
    const running = reading.run({ eachRecord: () => {} });
    await clock.advance(5000);
    if (splits) kinesis.engine.splitShard('steps', 'shardId-000000000000');
    await clock.advance(10_000);
    await world.through(reading.close());
    await running;
    await makeAnew(world, shards);
    await put(stepsOf(7));
    await expect(seenIn(world, 90_000)).rejects.toMatchObject({
      code: 'STREAM_NOT_FOUND',
      message: expect.stringContaining('an earlier stream named steps'),
      advice: expect.stringContaining('delete its leases'),
      details: { stream: 'steps' },
    });
    const store = kinesis.connection.leases('readers');
    for (const { leaseKey } of await store.list()) await store.delete(leaseKey);
    expect((await seenIn(world)).length).toBe(7);
  },
);

test('a listing of shards that is behind a reshard costs no lease and repeats nothing', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { kinesis, clock, put, join } = world;
  const { reader } = kinesis.connection;
  let old: Awaited<ReturnType<typeof reader.listShards>> | undefined;
  const connection = {
    ...kinesis.connection,
    reader: { ...reader, listShards: async (stream: string) => old ?? reader.listShards(stream) },
  };
  using trimmed = listen('consumer:shard-trimmed');
  const seen: number[] = [];
  const begin = (): { readonly end: () => Promise<void> } => {
    const consumer = join({}, connection);
    const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
    return {
      end: async () => {
        await world.through(consumer.close());
        await running;
      },
    };
  };
  await put(stepsOf(5));
  const first = begin();
  await clock.advance(5000);
  old = await reader.listShards('steps');
  kinesis.engine.splitShard('steps', 'shardId-000000000000');
  await clock.advance(2000);
  await put(stepsOf(20, 20, 5));
  // The children are read and past their first record before any listing names them.
  await clock.advance(10_000);
  await first.end();
  const second = begin();
  await clock.advance(10_000);
  old = undefined;
  await clock.advance(60_000);
  await put(stepsOf(20, 20, 25));
  // Shards that had nothing for long are asked every two seconds.
  await clock.advance(2000);
  await second.end();
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 45 }, (_, n) => n));
  expect(trimmed.messages).toEqual([]);
});

test('a listing from before two reshards costs no lease, though it knows none of its parents', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { kinesis, clock, put, join } = world;
  const { reader } = kinesis.connection;
  const before = await reader.listShards('steps');
  let late = false;
  const connection = {
    ...kinesis.connection,
    reader: { ...reader, listShards: async (stream: string) => (late ? before : reader.listShards(stream)) },
  };
  using trimmed = listen('consumer:shard-trimmed');
  const seen: number[] = [];
  const consumer = join({}, connection);
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await put(stepsOf(5));
  kinesis.engine.splitShard('steps', 'shardId-000000000000');
  await clock.advance(5000);
  await put(stepsOf(20, 20, 5));
  kinesis.engine.mergeShards('steps', 'shardId-000000000001', 'shardId-000000000002');
  await clock.advance(5000);
  await put(stepsOf(20, 20, 25));
  // The parents' leases are of no more use, and go.
  await clock.advance(300_000);
  const kept = (await kinesis.connection.leases('readers').list()).map(({ shardId }) => shardId);
  expect(kept).toEqual(['shardId-000000000003']);
  late = true;
  await clock.advance(90_000);
  late = false;
  await put(stepsOf(20, 20, 45));
  await clock.advance(90_000);
  await world.through(consumer.close());
  await running;
  expect(trimmed.messages).toEqual([]);
  // So old a listing names shards nobody knows any more, which are read once more.
  expect([...new Set(seen)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 65 }, (_, n) => n));
});
