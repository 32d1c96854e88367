import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { WriteThroughput } from '../../src/engine/write-throughput.ts';
import { createTestEngine } from './test-engine.ts';

const mebibyte = 1024 * 1024;
const minute = 60_000;
const day = 86_400_000;

function open() {
  const clock = createManualClock();
  const engine = createTestEngine({ clock });
  engine.createStream('s', { mode: 'ON_DEMAND' });
  /** Writes so many MiB a second for a minute, all at its beginning, and looks when it is over. */
  const write = async (rate: number): Promise<number> => {
    const writer = engine.writer('s');
    for (let second = 0; second < 60; second++) {
      writer.put({ partitionKey: 'k', payload: '', bytes: rate * mebibyte });
    }
    writer.finish();
    await clock.advance(minute);
    return engine.stream('s').openShards.length;
  };
  return { clock, engine, write };
}

describe('a stream on demand', () => {
  test('has four shards as long as they hold twice what is written', async () => {
    const { write } = open();
    expect(await write(0.5)).toBe(4);
    expect(await write(2)).toBe(4);
  });

  test('has twice the shards its busiest minute needed, once that minute is over', async () => {
    const { engine, clock, write } = open();
    await clock.advance(minute - (clock.now() % minute));
    expect(await write(3)).toBe(6);
    expect(await write(1)).toBe(6);
    const writer = engine.writer('s');
    writer.put({ partitionKey: 'k', payload: '', bytes: 600 * mebibyte });
    writer.finish();
    await clock.advance(minute - 1);
    expect(engine.stream('s').openShards).toHaveLength(6);
    await clock.advance(1);
    expect(engine.stream('s').openShards).toHaveLength(20);
  });

  test('counts records too: a thousand a second is a shard', async () => {
    const { engine, clock } = open();
    const writer = engine.writer('s');
    for (let count = 0; count < 60 * 5000; count++) writer.put({ partitionKey: 'k', payload: '', bytes: 1 });
    writer.finish();
    await clock.advance(minute);
    expect(engine.stream('s').openShards).toHaveLength(10);
  });

  test('forgets a peak after thirty days', async () => {
    const { engine, clock, write } = open();
    expect(await write(8)).toBe(16);
    await clock.advance(30 * day - 2 * minute);
    expect(engine.stream('s').openShards).toHaveLength(16);
    await clock.advance(2 * 3_600_000);
    expect(engine.stream('s').openShards).toHaveLength(4);
  });

  test('keeps its lineage and its range whole however it scales', async () => {
    const { engine, clock, write } = open();
    for (const rate of [3, 11, 2, 7]) await write(rate);
    await clock.advance(40 * day);
    await write(1);
    const ranges = engine.stream('s').openShards.map(({ range }) => range);
    expect(ranges[0]?.start).toBe(0n);
    expect(ranges.at(-1)?.end).toBe(2n ** 128n - 1n);
    for (const [index, range] of ranges.slice(1).entries())
      expect(range.start).toBe((ranges[index]?.end ?? 0n) + 1n);
  });

  test('that is provisioned scales by nobody', async () => {
    const { engine, clock } = open();
    engine.createStream('p', { shards: 1 });
    const writer = engine.writer('p');
    writer.put({ partitionKey: 'k', payload: '', bytes: 6000 * mebibyte });
    writer.finish();
    await clock.advance(minute);
    expect(engine.stream('p').openShards).toHaveLength(1);
  });
});

test('the peak is the busiest whole minute of the last thirty days, whatever was written when', () => {
  const write = fc.record({
    after: fc.nat({ max: 3 * day }),
    records: fc.integer({ min: 1, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(write, { minLength: 1, maxLength: 60 }), (writes) => {
      const throughput = new WriteThroughput();
      const minutes = new Map<number, number>();
      let now = 1_700_000_000_000;
      for (const { after, records } of writes) {
        now += after;
        throughput.add(records, 0, now);
        const at = Math.floor(now / minute);
        minutes.set(at, (minutes.get(at) ?? 0) + records);
      }
      now += minute;
      throughput.settle(now);
      const oldest = Math.floor(now / 3_600_000) - 30 * 24;
      const recent = [...minutes]
        .filter(([at]) => Math.floor(at / 60) >= oldest)
        .map(([, records]) => records);
      expect(throughput.peak(now)).toBeCloseTo(Math.max(0, ...recent) / 60 / 1000, 9);
    }),
  );
});
