import { compareSequenceNumbers, hashKeyOf, toSequenceNumber } from '@millrace/kinesis/record';
import { contains, firstGap } from '@millrace/kinesis/shard';
import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import type { ReadBatch } from '../../src/engine/reading.ts';
import type { ShardIterator } from '../../src/engine/shard-iterator.ts';
import type { Shard } from '../../src/engine/shard.ts';
import { createTestEngine } from './test-engine.ts';

type Step =
  | { readonly do: 'put'; readonly keys: readonly string[] }
  | { readonly do: 'split'; readonly which: number; readonly where: number }
  | { readonly do: 'merge'; readonly which: number }
  | { readonly do: 'scale'; readonly factor: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'jump'; readonly ms: number };

const which = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      keys: fc.array(fc.string({ minLength: 1 }), { maxLength: 20 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('split' as const),
      which,
      where: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('scale' as const),
      factor: fc.double({ min: 0.5, max: 2, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2500) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -5000, max: 5000 }) }),
  },
);

describe('under any schedule of puts, splits, merges, scalings and clock jumps', () => {
  test('every record is read back exactly once, in order, from the shard that owned its key', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 40 }),
        async (shards, steps) => {
          const clock = createManualClock();
          const engine = createTestEngine({ clock });
          engine.createStream('s', { shards });
          const put: Read[] = [];
          for (const one of steps) {
            if (one.do === 'wait') await clock.advance(one.ms);
            else if (one.do === 'jump') clock.jump(one.ms);
            else if (one.do === 'put') put.push(...putAll(engine, one.keys));
            else change(engine, one);
            expect(firstGap(engine.stream('s').openShards.map((shard) => shard.range))).toBeUndefined();
            expect(overlaps(engine.stream('s').openShards)).toBe(false);
          }
          const read = engine
            .stream('s')
            .shards(engine.now)
            .flatMap((shard) => readAll(engine, shard));
          expect(read.toSorted(byNumber)).toEqual(put.toSorted(byNumber));
          checkLineage(engine);
          checkKeyOrder(put, read);
        },
      ),
      { numRuns: 60 },
    );
  });
});

interface Read {
  readonly number: string;
  readonly key: string;
  readonly shardId: string;
}

function change(engine: Engine, one: Extract<Step, { do: 'split' | 'merge' | 'scale' }>): void {
  const open = engine.stream('s').openShards;
  if (one.do === 'scale') {
    engine.updateShardCount(
      's',
      Math.min(50, Math.max(Math.ceil(open.length / 2), Math.floor(open.length * one.factor))),
    );
    return;
  }
  const at = one.which % open.length;
  const shard = open[at] as Shard;
  const neighbour = open[at + 1];
  if (one.do === 'merge') {
    if (neighbour !== undefined) engine.mergeShards('s', neighbour.id, shard.id);
    return;
  }
  const width = shard.range.end - shard.range.start;
  if (width < 1000n || open.length > 50) return;
  engine.splitShard(
    's',
    shard.id,
    shard.range.start + 2n + (width * BigInt(Math.floor(one.where * 1000))) / 1001n,
  );
}

function putAll(engine: Engine, keys: readonly string[]): readonly Read[] {
  const writer = engine.writer('s');
  const put = keys.map((key) => {
    const { shardId, sequenceNumber = '' } = writer.put({
      partitionKey: key,
      payload: new TextEncoder().encode(key),
      bytes: key.length,
    });
    return { number: sequenceNumber, key, shardId };
  });
  writer.finish();
  return put;
}

function readAll(engine: Engine, shard: Shard): readonly Read[] {
  const read: Read[] = [];
  let children: readonly Shard[] | undefined;
  let next: ShardIterator | undefined = engine.openIterator('s', shard.id, () => ({ type: 'oldest' }));
  while (next !== undefined) {
    const batch: ReadBatch<Read> = engine.read(next, {
      limit: 7,
      toRecord: (record, numbers) => ({
        number: numbers.of(record),
        key: record.content().partitionKey,
        shardId: shard.id,
      }),
    });
    read.push(...batch.records);
    children = batch.children;
    next = batch.records.length === 0 ? undefined : batch.next;
  }
  expect(children).toEqual(shard.closedAt === undefined ? undefined : shard.children);
  for (const record of read) expect(contains(shard.range, hashKeyOf(record.key))).toBe(true);
  expect(read).toEqual(read.toSorted(byNumber));
  return read;
}

/** Children begin after their parents end, and every number in them is larger. */
function checkLineage(engine: Engine): void {
  for (const shard of engine.stream('s').shards(engine.now)) {
    for (const child of shard.children) {
      expect(shard.closedAt).toBeDefined();
      expect(child.parentIds).toContain(shard.id);
      expect(order(child.startingSequenceNumber, shard.endingSequenceNumber ?? '')).toBe(1);
      expect(child.openedAt).toBeGreaterThanOrEqual(shard.log.lastArrival);
    }
    expect(shard.closedAt === undefined).toBe(shard.children.length === 0);
  }
}

/** Following a key through parents to children meets its records in the order they were put. */
function checkKeyOrder(put: readonly Read[], read: readonly Read[]): void {
  for (const key of new Set(put.map((record) => record.key))) {
    const ofKey = (records: readonly Read[]): readonly Read[] =>
      records.filter((record) => record.key === key);
    expect(ofKey(read).toSorted(byNumber)).toEqual(ofKey(put));
  }
}

function byNumber(a: Read, b: Read): number {
  return order(a.number, b.number);
}

function overlaps(shards: readonly Shard[]): boolean {
  return shards.some((shard, index) => shard.range.start <= (shards[index - 1]?.range.end ?? -1n));
}

function order(a: string, b: string): -1 | 0 | 1 {
  return compareSequenceNumbers(toSequenceNumber(a), toSequenceNumber(b));
}
