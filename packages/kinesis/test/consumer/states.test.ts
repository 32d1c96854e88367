import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { parkTheKey, type Consumer } from '@millrace/kinesis';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { listen, setup, stepsOf, type Setup, type Step } from './setup.ts';

const first = 'shardId-000000000000';

/** What a message says the shard it names is doing from then on. */
const says: Readonly<Record<string, string>> = {
  'shard-started': 'working',
  'shard-paused': 'paused',
  'shard-resumed': 'working',
  'shard-stalled': 'stalled',
  'shard-recovered': 'working',
  'shard-draining': 'draining',
  'shard-stopped': 'gone',
};

/** The states of all shards, by nothing but what is told. */
const states = new Map<string, string>();
const listeners = Object.entries(says).map(([name, state]) => {
  const hear = (message: unknown): void => {
    const { shardId } = message as { readonly shardId: string };
    // A shard that stood still is begun anew, and counts as stalled until it has moved.
    if (name === 'shard-started' && states.get(shardId) === 'stalled') return;
    if (state === 'gone') states.delete(shardId);
    else states.set(shardId, state);
  };
  return { channel: `millrace:consumer:${name}`, hear };
});

let world: Setup;

beforeEach(async () => {
  world = await setup({ streams: { steps: { shards: 2 } } });
  states.clear();
  for (const { channel, hear } of listeners) subscribe(channel, hear);
});
afterEach(async () => {
  for (const { channel, hear } of listeners) unsubscribe(channel, hear);
  await world[Symbol.asyncDispose]();
});

/** Lets time pass and sees that what was told is what is so. */
async function watch(consumer: Consumer<Step>, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await world.clock.advance(100);
    const held = consumer.status().shards.map(({ shardId, state }) => [shardId, state]);
    expect(Object.fromEntries(states)).toEqual(Object.fromEntries(held));
  }
}

test('every state a shard goes through is told: who listens knows what status() says', async () => {
  const { clock, join, put, kinesis } = world;
  await put(stepsOf(20));
  let hangs = false;
  const consumer = join({ stallAfter: '10s', leaseDuration: '3s' });
  const running = consumer.run({
    eachRecord: () => (hangs ? new Promise<void>(() => {}) : undefined),
  });
  await clock.advance(1000);
  await watch(consumer, 2000);
  consumer.pause({ shardId: first });
  await watch(consumer, 2000);
  expect(states.get(first)).toBe('paused');
  consumer.resume();
  await watch(consumer, 1000);
  hangs = true;
  await put(stepsOf(20));
  await watch(consumer, 14_000);
  expect(states.get(first)).toBe('stalled');
  hangs = false;
  // The run that hangs is given up; its shard is taken again, or was begun anew in time.
  await watch(consumer, 30_000);
  expect([...states.values()]).toEqual(['working', 'working']);
  kinesis.engine.splitShard('steps', first);
  await watch(consumer, 70_000);
  expect(states.size).toBe(3);
  const closing = consumer.close();
  await watch(consumer, 5000);
  await closing;
  await running;
  expect(states.size).toBe(0);
});

test('a shard that moves again after it was begun anew is said to have recovered, and a closing one to drain', async () => {
  const { clock, join, put } = world;
  using stalled = listen('consumer:shard-stalled');
  using recovered = listen('consumer:shard-recovered');
  await put(stepsOf(1));
  let calls = 0;
  let finish: (() => void) | undefined;
  const consumer = join({ stallAfter: '10s', leaseDuration: '3s' });
  const running = consumer.run({
    eachRecord: () => (calls++ === 0 ? new Promise<void>(() => {}) : undefined),
  });
  await clock.advance(500);
  await watch(consumer, 20_000);
  expect(stalled.messages).toMatchObject([{ action: 'restart' }]);
  expect(recovered.messages).toEqual([{ stream: 'steps', shardId: expect.any(String) }]);
  await world.through(consumer.close());
  await running;

  const slow = join();
  const again = slow.run({
    eachRecord: () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  });
  await clock.advance(1000);
  await put(stepsOf(1));
  await watch(slow, 2000);
  const closed = slow.close();
  await watch(slow, 2000);
  expect([...states.values()]).toEqual(['draining']);
  finish?.();
  await watch(slow, 2000);
  await closed;
  await again;
});

test('every step of a lease and of the consumer is told: created, taken, released, deleted; started, closing, ended', async () => {
  const { clock, join, put, kinesis } = world;
  const told: string[] = [];
  const names = ['lease-created', 'lease-taken', 'lease-released', 'lease-lost', 'lease-deleted'];
  const hearing = [...names, 'started', 'closing', 'ended'].map((name) => {
    const hear = (message: unknown): void => {
      const { lease, leaseKey } = message as { readonly lease?: { leaseKey: string }; leaseKey?: string };
      told.push(`${name} ${(lease?.leaseKey ?? leaseKey ?? '').slice(-1)}`.trim());
    };
    subscribe(`millrace:consumer:${name}`, hear);
    return () => unsubscribe(`millrace:consumer:${name}`, hear);
  });
  kinesis.engine.splitShard('steps', first);
  await clock.advance(1000);
  const consumer = join();
  const running = consumer.run({ eachRecord: () => {} });
  await put(stepsOf(20));
  await clock.advance(130_000);
  await world.through(Promise.all([consumer.close(), consumer.close()]));
  await running;
  for (const end of hearing) end();
  const of = (name: string): readonly string[] => told.filter((one) => one.startsWith(name)).toSorted();
  expect(told[0]).toBe('started');
  expect(of('lease-created')).toEqual([
    'lease-created 0',
    'lease-created 1',
    'lease-created 2',
    'lease-created 3',
  ]);
  expect(of('lease-taken').length).toBe(4);
  expect(of('lease-deleted')).toEqual(['lease-deleted 0']);
  expect(of('lease-released')).toEqual(['lease-released 1', 'lease-released 2', 'lease-released 3']);
  expect(of('lease-lost')).toEqual([]);
  expect(of('closing')).toEqual(['closing']);
  expect(told.at(-1)).toBe('ended');
});

test('a consumer that fails says with its end what it failed of', async () => {
  const { join, put, clock } = world;
  using ended = listen('consumer:ended');
  await put(stepsOf(1));
  const consumer = join({ maxAttempts: 1, workerId: 'w' });
  const running = consumer.run({
    eachRecord: () => {
      throw new Error('No.');
    },
  });
  await expect(world.through(running)).rejects.toMatchObject({ code: 'HANDLER_FAILED' });
  expect(ended.messages).toMatchObject([
    { group: 'readers', workerId: 'w', streams: ['steps'], error: { code: 'HANDLER_FAILED' } },
  ]);
  expect(clock.pending).toBe(0);
});

test('a key that is unparked is told', async () => {
  const { clock, join, put } = world;
  using unparked = listen('consumer:key-unparked');
  await put(stepsOf(1));
  const consumer = join({ maxAttempts: 1, onFailure: parkTheKey(async () => {}) });
  const running = consumer.run({ eachRecord: () => Promise.reject(new Error('No.')) });
  await clock.advance(3000);
  expect(consumer.unpark('k0')).toBe(1);
  expect(consumer.unpark('k0')).toBe(0);
  expect(unparked.messages).toEqual([{ stream: 'steps', shardId: expect.any(String), partitionKey: 'k0' }]);
  await world.through(consumer.close());
  await running;
});
