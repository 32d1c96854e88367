import { expect, test } from 'vitest';

import { listen, setup, stepsOf, type Setup } from './setup.ts';

const day = 24 * 3_600_000;

/** Works until it has had what there is, and answers what it was given. */
async function readAll({ clock, join, through }: Setup): Promise<readonly number[]> {
  const seen: number[] = [];
  const consumer = join();
  const running = consumer.run({ eachRecord: ({ value }) => void seen.push(value.n) });
  await clock.advance(5000);
  await through(consumer.close());
  await running;
  return seen;
}

test('a group that was away for longer than records are kept goes on with the oldest there is, and says where it lost some', async () => {
  await using world = await setup({ streams: { steps: {}, hops: {} } });
  const { clock, put } = world;
  using told = listen('consumer:records-trimmed');
  await put(stepsOf(10));
  expect(await readAll(world)).toHaveLength(10);
  await put(stepsOf(5, 10, 10));
  await clock.advance(day + 60_000);
  await put(stepsOf(5, 10, 15));
  expect(await readAll(world)).toEqual([15, 16, 17, 18, 19]);
  expect(told.messages).toEqual([
    {
      stream: 'steps',
      shardId: 'shardId-000000000000',
      checkpoint: expect.objectContaining({ subSequenceNumber: 0 }),
    },
  ]);
});

test('a group that comes back in time is told nothing, and misses nothing', async () => {
  await using world = await setup({ streams: { steps: {}, hops: {} } });
  const { clock, put } = world;
  using told = listen('consumer:records-trimmed');
  await put(stepsOf(10));
  await readAll(world);
  await put(stepsOf(5, 10, 10));
  await clock.advance(day - 3_600_000);
  await put(stepsOf(5, 10, 15));
  expect(await readAll(world)).toHaveLength(10);
  expect(told.messages).toEqual([]);
});

test('a shard that was split and is past its retention is given up by name, and its children are read', async () => {
  await using world = await setup({ streams: { steps: {}, hops: {} } });
  const { clock, kinesis, put } = world;
  using told = listen('consumer:shard-trimmed');
  await put(stepsOf(10));
  await readAll(world);
  await put(stepsOf(5, 10, 10));
  kinesis.engine.splitShard('steps', 'shardId-000000000000');
  await clock.advance(day + 60_000);
  await put(stepsOf(5, 10, 15));
  expect((await readAll(world)).toSorted((a, b) => a - b)).toEqual([15, 16, 17, 18, 19]);
  expect(told.messages).toEqual([
    expect.objectContaining({ stream: 'steps', shardId: 'shardId-000000000000' }),
  ]);
});

test('a shard past its retention that a late listing still has ends no worker: once it is gone from there its children are read', async () => {
  await using world = await setup({ streams: { steps: {}, hops: {} } });
  const { clock, kinesis, put, join, through } = world;
  const { reader } = kinesis.connection;
  using told = listen('consumer:shard-trimmed');
  await put(stepsOf(10));
  await readAll(world);
  await put(stepsOf(5, 10, 10));
  kinesis.engine.splitShard('steps', 'shardId-000000000000');
  let late: Awaited<ReturnType<typeof reader.listShards>> | undefined = await reader.listShards('steps');
  await clock.advance(day + 60_000);
  await put(stepsOf(5, 10, 15));
  const seen: number[] = [];
  const listShards: typeof reader.listShards = async (...asked) => late ?? reader.listShards(...asked);
  const consumer = join({}, { ...kinesis.connection, reader: { ...reader, listShards } });
  const running = consumer.run({ eachRecord: ({ value }) => void seen.push(value.n) });
  running.catch(() => {});
  await clock.advance(10_000);
  expect(told.messages).toEqual([]);
  late = undefined;
  await clock.advance(60_000);
  await through(consumer.close());
  await running;
  expect(seen.toSorted((a, b) => a - b)).toEqual([15, 16, 17, 18, 19]);
  expect(told.messages).toHaveLength(1);
});
