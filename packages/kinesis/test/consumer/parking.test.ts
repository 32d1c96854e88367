import { parkTheKey, type LostRecord } from '@millrace/kinesis';
import { expect, test } from 'vitest';

import { setup, type Step } from './setup.ts';

const poison = ({ key, n }: Step): boolean => key === 'bad' && n === 1;

function stepOf({ record }: LostRecord): Step {
  return JSON.parse(new TextDecoder().decode(record.data)) as Step;
}

interface Outcome {
  readonly handled: Step[];
  readonly aside: LostRecord[];
}

function recorder(): Outcome & {
  readonly onFailure: ReturnType<typeof parkTheKey>;
  readonly eachRecord: (record: { readonly value: Step }) => void;
} {
  const handled: Step[] = [];
  const aside: LostRecord[] = [];
  return {
    handled,
    aside,
    onFailure: parkTheKey(async (lost) => void aside.push(lost)),
    eachRecord: ({ value }) => {
      if (poison(value)) throw new Error('poison');
      handled.push(value);
    },
  };
}

const mixed = (from: number, to: number): Step[] =>
  Array.from({ length: to - from }, (_, index) => from + index).flatMap((n) => [
    { key: 'bad', n },
    { key: 'good', n },
    { key: 'fine', n },
  ]);

const of = (key: string, all: readonly Step[]): readonly number[] =>
  all.filter((step) => step.key === key).map(({ n }) => n);

test.each([
  ['one by one', { concurrency: 1 }],
  ['by lanes', { concurrency: 8 }],
])(
  'the records of a key that failed go aside in order, %s, each marked with the first; other keys go on',
  async (_, options) => {
    await using world = await setup({ streams: { steps: { shards: 1 } } });
    const { clock, join, put, through } = world;
    const { handled, aside, onFailure, eachRecord } = recorder();
    await put(mixed(0, 5));
    const consumer = join({ onFailure, maxAttempts: 2, ...options });
    const running = consumer.run({ eachRecord });
    await clock.advance(10_000);
    expect(of('good', handled)).toEqual([0, 1, 2, 3, 4]);
    expect(of('bad', handled)).toEqual([0]);
    expect(aside.map(stepOf)).toEqual([1, 2, 3, 4].map((n) => ({ key: 'bad', n })));
    const [first, ...others] = aside;
    expect(first?.position).toMatchObject({ attempts: 2 });
    expect(first?.position).not.toHaveProperty('parkedBehind');
    for (const { position } of others) {
      expect(position).toMatchObject({
        attempts: 0,
        parkedBehind: { sequenceNumber: first?.position?.sequenceNumber, subSequenceNumber: 0 },
      });
    }
    expect(consumer.status().shards).toMatchObject([{ parkedKeys: ['bad'] }]);
    await through(consumer.close());
    await running;
  },
);

test('with batches the handler never sees a record of a parked key, and the rest of each batch as ever', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through } = world;
  const { handled, aside, onFailure } = recorder();
  await put(mixed(0, 4));
  const consumer = join({ onFailure, maxAttempts: 2 });
  const running = consumer.run({
    eachBatch: (records) => {
      if (records.some(({ value }) => poison(value))) throw new Error('poison');
      handled.push(...records.map(({ value }) => value));
    },
  });
  await clock.advance(20_000);
  await put(mixed(4, 6));
  await clock.advance(5000);
  expect(of('good', handled)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(of('bad', handled)).toEqual([0]);
  expect(of('bad', aside.map(stepOf))).toEqual([1, 2, 3, 4, 5]);
  await through(consumer.close());
  await running;
});

test('a key stays parked through a restart, as far as the checkpoint has passed its first record', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through, kinesis } = world;
  const before = recorder();
  await put(mixed(0, 3));
  const one = join({ onFailure: before.onFailure, maxAttempts: 1 });
  const running = one.run({ eachRecord: before.eachRecord });
  await clock.advance(6000);
  await through(one.close());
  await running;
  const [lease] = await kinesis.connection.leases('readers').list();
  expect([...(lease?.parked?.keys() ?? [])]).toEqual(['bad']);

  await put(mixed(3, 5));
  const after = recorder();
  const two = join({ onFailure: after.onFailure, maxAttempts: 1 });
  const running2 = two.run({ eachRecord: after.eachRecord });
  await clock.advance(6000);
  expect(of('bad', after.handled)).toEqual([]);
  expect(of('bad', after.aside.map(stepOf))).toEqual([3, 4]);
  const [first] = before.aside;
  expect(after.aside[0]?.position?.parkedBehind?.sequenceNumber).toBe(first?.position?.sequenceNumber);
  await through(two.close());
  await running2;
});

test('a worker that dies before its checkpoint passed the record leaves no parked key: it fails again, in order', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through, kinesis } = world;
  await put(mixed(0, 3));
  const before = recorder();
  // It dies with the first checkpoint: whatever it did is done, and nothing of it is stored.
  let dead = false;
  const store = kinesis.connection.leases('readers');
  const mortal = new Proxy(store, {
    get: (target, name: keyof typeof store) => {
      dead ||= name === 'checkpoint';
      return dead ? () => new Promise(() => {}) : target[name];
    },
  });
  const connection = { ...kinesis.connection, leases: () => mortal };
  const dying = join({ onFailure: before.onFailure, maxAttempts: 1, workerId: 'dying' }, connection);
  void dying.run({ eachRecord: before.eachRecord }).catch(() => {});
  await clock.advance(10_000);
  expect(before.aside.map(stepOf)).toHaveLength(2);

  const after = recorder();
  const next = join({ onFailure: after.onFailure, maxAttempts: 1 });
  const running = next.run({ eachRecord: after.eachRecord });
  await clock.advance(40_000);
  expect(of('bad', after.handled)).toEqual([0]);
  expect(of('bad', after.aside.map(stepOf))).toEqual([1, 2]);
  expect(after.aside[0]?.position).not.toHaveProperty('parkedBehind');
  await through(next.close());
  await running;
});

test('a key parked in a shard that is split is parked in the children', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through, kinesis } = world;
  const { handled, aside, onFailure, eachRecord } = recorder();
  await put(mixed(0, 3));
  const consumer = join({ onFailure, maxAttempts: 1 });
  const running = consumer.run({ eachRecord });
  await clock.advance(5000);
  kinesis.engine.splitShard('steps', 'shardId-000000000000');
  await put(mixed(3, 6));
  await clock.advance(90_000);
  expect(consumer.status().shards.map(({ shardId }) => shardId)).not.toContain('shardId-000000000000');
  expect(of('good', handled)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(of('bad', handled)).toEqual([0]);
  expect(of('bad', aside.map(stepOf))).toEqual([1, 2, 3, 4, 5]);
  await through(consumer.close());
  await running;
});

test('a key that is unparked is handled again from the next record on, also after a restart', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through, kinesis } = world;
  const one = recorder();
  await put(mixed(0, 3));
  const consumer = join({ onFailure: one.onFailure, maxAttempts: 1 });
  const running = consumer.run({ eachRecord: one.eachRecord });
  await clock.advance(5000);
  expect(consumer.unpark('good')).toBe(0);
  expect(consumer.unpark('bad')).toBe(1);
  await put(mixed(3, 5));
  await clock.advance(5000);
  expect(of('bad', one.handled)).toEqual([0, 3, 4]);
  await through(consumer.close());
  await running;
  const [lease] = await kinesis.connection.leases('readers').list();
  expect(lease).not.toHaveProperty('parked');
});

test('a key that is unparked in the children of a split stays so through a restart, before a record of theirs is handled', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through, kinesis } = world;
  const before = recorder();
  await put([...mixed(0, 3), { key: 'worse', n: 1 }]);
  const eachRecord = (record: { readonly value: Step }): void => {
    if (record.value.key === 'worse') throw new Error('poison');
    before.eachRecord(record);
  };
  const one = join({ onFailure: before.onFailure, maxAttempts: 1 });
  const running = one.run({ eachRecord });
  await clock.advance(5000);
  kinesis.engine.splitShard('steps', 'shardId-000000000000');
  await clock.advance(70_000);
  expect(one.status().shards.map(({ parkedKeys }) => parkedKeys.toSorted())).toEqual([
    ['bad', 'worse'],
    ['bad', 'worse'],
  ]);
  const [child] = one.status().shards;
  expect(one.unpark('bad')).toBe(2);
  expect(one.unpark('worse', { shardId: child?.shardId ?? '' })).toBe(1);
  await through(one.close());
  await running;

  const after = recorder();
  const two = join({ onFailure: after.onFailure, maxAttempts: 1 });
  const running2 = two.run({ eachRecord: after.eachRecord });
  await clock.advance(5000);
  const left = new Map(two.status().shards.map(({ shardId, parkedKeys }) => [shardId, parkedKeys]));
  expect(left.get(child?.shardId ?? '')).toEqual([]);
  expect([...left.values()].flat()).toEqual(['worse']);
  await put(mixed(3, 4));
  await clock.advance(5000);
  expect(of('bad', after.handled)).toEqual([3]);
  expect(after.aside).toEqual([]);
  await through(two.close());
  await running2;
});

test('a key that failed again after it was unparked is kept with the record it failed on last', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through, kinesis } = world;
  const { aside, onFailure } = recorder();
  await put([{ key: 'bad', n: 0 }]);
  const consumer = join({ onFailure, maxAttempts: 1, leaseDuration: '1m' });
  const running = consumer.run({
    eachRecord: () => {
      throw new Error('poison');
    },
  });
  await clock.advance(30_000);
  consumer.unpark('bad');
  await put([{ key: 'bad', n: 1 }]);
  await clock.advance(1000);
  await through(consumer.close());
  await running;
  const [lease] = await kinesis.connection.leases('readers').list();
  expect(aside.map(({ position }) => position?.attempts)).toEqual([1, 1]);
  expect(lease?.parked?.get('bad')?.sequenceNumber).toBe(aside[1]?.position?.sequenceNumber);
});

test('a shard that is begun anew parks no key before the record it failed on', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { clock, join, put, through } = world;
  const { handled, aside, onFailure, eachRecord } = recorder();
  await put([{ key: 'hangs', n: 0 }, ...mixed(0, 3)]);
  let hangs = true;
  const consumer = join({ onFailure, maxAttempts: 1, concurrency: 8, stallAfter: '60s' });
  const running = consumer.run({
    eachRecord: (record) => {
      if (record.value.key === 'hangs' && hangs) return new Promise(() => {});
      eachRecord(record);
      return undefined;
    },
  });
  await clock.advance(50_000);
  expect(of('bad', aside.map(stepOf))).toEqual([1, 2]);
  hangs = false;
  await clock.advance(30_000);
  expect(of('hangs', handled)).toEqual([0]);
  expect(of('bad', handled)).toEqual([0, 0]);
  expect(of('bad', aside.map(stepOf))).toEqual([1, 2, 1, 2]);
  await through(consumer.close());
  await running;
});

test('with as many keys parked as may be, the next failure stops the consumer, which loses nothing', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } } });
  const { join, put, through } = world;
  const aside: LostRecord[] = [];
  const onFailure = parkTheKey(async (lost) => void aside.push(lost), { maxKeys: 2 });
  await put([1, 2, 3].map((n) => ({ key: `bad-${n}`, n })));
  const consumer = join({ onFailure, maxAttempts: 1 });
  const running = consumer.run({
    eachRecord: () => {
      throw new Error('everything fails');
    },
  });
  await expect(through(running)).rejects.toMatchObject({
    code: 'HANDLER_FAILED',
    details: { partitionKey: 'bad-3' },
  });
  expect(aside.map(stepOf).map(({ n }) => n)).toEqual([1, 2]);
});
