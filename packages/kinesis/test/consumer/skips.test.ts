import { createConsumer } from '@millrace/kinesis';
import { encodeAggregate } from '@millrace/kinesis/codec';
import { isShardEnd } from '@millrace/kinesis/lease';
import { expect, test } from 'vitest';

import { hops, listen, setup, steps, stepsOf } from './setup.ts';

const first = 'shardId-000000000000';
const bytesOf = (n: number): Uint8Array => new TextEncoder().encode(JSON.stringify({ key: `k${n}`, n }));

test('a shard whose last record cannot be decoded is not ended: its children wait until it is', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, kinesis, join, put, through } = world;
  await put(stepsOf(3));
  await kinesis.connection.writer.write('steps', [{ partitionKey: 'k', data: new Uint8Array([0x7b]) }], {});
  kinesis.engine.splitShard('steps', first);
  await clock.advance(1000);
  await put(stepsOf(3, 10, 3));
  const seen: number[] = [];
  const run = {
    eachRecord: ({ value }: { readonly value: { readonly n: number } }) => void seen.push(value.n),
  };
  await expect(through(join().run(run))).rejects.toMatchObject({ code: 'HANDLER_FAILED' });
  const store = kinesis.connection.leases('readers');
  expect((await store.list()).filter(({ checkpoint }) => isShardEnd(checkpoint))).toEqual([]);
  expect(seen).toEqual([0, 1, 2]);
  const mended = join({ onFailure: 'skip' });
  const running = mended.run(run);
  await clock.advance(10_000);
  await through(mended.close());
  await running;
  expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a foreign record is dropped alone, counted and told; the others of its aggregate are handled', async () => {
  await using world = await setup({ streams: { steps: { shards: 2 } } });
  const { clock, kinesis, join, through } = world;
  using foreign = listen('consumer:foreign-record');
  const members = [
    { partitionKey: 'a', explicitHashKey: '0', data: bytesOf(0) },
    { partitionKey: 'b', explicitHashKey: '340282366920938463463374607431768211455', data: bytesOf(1) },
    { partitionKey: 'c', explicitHashKey: '1', data: bytesOf(2) },
  ];
  const { data } = encodeAggregate(members);
  await kinesis.connection.writer.write('steps', [{ partitionKey: 'a', explicitHashKey: '0', data }], {});
  const counted: [string, number][] = [];
  const meter = { add: (name: string, value: number) => void counted.push([name, value]), record: () => {} };
  const seen: number[] = [];
  const consumer = join({ meter });
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(5000);
  expect(seen).toEqual([0, 2]);
  expect(consumer.status().foreignRecords).toBe(1);
  expect(counted).toContainEqual(['millrace.consumer.foreign', 1]);
  expect(foreign.messages).toMatchObject([
    { stream: 'steps', shardId: first, record: { partitionKey: 'b', subSequenceNumber: 1 } },
  ]);
  await through(consumer.close());
  await running;
});

test('a group that changes from one stream to several, or back, is refused: its checkpoints would not be found', async () => {
  await using world = await setup({ streams: { steps: {}, hops: {} } });
  const { clock, kinesis, join, put, through } = world;
  await put(stepsOf(3));
  const handle = { eachRecord: () => {} };
  const one = join();
  const several = () =>
    createConsumer([steps, hops], kinesis.connection, { group: 'both', from: 'oldest', clock });
  const alone = () => join({ group: 'both' });
  const running = one.run(handle);
  await clock.advance(3000);
  await through(one.close());
  await running;
  const after = createConsumer([steps], kinesis.connection, { group: 'readers', from: 'now', clock });
  await expect(through(after.run(handle))).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    details: { path: 'consumer.streams', stream: 'steps', allowed: 'one stream' },
  });
  const both = several();
  const beside = both.run(handle);
  await clock.advance(3000);
  await through(both.close());
  await beside;
  await expect(through(alone().run(handle))).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    details: { allowed: 'several streams' },
  });
  // Nothing was made or changed, and the group as it was goes on.
  const again = several();
  const goesOn = again.run(handle);
  await clock.advance(3000);
  await through(again.close());
  await goesOn;
  expect(clock.pending).toBe(0);
});

test('shards that maxShards leaves to nobody are told and measured, and no more once somebody reads them', async () => {
  await using world = await setup();
  const { clock, join, through } = world;
  using unowned = listen('consumer:shards-unowned');
  const measured: number[] = [];
  const meter = {
    add: () => {},
    record: (name: string, value: number) => {
      if (name === 'millrace.consumer.unowned') measured.push(value);
    },
  };
  const limited = join({ maxShards: 3, meter, workerId: 'limited' });
  const running = limited.run({ eachRecord: () => {} });
  await clock.advance(10_000);
  expect(limited.status().shards).toHaveLength(3);
  expect(measured.at(-1)).toBe(1);
  expect(unowned.messages.at(-1)).toEqual({ stream: 'steps', shards: [expect.any(String)], maxShards: 3 });
  const other = join();
  const beside = other.run({ eachRecord: () => {} });
  await clock.advance(20_000);
  expect(measured.at(-1)).toBe(0);
  const told = unowned.messages.length;
  await clock.advance(20_000);
  expect(unowned.messages).toHaveLength(told);
  await through(Promise.all([limited.close(), other.close()]));
  await Promise.all([running, beside]);
});
