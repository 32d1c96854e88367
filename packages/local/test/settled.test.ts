import { createConsumer, createProducer, defineStream } from '@millrace/kinesis';
import { Bell } from '@millrace/kinesis/runtime';
import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test, vi } from 'vitest';

import type { KinesisEvent } from '../src/event-source/event.ts';
import { createLocalKinesis, type LocalKinesis } from '../src/index.ts';
import { dataOf } from './event-source/kit.ts';

const numbers = defineStream<number>({ name: 'numbers', key: (value) => `key-${value % 7}` });
const all = Array.from({ length: 40 }, (_, value) => value);

describe('a stream is settled for a group', () => {
  test.each([
    ['records by themselves', undefined],
    ['aggregates', 'key'],
  ] as const)('when all that was put is handled: %s', async (_what, aggregation) => {
    const clock = createManualClock();
    await using kinesis = await createLocalKinesis({ clock, streams: { numbers: { shards: 2 } } });
    await using producer = createProducer(numbers, kinesis.connection, {
      clock,
      ...(aggregation === undefined ? {} : { aggregation }),
    });
    const consumer = createConsumer(numbers, kinesis.connection, { clock, group: 'sum', from: 'oldest' });
    const handled: number[] = [];
    const user = new AbortController();
    const running = consumer.run({
      signal: user.signal,
      eachRecord: async ({ value }) => {
        handled.push(value);
      },
    });
    const puts = Promise.all(all.map((value) => producer.put(value)));
    await until(clock, puts);
    // A reshard in between: the parents' records count, too.
    kinesis.engine.splitShard('numbers', 'shardId-000000000000');
    await until(clock, Promise.all(all.map((value) => producer.put(value + 100))));
    await until(clock, kinesis.settled({ stream: 'numbers', group: 'sum' }));
    expect(handled.toSorted((a, b) => a - b)).toEqual([...all, ...all.map((value) => value + 100)]);
    user.abort();
    await until(clock, running);
  });

  test('not while one record waits for its handler', async () => {
    const clock = createManualClock();
    await using kinesis = await createLocalKinesis({ clock, streams: { numbers: {} } });
    await using producer = createProducer(numbers, kinesis.connection, { clock });
    const consumer = createConsumer(numbers, kinesis.connection, { clock, group: 'sum', from: 'oldest' });
    const held = new Bell();
    const user = new AbortController();
    const running = consumer.run({
      signal: user.signal,
      eachRecord: ({ value }) => (value === 2 ? held.wait() : undefined),
    });
    await until(clock, Promise.all([1, 2].map((value) => producer.put(value))));
    const told = vi.fn<() => void>();
    const settled = kinesis.settled({ stream: 'numbers', group: 'sum' }).finally(told);
    for (let second = 0; second < 60; second++) await clock.advance(1000);
    expect(told).not.toHaveBeenCalled();
    held.ring();
    await until(clock, settled);
    user.abort();
    await until(clock, running);
  });

  test('at once when nothing was put, and never when nobody reads: until its signal', async () => {
    await using kinesis = await createLocalKinesis({ streams: { numbers: {} } });
    await kinesis.settled({ stream: 'numbers', group: 'sum' });
    await kinesis.connection.writer.write('numbers', [{ partitionKey: 'a', data: Buffer.from('1') }], {});
    const user = new AbortController();
    const waiting = kinesis.settled({ stream: 'numbers', group: 'sum', signal: user.signal });
    user.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(kinesis.settled({ stream: 'none', group: 'sum' })).rejects.toMatchObject({
      code: 'STREAM_NOT_FOUND',
    });
  });
});

describe('a stream is settled for a mapping', () => {
  test('when every record is handled, filtered out or given up, through a reshard', async () => {
    const clock = createManualClock();
    await using kinesis = await createLocalKinesis({ clock, streams: { numbers: { shards: 2 } } });
    const handled: number[] = [];
    const mapping = await kinesis.mapping(
      'numbers',
      (event: KinesisEvent) => {
        const values = dataOf(event).map(Number);
        if (values.includes(13)) throw new TypeError('unlucky');
        handled.push(...values);
      },
      {
        BatchSize: 1,
        MaximumRetryAttempts: 1,
        FilterCriteria: { Filters: [{ Pattern: '{"partitionKey":[{"anything-but":["key-3"]}]}' }] },
      },
    );
    await put(kinesis, ...all);
    kinesis.engine.splitShard('numbers', 'shardId-000000000000');
    await put(kinesis, ...all.map((value) => value + 100));
    await until(clock, kinesis.settled({ mapping }));
    const wanted = [...all, ...all.map((value) => value + 100)].filter((n) => n !== 13 && n % 7 !== 3);
    expect(handled.toSorted((a, b) => a - b)).toEqual(wanted);
  });

  test('not while an invocation is under way or it is paused, and not for what came before LATEST', async () => {
    const clock = createManualClock();
    await using kinesis = await createLocalKinesis({ clock, streams: { numbers: {} } });
    await put(kinesis, 1);
    await clock.advance(1000);
    const held = new Bell();
    const mapping = await kinesis.mapping('numbers', () => held.wait(), { StartingPosition: 'LATEST' });
    await until(clock, kinesis.settled({ mapping }));
    await put(kinesis, 2);
    const told = vi.fn<() => void>();
    const settled = kinesis.settled({ mapping }).finally(told);
    for (let second = 0; second < 5; second++) await clock.advance(1000);
    expect(told).not.toHaveBeenCalled();
    held.ring();
    // At once: it waits for no next look at the stream.
    await clock.settle();
    expect(told).toHaveBeenCalled();
    await settled;
    await until(clock, mapping.pause());
    await put(kinesis, 3);
    const resumed = kinesis.settled({ mapping });
    const early = vi.fn<() => void>();
    void resumed.finally(early);
    for (let second = 0; second < 5; second++) await clock.advance(1000);
    expect(early).not.toHaveBeenCalled();
    await until(clock, mapping.resume());
    await clock.advance(1000);
    held.ring();
    await until(clock, resumed);
  });

  test('at once when its last record is given up', async () => {
    const clock = createManualClock();
    await using kinesis = await createLocalKinesis({ clock, streams: { numbers: {} } });
    await put(kinesis, 1, 2);
    const mapping = await kinesis.mapping('numbers', throwsAlways, { MaximumRetryAttempts: 0 });
    const settled = vi.fn<() => void>();
    const waiting = kinesis.settled({ mapping }).then(settled);
    await clock.settle();
    expect(settled).toHaveBeenCalled();
    await waiting;
  });

  test('never for one that is gone: who waits is told', async () => {
    const clock = createManualClock();
    await using kinesis = await createLocalKinesis({ clock, streams: { numbers: {} } });
    const mapping = await kinesis.mapping('numbers', throwsAlways);
    await put(kinesis, 1);
    const waiting = kinesis.settled({ mapping }).catch((error: unknown) => error);
    await until(clock, mapping.close());
    expect(await waiting).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/^settled\.mapping is /),
    });
    await expect(kinesis.settled({ mapping: { uuid: 'none' } })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });
});

async function put(kinesis: LocalKinesis, ...values: readonly number[]): Promise<void> {
  const records = values.map((value) => ({
    partitionKey: `key-${value % 7}`,
    data: Buffer.from(String(value)),
  }));
  await kinesis.connection.writer.write('numbers', records, {});
}

function throwsAlways(): never {
  throw new TypeError('no such customer');
}

/** Lets the clock run until it is done. */
async function until(clock: ReturnType<typeof createManualClock>, task: Promise<unknown>): Promise<void> {
  const state = { isDone: false };
  const done = task.finally(() => {
    state.isDone = true;
  });
  while (!state.isDone) await clock.advance(500);
  await done;
}
