import assert from 'node:assert/strict';

import type { Position } from '../record/position.ts';
import type { SequenceNumber } from '../record/sequence-number.ts';
import { Bell } from '../runtime/bell.ts';
import type { ShardBatch, ShardSource } from '../source/shard-source.ts';
import type { ManualClock } from './manual-clock.ts';

/** A shard that a source reads, on a clock that moves only when told. */
export interface ShardSourceBench {
  readonly source: ShardSource;
  readonly clock: ManualClock;
  readonly shardId: string;
  /** Stores so many records; answers their sequence numbers in order. */
  put(count: number): Promise<readonly SequenceNumber[]>;
  /** Splits the shard; resolves when its children are there. */
  split(): Promise<void>;
}

/** One thing every source guarantees; `run` rejects when this one does not. */
export interface ShardSourceGuarantee {
  /** In the present tense. */
  readonly name: string;
  /** `createBench` answers an empty shard, a new one every time. */
  readonly run: (createBench: () => Promise<ShardSourceBench>) => Promise<void>;
}

/**
 * What a consumer relies on, whatever brings the records, as a suite for whatever test runner you use. Run it against your own
 * `ShardSource`.
 *
 * @example
 * ```ts
 * for (const { name, run } of shardSourceGuarantees) test(name, () => run(createBench));
 * ```
 */
export const shardSourceGuarantees: readonly ShardSourceGuarantee[] = [
  guarantee('what is stored comes once and in order, and so does what is put later', async (bench) => {
    const early = await bench.put(250);
    const reading = read(bench, { type: 'oldest' });
    await bench.clock.advance(3000);
    const late = await bench.put(70);
    await bench.clock.advance(3000);
    assert.deepEqual(reading.numbers, [...early, ...late]);
    await reading.stop();
  }),

  guarantee('after a record is everything behind it, at a record it comes too', async (bench) => {
    const all = await bench.put(5);
    const [, , third = assert.fail()] = all;
    const after = read(bench, { type: 'after', sequenceNumber: third });
    await bench.clock.advance(3000);
    assert.deepEqual(after.numbers, all.slice(3));
    await after.stop();
    await bench.clock.advance(6000);
    const at = read(bench, { type: 'at', sequenceNumber: third });
    await bench.clock.advance(3000);
    assert.deepEqual(at.numbers, all.slice(2));
    await at.stop();
  }),

  guarantee('a time is the first record that arrived then or later', async (bench) => {
    await bench.put(3);
    await bench.clock.advance(60_000);
    const from = bench.clock.now();
    const later = await bench.put(4);
    await bench.clock.advance(60_000);
    const reading = read(bench, { type: 'time', at: from });
    await bench.clock.advance(3000);
    assert.deepEqual(reading.numbers, later);
    await reading.stop();
  }),

  guarantee('now is the moment reading began, however slowly it begins', async (bench) => {
    await bench.put(3);
    await bench.clock.advance(10);
    const reading = read(bench, { type: 'now' });
    const later = await bench.put(2);
    await bench.clock.advance(3000);
    assert.deepEqual(reading.numbers, later);
    await reading.stop();
  }),

  guarantee('a quiet shard gives a sign of life every ten seconds at least', async (bench) => {
    const reading = read(bench, { type: 'oldest' });
    await bench.clock.advance(60_000);
    assert.deepEqual(reading.numbers, []);
    assert.ok(reading.batches.length >= 6, `${reading.batches.length} batches in a minute`);
    await reading.stop();
  }),

  guarantee('a closed shard ends with its children, after its last record', async (bench) => {
    const all = await bench.put(12);
    await bench.split();
    const reading = read(bench, { type: 'oldest' });
    await bench.clock.advance(10_000);
    await reading.done;
    assert.deepEqual(reading.numbers, all);
    const last = reading.batches.at(-1);
    assert.equal(last?.children?.length, 2);
    assert.deepEqual(last.children[0]?.parentShardIds, [bench.shardId]);
    assert.ok(reading.batches.slice(0, -1).every(({ children }) => children === undefined));
    assert.equal(bench.clock.pending, 0);
  }),

  guarantee('a shard that is split while it is read ends with its children, too', async (bench) => {
    const reading = read(bench, { type: 'oldest' });
    await bench.clock.advance(3000);
    const all = await bench.put(3);
    await bench.split();
    await bench.clock.advance(10_000);
    await reading.done;
    assert.deepEqual(reading.numbers, all);
    assert.equal(reading.batches.at(-1)?.children?.length, 2);
  }),

  guarantee('the signal ends the reading without an error, a timer or a record more', async (bench) => {
    await bench.put(3);
    const reading = read(bench, { type: 'oldest' });
    await bench.clock.advance(3000);
    await reading.stop();
    await bench.put(3);
    await bench.clock.advance(3000);
    assert.equal(reading.numbers.length, 3);
    assert.equal(bench.clock.pending, 0);
  }),

  guarantee('who leaves the loop leaves no timer behind', async (bench) => {
    await bench.put(3);
    const loop = (async () => {
      for await (const batch of bench.source.read(
        bench.shardId,
        { type: 'oldest' },
        new AbortController().signal,
      )) {
        if (batch.records.length > 0) break;
      }
    })();
    await bench.clock.advance(3000);
    await loop;
    await bench.clock.settle();
    assert.equal(bench.clock.pending, 0);
  }),

  guarantee(
    'a reader as slow as a quarter of an hour a batch loses nothing and gets nothing twice',
    async (bench) => {
      const all = [...(await bench.put(20))];
      const bell = new Bell();
      const reading = read(bench, { type: 'oldest' }, () => bell.wait());
      for (let round = 0; round < 4; round++) {
        await bench.clock.advance(900_000);
        all.push(...(await bench.put(5)));
        bell.ring();
      }
      for (let round = 0; round < 40; round++) {
        bell.ring();
        await bench.clock.advance(5000);
      }
      assert.deepEqual(reading.numbers, all);
      bell.ring();
      await reading.stop();
    },
  ),

  guarantee('half an hour of records comes once and in order', async (bench) => {
    const all: SequenceNumber[] = [];
    const reading = read(bench, { type: 'oldest' });
    for (let minute = 0; minute < 60; minute++) {
      all.push(...(await bench.put(3)));
      await bench.clock.advance(30_000);
    }
    assert.deepEqual(reading.numbers, all);
    assert.equal(reading.batches.at(-1)?.millisBehindLatest, 0);
    await reading.stop();
  }),
];

interface Reading {
  readonly batches: ShardBatch[];
  readonly numbers: SequenceNumber[];
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

function read(
  { source, shardId }: ShardSourceBench,
  from: Position,
  hold: () => Promise<void> | undefined = () => undefined,
): Reading {
  const controller = new AbortController();
  const batches: ShardBatch[] = [];
  const numbers: SequenceNumber[] = [];
  const done = (async () => {
    for await (const batch of source.read(shardId, from, controller.signal)) {
      batches.push(batch);
      numbers.push(...batch.records.map(({ sequenceNumber }) => sequenceNumber));
      await hold();
    }
  })();
  // Whoever awaits it is told.
  done.catch(() => {});
  return {
    batches,
    numbers,
    done,
    async stop() {
      controller.abort();
      await done;
    },
  };
}

function guarantee(name: string, check: (bench: ShardSourceBench) => Promise<void>): ShardSourceGuarantee {
  return { name, run: async (createBench) => check(await createBench()) };
}
