import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { createProducer, MillraceError, rawStream } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import type { OutgoingRecord } from '@millrace/kinesis/record';
import { createManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { createFakeWriter, ok } from './fake-writer.ts';

const clicks = rawStream('clicks');
const record = (n: number): OutgoingRecord => ({ partitionKey: `k-${n}`, data: Uint8Array.of(n & 255) });

/** Moves the clock until the promise settles. */
async function run<T>(clock: ReturnType<typeof createManualClock>, promise: Promise<T>): Promise<T> {
  const state = { done: false };
  const ended = promise.finally(() => (state.done = true));
  ended.catch(() => {});
  while (!state.done) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.pending > 0) await clock.next();
  }
  return ended;
}

test('a Node stream can be piped into a producer, and ends when everything is stored', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, maxBufferedBytes: 2048 });
  const source = Readable.from(Array.from({ length: 1000 }, (_, n) => record(n)));
  await run(clock, pipeline(source, Writable.fromWeb(producer.writable, { objectMode: true })));
  expect(writer.stored.map(({ partitionKey }) => partitionKey).toSorted()).toEqual(
    Array.from({ length: 1000 }, (_, n) => `k-${n}`).toSorted(),
  );
});

test('a web stream waits while the producer is full', async () => {
  const clock = createManualClock();
  const producer = createProducer(
    clicks,
    { writer: createFakeWriter(() => new Promise(() => {})) },
    { clock, linger: 0, maxBufferedBytes: 2048 },
  );
  const writing = producer.writable.getWriter();
  let written = 0;
  for (let n = 0; n < 100; n++) void writing.write(record(n)).then(() => written++);
  await clock.settle();
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThan(10);
});

test('putMany pulls what the calls in flight and the next ones carry, and goes on as they are answered', async () => {
  const answers: (() => void)[] = [];
  const writer = createFakeWriter(async (entries) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    return entries.map(() => ok());
  });
  const producer = createProducer(clicks, { writer }, { maxInFlight: 2 });
  let pulled = 0;
  function* source(): Generator<OutgoingRecord> {
    while (pulled < 10_000) yield record(pulled++);
  }
  const done = producer.putMany(source());
  let most = 0;
  while (writer.stored.length < 10_000) {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, pulled - writer.stored.length);
    answers.shift()?.();
  }
  expect(await done).toEqual({ delivered: 10_000, failed: 0 });
  // Two calls of 500, less than another that was ready, and a stretch of 1,024.
  expect(most).toBeLessThan(1000 + 500 + 1025);
  expect(most).toBeGreaterThan(1500);
  await producer.close();
});

test('a record that cannot be stored errors the stream with its own reason', async () => {
  const clock = createManualClock();
  const denied = new MillraceError('ACCESS_DENIED', 'No.', { advice: 'Ask.' });
  const writer = { write: () => Promise.reject(denied) };
  const producer = createProducer(clicks, { writer }, { clock });
  const piped = pipeline(
    Readable.from([record(1)]),
    Writable.fromWeb(producer.writable, { objectMode: true }),
  );
  const told = run(clock, piped);
  await expect(told).rejects.toBe(denied);
});

test('flush can be given up; what it waited for is sent all the same', async () => {
  const clock = createManualClock();
  const answers: (() => void)[] = [];
  const writer = createFakeWriter(async (entries) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    return entries.map(() => ok());
  });
  const producer = createProducer(clicks, { writer }, { clock });
  const put = producer.put(record(1));
  const controller = new AbortController();
  const flushing = producer.flush({ signal: controller.signal });
  await clock.settle();
  controller.abort();
  await expect(flushing).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(producer.flush({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  answers.shift()?.();
  await expect(put).resolves.toMatchObject({ attempts: 1 });
  await expect(producer.flush({ signal: new AbortController().signal })).resolves.toEqual({
    delivered: 1,
    failed: 0,
  });
});

test('await using drains: leaving the block means that everything is settled', async () => {
  const writer = createFakeWriter();
  {
    await using producer = createProducer(clicks, { writer }, { linger: 5 });
    for (let n = 0; n < 20; n++) void producer.put(record(n));
  }
  expect(writer.stored).toHaveLength(20);
});

test('a stream of three thousand shards is listed page by page, and each record goes to its own', async () => {
  const shards = 3000;
  const width = 2n ** 128n / BigInt(shards);
  const pages: unknown[] = [];
  const put: Record<string, string>[] = [];
  const double = {
    async send({ input }: { readonly input: { readonly NextToken?: string; readonly Records?: object[] } }) {
      if (input.Records !== undefined) {
        put.push(...(input.Records as Record<string, string>[]));
        const place = { SequenceNumber: '1', ShardId: 'shardId-000000001500' };
        return { Records: input.Records.map(() => place) };
      }
      pages.push(input);
      const from = Number(input.NextToken ?? 0);
      return {
        Shards: Array.from({ length: 1000 }, (_, index) => from + index).map((n) => ({
          ShardId: `shardId-${String(n).padStart(12, '0')}`,
          HashKeyRange: {
            StartingHashKey: String(width * BigInt(n)),
            EndingHashKey: String(n === shards - 1 ? 2n ** 128n - 1n : width * BigInt(n + 1) - 1n),
          },
          SequenceNumberRange: { StartingSequenceNumber: '1' },
        })),
        ...(from + 1000 < shards && { NextToken: String(from + 1000) }),
      };
    },
    destroy: () => {},
  };
  const connection = connect({ kinesis: double as unknown as KinesisClient });
  const producer = createProducer(clicks, connection, { aggregation: 'shard', linger: 5 });
  await producer.put({ partitionKey: 'first', data: Uint8Array.of(0) });
  // That one need not wait for the list.
  while (pages.length < 3) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(pages).toEqual([{ StreamName: 'clicks' }, { NextToken: '1000' }, { NextToken: '2000' }]);
  put.length = 0;
  const mine = Array.from({ length: 50 }, (_, n) => ({
    partitionKey: `k-${n}`,
    explicitHashKey: String(width * 1500n + BigInt(n)),
    data: Uint8Array.of(n),
  }));
  const receipts = await Promise.all(mine.map((each) => producer.put(each)));
  await producer.close();
  // One aggregate, since one shard owns all of them.
  expect(put).toHaveLength(1);
  expect(receipts.map(({ subSequenceNumber }) => subSequenceNumber)).toEqual(mine.map((_, n) => n));
});
