import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { createConsumer, createProducer } from '@millrace/kinesis';
import { expect, expectTypeOf, test } from 'vitest';

import { hops, setup, steps, stepsOf } from './setup.ts';

const numbers = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

test('batches hands over what arrived together; the batch in hand at a break comes again', async () => {
  await using world = await setup();
  const { clock, join, put, through } = world;
  await put(stepsOf(40));
  const seen: number[] = [];
  const held: number[] = [];
  const loop = async (): Promise<void> => {
    for await (const records of join().batches()) {
      if (seen.length >= 15) {
        held.push(...records.map(({ value }) => value.n));
        break;
      }
      seen.push(...records.map(({ value }) => value.n));
    }
  };
  await through(loop());
  const rest: number[] = [];
  const next = join();
  const running = next.run({ eachRecord: ({ value }) => rest.push(value.n) });
  await clock.advance(5000);
  await through(next.close());
  await running;
  expect(numbers([...seen, ...rest])).toEqual(upTo(40));
  expect(rest).toEqual(expect.arrayContaining(held));
});

test('a Node stream brings every record at the pace of what it is piped to, and closes the consumer when destroyed', async () => {
  await using world = await setup();
  const { clock, join, put, through } = world;
  await put(stepsOf(30));
  const consumer = join();
  const readable = consumer.readable();
  const seen: number[] = [];
  const slow = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write: ({ value }: { value: { n: number } }, _, done) => {
      seen.push(value.n);
      clock.timer(50, done);
    },
  });
  const piping = pipeline(readable, slow).catch(() => {});
  await clock.advance(1000);
  // Twenty writes a second, one waiting, one read: nothing runs ahead.
  expect(seen.length).toBeLessThan(22);
  await clock.advance(5000);
  expect(numbers(seen)).toEqual(upTo(30));
  readable.destroy();
  await through(piping);
  await clock.settle();
  expect(clock.pending).toBe(0);
  await expect(consumer.run({ eachRecord: () => {} })).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a web stream brings every record, reads nothing ahead, and closes the consumer when cancelled', async () => {
  await using world = await setup();
  const { clock, join, put, through } = world;
  await put(stepsOf(5));
  const reader = join().readableStream().getReader();
  const seen: number[] = [];
  for (let count = 0; count < 5; count++) {
    const { value } = await through(reader.read(), 2000);
    if (value !== undefined) seen.push(value.value.n);
  }
  expect(numbers(seen)).toEqual(upTo(5));
  await through(reader.cancel());
  expect(clock.pending).toBe(0);
});

test('a paused shard hands over nothing and keeps its lease; the others go on; resumed it misses nothing', async () => {
  await using world = await setup();
  const { clock, join, put, through } = world;
  const seen: { readonly n: number; readonly shardId: string }[] = [];
  const consumer = join();
  const running = consumer.run({
    eachRecord: ({ value, shardId }) => void seen.push({ n: value.n, shardId }),
  });
  await clock.advance(3000);
  const [first] = consumer.status().shards;
  const shardId = first?.shardId ?? '';
  consumer.pause({ shardId });
  await put(stepsOf(80, 40));
  await clock.advance(400_000);
  expect(seen.filter((one) => one.shardId === shardId)).toEqual([]);
  expect(seen.length).toBeGreaterThan(20);
  expect(consumer.status().shards).toHaveLength(4);
  expect(consumer.status().shards.find((shard) => shard.shardId === shardId)?.state).toBe('paused');
  consumer.resume();
  await clock.advance(3000);
  expect(numbers(seen.map(({ n }) => n))).toEqual(upTo(80));
  await through(consumer.close());
  await running;
});

test('a consumer paused as a whole still closes', async () => {
  await using world = await setup();
  const { clock, join, put, through } = world;
  await put(stepsOf(10));
  const consumer = join();
  let seen = 0;
  const running = consumer.run({ eachRecord: () => void seen++ });
  consumer.pause();
  await clock.advance(5000);
  expect(seen).toBe(0);
  await through(consumer.close({ drain: '1s' }), 2000);
  await running;
  expect(clock.pending).toBe(0);
});

test('several streams are read by one group, each record typed and named, with the leases the KCL writes for several', async () => {
  await using world = await setup();
  const { clock, kinesis, put, through } = world;
  await put(stepsOf(20));
  const producer = createProducer(hops, kinesis.connection, { clock });
  for (let hop = 0; hop < 7; hop++) void producer.put({ hop });
  await through(producer.close(), 1000);
  const consumer = createConsumer([steps, hops], kinesis.connection, {
    group: 'both',
    from: 'oldest',
    clock,
  });
  const seen: Record<string, number[]> = { steps: [], hops: [] };
  const running = consumer.run({
    eachRecord: ({ stream, value }) => {
      expectTypeOf(value).toEqualTypeOf<
        { readonly key: string; readonly n: number } | { readonly hop: number }
      >();
      seen[stream]?.push('hop' in value ? value.hop : value.n);
    },
  });
  await clock.advance(5000);
  expect(numbers(seen['steps'] ?? [])).toEqual(upTo(20));
  expect(numbers(seen['hops'] ?? [])).toEqual(upTo(7));
  const leases = await kinesis.connection.leases('both').list();
  const created = Math.floor(Date.UTC(2026, 0, 1) / 1000);
  expect(leases.map(({ leaseKey }) => leaseKey).toSorted()).toEqual([
    `000000000000:hops:${created}:shardId-000000000000`,
    ...[0, 1, 2, 3].map((index) => `000000000000:steps:${created}:shardId-00000000000${index}`),
  ]);
  expect(leases.every(({ streamIdentifier }) => streamIdentifier?.endsWith(String(created)))).toBe(true);
  await through(consumer.close());
  await running;
});

test('several streams with shards of the same names split apart from each other', async () => {
  await using world = await setup({ streams: { steps: {}, hops: {} } });
  const { clock, kinesis, put, through } = world;
  const consumer = createConsumer([steps, hops], kinesis.connection, {
    group: 'both',
    from: 'oldest',
    clock,
  });
  const seen: number[] = [];
  const running = consumer.run({
    eachRecord: ({ value }) => void ('n' in value && seen.push(value.n)),
  });
  await clock.advance(3000);
  kinesis.engine.splitShard('steps', 'shardId-000000000000');
  await put(stepsOf(30));
  await clock.advance(70_000);
  expect(numbers(seen)).toEqual(upTo(30));
  const held = consumer.status().shards.map(({ stream, shardId }) => `${stream}/${shardId.slice(-1)}`);
  expect(held.toSorted()).toEqual(['hops/0', 'steps/1', 'steps/2']);
  await through(consumer.close());
  await running;
});

test.each(['fan-out', 'auto'] as const)(
  'by %s a consumer reads everything, through a reshard, within a second of its being put',
  async (retrieval) => {
    await using world = await setup({ registerConsumerTime: 2000, enforceLimits: true });
    const { clock, join, put, through, kinesis } = world;
    await put(stepsOf(50));
    const seen: number[] = [];
    const consumer = join({ retrieval, fanOut: { deregister: true } });
    const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
    await clock.advance(8000);
    expect(numbers(seen)).toEqual(upTo(50));
    expect(consumer.status().shards.every((shard) => shard.retrieval === 'fan-out')).toBe(true);
    const producer = createProducer(steps, kinesis.connection, { clock, linger: 0 });
    void producer.put({ key: 'k', n: 50 });
    await clock.advance(20);
    expect(seen).toContain(50);
    await through(producer.close(), 1000);
    kinesis.engine.updateShardCount('steps', 8);
    await put(stepsOf(50, 10, 51));
    await clock.advance(60_000);
    expect(numbers(seen)).toEqual(upTo(101));
    expect(consumer.status().shards).toHaveLength(8);
    await through(consumer.close());
    await running;
    expect(kinesis.engine.stream('steps').consumers.size).toBe(0);
  },
);

test('the last worker of a group deregisters its stream consumer, though a shard was ended by one that died', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, through, kinesis } = world;
  const consumer = join({ retrieval: 'fan-out', fanOut: { deregister: true } });
  const running = consumer.run({ eachRecord: () => {} });
  await clock.advance(5000);
  kinesis.engine.splitShard('steps', 'shardId-000000000000');
  await clock.advance(10_000);
  // The lease of a shard that was read to its end keeps the name of who did it.
  const store = kinesis.connection.leases('readers');
  const ended = await store.get('shardId-000000000000');
  expect(ended?.checkpoint.sequenceNumber).toBe('SHARD_END');
  if (ended !== undefined) await store.take(ended, 'dead');
  expect(kinesis.engine.stream('steps').consumers.size).toBe(1);
  await through(consumer.close());
  await running;
  expect(kinesis.engine.stream('steps').consumers.size).toBe(0);
});

test('a consumer that is closed before its stream consumer is ACTIVE deregisters it, and does not register it again', async () => {
  await using world = await setup({ registerConsumerTime: '1m' });
  const { clock, join, through, kinesis } = world;
  const consumer = join({ retrieval: 'fan-out', fanOut: { deregister: true } });
  const running = consumer.run({ eachRecord: () => {} });
  await clock.advance(5000);
  expect(kinesis.engine.stream('steps').consumers.size).toBe(1);
  await through(consumer.close());
  await running;
  await clock.advance(120_000);
  expect(kinesis.engine.stream('steps').consumers.size).toBe(0);
});

test('fan-out without fan-out is refused at once, and auto polls', async () => {
  await using world = await setup();
  const { clock, join, put, through, kinesis } = world;
  const { fanOut: _none, ...bare } = kinesis.connection;
  expect(() => join({ retrieval: 'fan-out' }, bare)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  );
  await put(stepsOf(3));
  const seen: number[] = [];
  const consumer = join({ retrieval: 'auto' }, bare);
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(3000);
  expect(numbers(seen)).toEqual(upTo(3));
  await through(consumer.close());
  await running;
});

test.each(['polling', 'fan-out'] as const)(
  'by %s the lag in milliseconds and in records falls to nothing as the shard is caught up with',
  async (retrieval) => {
    await using world = await setup({ streams: { steps: { shards: 1 } } });
    const { clock, join, put, through } = world;
    for (let minute = 0; minute < 10; minute++) {
      await put(stepsOf(6, 6, minute * 6));
      await clock.advance(59_000);
    }
    const consumer = join({ retrieval, batchSize: 10 });
    let handled = 0;
    const lags: {
      readonly ms: number | undefined;
      readonly left: number;
      readonly records: number | undefined;
    }[] = [];
    const running = consumer.run({
      eachRecord: async () => {
        await new Promise<void>((resolve) => void clock.timer(500, resolve));
        handled++;
        const [shard] = consumer.status().shards;
        lags.push({ ms: shard?.millisBehindLatest, left: 61 - handled, records: shard?.recordsBehind });
      },
    });
    await clock.advance(60_000);
    expect(handled).toBe(60);
    const [first] = lags;
    expect(first?.ms).toBeGreaterThan(8 * 60_000);
    const times = lags.map(({ ms = Number.NaN }) => ms);
    expect(times.every((ms, index) => index === 0 || ms <= (times[index - 1] ?? 0) + 61_000)).toBe(true);
    // Estimated while more lies behind the batch, exact when nothing does; the record in hand counts until it is done.
    for (const { left, records } of lags.slice(20)) expect(Math.abs((records ?? 99) - left)).toBeLessThan(20);
    expect(lags.slice(-10).map(({ records }) => records)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    await clock.advance(10_000);
    expect(consumer.status().shards).toMatchObject([{ millisBehindLatest: 0, recordsBehind: 0 }]);
    await through(consumer.close());
    await running;
  },
);
