import { createManualClock } from '@millrace/kinesis/testing';
import { sleep } from '@millrace/kinesis/runtime';
import { toSequenceNumber } from '@millrace/kinesis/record';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteBudget } from '../../src/source/byte-budget.ts';
import { readAhead } from '../../src/source/read-ahead.ts';
import type { ShardBatch, ShardSource } from '../../src/source/shard-source.ts';

const position = { type: 'oldest' } as const;
const KiB = 1024;

/** A batch of one record with so many bytes of data and a key of none; of no record when there are no bytes. */
function batchOf(n: number, bytes: number): ShardBatch {
  const record = {
    sequenceNumber: toSequenceNumber(String(n)),
    partitionKey: '',
    data: new Uint8Array(bytes),
    arrivedAt: 0,
  };
  return { records: bytes === 0 ? [] : [record], millisBehindLatest: 0, retrieval: 'polling' };
}

interface Endless extends ShardSource {
  /** Batches read so far, of all shards. */
  readonly read: ShardSource['read'];
  count: number;
  ended: number;
}

/** A source without an end: each batch takes a turn of the event loop, and is of so many bytes. */
function endless(bytes: number): Endless {
  const source = {
    count: 0,
    ended: 0,
    async *read(_shardId: string, _from: unknown, signal: AbortSignal): AsyncGenerator<ShardBatch> {
      try {
        for (let n = 1; !signal.aborted; n++) {
          await turns(1);
          source.count++;
          yield batchOf(n, bytes);
        }
      } finally {
        source.ended++;
      }
    },
  };
  return source;
}

/** Its batches, one at a time. */
function iterate(source: ShardSource, shardId: string, signal: AbortSignal): AsyncIterator<ShardBatch> {
  return source.read(shardId, position, signal)[Symbol.asyncIterator]();
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
}

const numberOf = (batch: ShardBatch | undefined): number => Number(batch?.records[0]?.sequenceNumber ?? 0);

test('while a batch is handled the next ones are read, as far as the bytes allow, and not one more', async () => {
  const source = endless(100 * KiB);
  const budget = new ByteBudget(1000 * KiB);
  const stop = new AbortController();
  const batches = iterate(readAhead(source, budget), 'a', stop.signal);
  expect(numberOf((await batches.next()).value)).toBe(1);
  await turns(50);
  expect(source.count).toBe(11);
  expect(budget.used).toBe(1000 * KiB);
  // What is taken makes room for as much again.
  expect(numberOf((await batches.next()).value)).toBe(2);
  await turns(50);
  expect(source.count).toBe(12);
  stop.abort();
  await batches.next();
  expect(budget.used).toBe(0);
});

test('without any bytes to spare a shard is read all the same, one batch at a time', async () => {
  const source = endless(100 * KiB);
  const stop = new AbortController();
  const batches = iterate(readAhead(source, new ByteBudget(0)), 'a', stop.signal);
  for (let n = 1; n <= 5; n++) {
    expect(numberOf((await batches.next()).value)).toBe(n);
    await turns(20);
    expect(source.count).toBe(n);
  }
  stop.abort();
  await batches.next();
});

test('a shard that takes all the bytes starves no other', async () => {
  const greedy = endless(500 * KiB);
  const budget = new ByteBudget(1000 * KiB);
  const stop = new AbortController();
  const first = iterate(readAhead(greedy, budget), 'a', stop.signal);
  await first.next();
  await turns(50);
  const other = iterate(readAhead(endless(KiB), budget), 'b', stop.signal);
  for (let n = 1; n <= 20; n++) expect(numberOf((await other.next()).value)).toBe(n);
  stop.abort();
  await Promise.all([first.next(), other.next()]);
  expect(budget.used).toBe(0);
});

test('signs of life reach who has nothing else to hear, and do not pile up behind who has', async () => {
  const source = endless(0);
  const stop = new AbortController();
  const batches = iterate(readAhead(source, new ByteBudget(KiB * KiB)), 'a', stop.signal);
  expect((await batches.next()).value?.records).toEqual([]);
  await turns(100);
  expect(source.count).toBeGreaterThan(50);
  expect((await batches.next()).value?.records).toEqual([]);
  stop.abort();
  expect(await batches.next()).toEqual({ done: true, value: undefined });
});

test('the end of a shard comes after all that was read ahead, and only once', async () => {
  const source: ShardSource = {
    async *read() {
      for (let n = 1; n <= 3; n++) yield batchOf(n, KiB);
      yield { ...batchOf(4, 0), children: [] };
    },
  };
  const seen: ShardBatch[] = [];
  for await (const batch of readAhead(source, new ByteBudget(64 * KiB)).read(
    'a',
    position,
    new AbortController().signal,
  )) {
    await turns(10);
    seen.push(batch);
  }
  expect(seen.map(numberOf)).toEqual([1, 2, 3, 0]);
  expect(seen.map(({ children }) => children !== undefined)).toEqual([false, false, false, true]);
});

test('an error of the source comes after the batches read before it', async () => {
  const source: ShardSource = {
    async *read() {
      yield batchOf(1, KiB);
      yield batchOf(2, KiB);
      throw new Error('The shard is gone.');
    },
  };
  const budget = new ByteBudget(KiB * KiB);
  const batches = iterate(readAhead(source, budget), 'a', new AbortController().signal);
  await turns(10);
  expect(numberOf((await batches.next()).value)).toBe(1);
  await turns(10);
  expect(numberOf((await batches.next()).value)).toBe(2);
  await expect(batches.next()).rejects.toThrow('The shard is gone.');
  expect(budget.used).toBe(0);
});

test('a signal ends the wait for a source that does not heed it, and gives every byte back', async () => {
  const clock = createManualClock();
  const source: ShardSource = {
    async *read() {
      yield batchOf(1, KiB);
      await sleep(clock, 60_000);
      yield batchOf(2, KiB);
    },
  };
  const budget = new ByteBudget(KiB * KiB);
  const stop = new AbortController();
  const batches = iterate(readAhead(source, budget), 'a', stop.signal);
  await batches.next();
  const waiting = batches.next();
  stop.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
  await clock.advance(60_000);
  await turns(5);
  expect(budget.used).toBe(0);
});

test('whoever stops reading early has the source stopped and owes nothing', async () => {
  const source = endless(KiB);
  const budget = new ByteBudget(KiB * KiB);
  for await (const batch of readAhead(source, budget).read('a', position, new AbortController().signal)) {
    if (numberOf(batch) === 3) break;
  }
  await turns(5);
  expect([source.ended, budget.used]).toEqual([1, 0]);
});

test('whatever the sizes and however fast they are taken, batches come whole, in order, within the bytes and one batch', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(64 * KiB), { minLength: 1, maxLength: 40 }),
      fc.array(fc.nat(4), { minLength: 1, maxLength: 10 }),
      fc.nat(256 * KiB),
      async (sizes, pauses, limit) => {
        const budget = new ByteBudget(limit);
        const largest = Math.max(...sizes);
        const source: ShardSource = {
          async *read() {
            for (const [index, bytes] of sizes.entries()) yield batchOf(index + 1, bytes);
            yield { ...batchOf(0, 0), children: [] };
          },
        };
        const seen: number[] = [];
        const { signal } = new AbortController();
        for await (const batch of readAhead(source, budget).read('a', position, signal)) {
          expect(budget.used).toBeLessThanOrEqual(limit + largest);
          await turns(pauses[seen.length % pauses.length] ?? 0);
          if (batch.records.length > 0) seen.push(numberOf(batch));
        }
        const full = sizes.flatMap((bytes, index) => (bytes > 0 ? [index + 1] : []));
        expect(seen).toEqual(full);
        expect(budget.used).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});
