import { MillraceError } from '@millrace/kinesis';
import type { Lease } from '@millrace/kinesis/lease';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import type { Clock } from '@millrace/kinesis/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { setup, stepsOf, type Setup } from './setup.ts';

let world: Setup;

beforeEach(async () => {
  world = await setup();
});
afterEach(() => world[Symbol.asyncDispose]());

/** The clock of a worker that is so far ahead of the service's; behind when negative. */
function skewed(ahead: number): Clock {
  return { ...world.clock, now: () => world.clock.now() + ahead };
}

/** What a worker hands over within so long, before it is closed without waiting for what it is at. */
async function seenBy(options: Parameters<Setup['join']>[0], ms = 5000): Promise<readonly number[]> {
  const seen: number[] = [];
  const consumer = world.join({ from: 'now', ...options });
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await world.clock.advance(ms);
  await world.through(consumer.close());
  await running;
  return seen.toSorted((a, b) => a - b);
}

/** Begins and handles nothing: its process might as well have died before its first checkpoint. */
async function beginOnly(options: Parameters<Setup['join']>[0] = {}, ms = 3000): Promise<void> {
  const consumer = world.join({ from: 'now', leaseDuration: '1s', ...options });
  const running = consumer.run({ eachRecord: () => new Promise(() => {}) });
  await world.clock.advance(ms);
  await world.through(consumer.close({ drain: 0 }));
  await running;
}

const hour = 3_600_000;

test.each([-hour, -700, 0, 700, hour])(
  'a group that starts now, %i ms ahead of the service’s clock, loses nothing to a restart before its first checkpoint, and gets nothing older',
  async (ahead) => {
    await world.put(stepsOf(5));
    await world.clock.advance(10);
    await beginOnly({ clock: skewed(ahead) });
    await world.put(stepsOf(5, 10, 5));
    expect(await seenBy({ clock: skewed(-ahead) })).toEqual([5, 6, 7, 8, 9]);
  },
);

test('what is put as soon as the first lease stands is the group’s, however late its worker comes to read it', async () => {
  const { kinesis, clock, put } = world;
  await put(stepsOf(3));
  await clock.advance(10);
  const store = createMemoryLeaseStore();
  // Its first lease stands, and then the process is gone.
  const cut = {
    ...store,
    async create(lease: Lease): Promise<boolean> {
      await store.create(lease);
      return new Promise(() => {});
    },
  };
  const connection = { ...kinesis.connection, leases: () => cut };
  const dying = world.join({ from: 'now', workerId: 'dying' }, connection);
  void dying.run({ eachRecord: () => {} });
  await clock.advance(100);
  expect((await store.list()).length).toBe(1);
  await put(stepsOf(20, 20, 3));
  await clock.advance(60_000);
  const heir = world.join({ from: 'now' }, { ...kinesis.connection, leases: () => store });
  const seen: number[] = [];
  const running = heir.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(5000);
  await world.through(heir.close());
  await running;
  expect(seen.toSorted((a, b) => a - b)).toEqual(stepsOf(20, 20, 3).map(({ n }) => n));
});

test('a worker takes no lease before every shard has one: a checkpoint forgets when the group began', async () => {
  const { kinesis, clock, put } = world;
  const { connection } = kinesis;
  const [shard] = await connection.reader.listShards('steps');
  const store = createMemoryLeaseStore();
  const throttled = new MillraceError('THROTTLED', 'Slow.', { advice: 'Wait.', retryable: true });
  let lists = 0;
  // Another worker makes one lease while this one looks, and dies; and then the shards are not told for a while.
  const reader = {
    ...connection.reader,
    async listShards(stream: string) {
      if (++lists > 1 && clock.monotonic() < 30_000) throw throttled;
      return connection.reader.listShards(stream);
    },
  };
  const between = {
    ...store,
    async list() {
      const seen = await store.list();
      if (seen.length === 0 && lists === 1 && shard !== undefined) {
        const { shardId, hashRange } = shard;
        const checkpoint = { sequenceNumber: 'LATEST', subSequenceNumber: 0 } as const;
        const none = { parentShardIds: [], childShardIds: [], ownerSwitchesSinceCheckpoint: 0, counter: 0 };
        await store.create({
          leaseKey: shardId,
          shardId,
          hashRange,
          checkpoint,
          startAt: clock.now(),
          ...none,
        });
        return store.list();
      }
      return seen;
    },
  };
  const seen: number[] = [];
  const consumer = world.join({ from: 'now' }, { ...connection, reader, leases: () => between });
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(500);
  expect((await store.list()).length).toBe(1);
  await put(stepsOf(40, 40));
  await clock.advance(120_000);
  expect(seen.toSorted((a, b) => a - b)).toEqual(stepsOf(40).map(({ n }) => n));
  await world.through(consumer.close());
  await running;
});

test('where a Java worker began at its newest record and handled nothing, it is begun once: the time is in the lease before the first read', async () => {
  const { kinesis, clock, put } = world;
  const store = kinesis.connection.leases('readers');
  for (const { shardId, hashRange } of await kinesis.connection.reader.listShards('steps')) {
    await store.create({
      leaseKey: shardId,
      shardId,
      hashRange,
      counter: 7,
      ownerSwitchesSinceCheckpoint: 0,
      checkpoint: { sequenceNumber: 'LATEST', subSequenceNumber: 0 },
      parentShardIds: [],
      childShardIds: [],
    });
  }
  await put(stepsOf(5));
  await clock.advance(10);
  const at = clock.now();
  await beginOnly({ clock: skewed(hour) });
  // The word stays for the Java worker that may come back: to it an AT_TIMESTAMP has the time of its configuration, or none.
  for (const { checkpoint, startAt } of await store.list()) {
    expect(checkpoint.sequenceNumber).toBe('LATEST');
    expect(startAt).toBeGreaterThanOrEqual(at);
    expect(startAt).toBeLessThan(at + 3000);
  }
  await put(stepsOf(5, 10, 5));
  expect(await seenBy({})).toEqual([5, 6, 7, 8, 9]);
});

test('a worker whose clock is ahead of the service’s begins now all the same', async () => {
  const seen: number[] = [];
  const consumer = world.join({ from: 'now', clock: skewed(60_000) });
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await world.clock.advance(3000);
  await world.put(stepsOf(20));
  await world.clock.advance(3000);
  expect(seen.toSorted((a, b) => a - b)).toEqual(stepsOf(20).map(({ n }) => n));
  await world.through(consumer.close());
  await running;
});
