import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { encodeBatch } from '../../src/engine/batch.ts';
import { MemoryHeap } from '../../src/engine/record-heap.ts';
import { ShardLog } from '../../src/engine/shard-log.ts';

interface Kept {
  readonly index: number;
  readonly key: string;
  readonly arrivedAt: number;
}

type Step =
  | { readonly do: 'append'; readonly count: number; readonly after: number }
  | { readonly do: 'expire'; readonly part: number }
  | { readonly do: 'scan'; readonly part: number; readonly limit: number }
  | { readonly do: 'seek'; readonly part: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('append' as const),
    count: fc.integer({ min: 1, max: 150 }),
    after: fc.nat(3),
  }),
  fc.record({ do: fc.constant('expire' as const), part: fc.double({ min: -0.1, max: 1.1, noNaN: true }) }),
  fc.record({
    do: fc.constant('scan' as const),
    part: fc.double({ min: -0.1, max: 1.1, noNaN: true }),
    limit: fc.nat(200),
  }),
  fc.record({ do: fc.constant('seek' as const), part: fc.double({ min: -0.1, max: 1.1, noNaN: true }) }),
);

describe('a shard log', () => {
  test('keeps, finds, reads and forgets exactly what a plain array would', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const heap = new MemoryHeap();
        const log = new ShardLog(heap);
        const model = new Model();
        for (const one of steps) {
          expect(perform(heap, log, one, model.time)).toEqual(model.perform(one));
          expect([log.first, log.next]).toEqual([model.kept[0]?.index ?? model.next, model.next]);
          for (const record of model.kept.slice(0, 3))
            expect(log.arrivalOf(record.index)).toBe(record.arrivedAt);
        }
      }),
    );
  });
});

const begin = 1000;

/** The plain array. */
class Model {
  kept: Kept[] = [];
  next = 1;
  #now = begin;

  readonly time = (part: number): number => Math.round(begin + (this.#now - begin) * part);

  perform(one: Step): unknown {
    if (one.do === 'append') return this.#append(one.count, one.after);
    if (one.do === 'seek') {
      return this.kept.find((record) => record.arrivedAt >= this.time(one.part))?.index ?? this.next;
    }
    if (one.do === 'scan') {
      return this.kept
        .filter((record) => record.index >= Math.round(this.next * one.part))
        .slice(0, one.limit);
    }
    this.kept = this.kept.filter((record) => record.arrivedAt >= this.time(one.part));
    return undefined;
  }

  #append(count: number, after: number): readonly number[] {
    this.#now += after;
    return Array.from({ length: count }, () => {
      this.kept.push({ index: this.next, key: `key-${this.next}`, arrivedAt: this.#now });
      return this.next++;
    });
  }
}

/** The same on the log; `time` before and after an append differ by its wait. */
function perform(heap: MemoryHeap, log: ShardLog, one: Step, time: (part: number) => number): unknown {
  if (one.do === 'append') {
    const now = time(1) + one.after;
    const base = log.next;
    const entries = Array.from({ length: one.count }, (_, at) => {
      const key = `key-${base + at}`;
      return { partitionKey: key, payload: at % 2 === 0 ? '' : new Uint8Array([at]), bytes: key.length };
    });
    const group = { shardIndex: 0, base, arrivedAt: now, entries };
    const place = heap.append(encodeBatch(1, [group]), 1);
    log.append({ base, count: one.count, arrivedAt: now, place, firstEntry: 0 });
    return entries.map((_, at) => base + at);
  }
  if (one.do === 'seek') return log.seek(time(one.part));
  if (one.do === 'expire') return log.expire(time(one.part));
  const seen: Kept[] = [];
  log.scan(Math.round(log.next * one.part), (record) => {
    if (seen.length >= one.limit) return false;
    seen.push({
      index: record.index,
      key: record.content().partitionKey,
      arrivedAt: record.arrivedAt,
    });
    return true;
  });
  return seen;
}
