import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Batcher } from '../../src/event-source/batcher.ts';
import { Progress } from '../../src/event-source/progress.ts';
import { laneOf } from '../../src/event-source/record.ts';
import { documents, fails, mapOrders, openKit, reporting, start, throwing, toQueue } from './kit.ts';

describe('a batch', () => {
  test('[batch/count] is sent when it has BatchSize records', async () => {
    await using kit = await openKit();
    for (let count = 0; count < 7; count++) await kit.put(String(count));
    const { invocations } = await mapOrders(kit, () => ({}), {
      BatchSize: 3,
      MaximumBatchingWindowInSeconds: 300,
    });
    await kit.clock.advance(1000);
    expect(invocations).toEqual([
      ['0', '1', '2'],
      ['3', '4', '5'],
    ]);
  });
  test('[batch/at-once] without a window is what there is', async () => {
    await using kit = await openKit();
    const { invocations } = await mapOrders(kit, () => ({}));
    await kit.put('0');
    await kit.clock.advance(1000);
    await kit.put('1');
    await kit.put('2');
    await kit.clock.advance(1000);
    expect(invocations).toEqual([['0'], ['1', '2']]);
  });
  test('[batch/window] gathers until its window is over', async () => {
    await using kit = await openKit();
    const { invocations } = await mapOrders(kit, () => ({}), { MaximumBatchingWindowInSeconds: 10 });
    for (let second = 0; second < 9; second++) {
      await kit.put(String(second));
      await kit.clock.advance(1000);
    }
    expect(invocations).toEqual([]);
    await kit.clock.advance(1000);
    expect(invocations).toEqual([['0', '1', '2', '3', '4', '5', '6', '7', '8']]);
  });
  test('[batch/window-start] has a window that began when the last invocation was over', async () => {
    await using kit = await openKit();
    const at: number[] = [];
    await mapOrders(
      kit,
      async () => {
        at.push((kit.clock.now() - start) / 1000);
        // The first takes two seconds and a half.
        if (at.length > 1) return;
        await new Promise<void>((resolve) => kit.clock.timer(2500, resolve));
      },
      { MaximumBatchingWindowInSeconds: 10 },
    );
    await kit.put('a');
    await kit.clock.advance(12_000);
    await kit.put('b');
    // A window that ends without records is followed by the next.
    await kit.clock.advance(50_000);
    await kit.put('c');
    await kit.clock.advance(20_000);
    expect(at).toEqual([10, 22.5, 72.5]);
  });
  test('[batch/payload] ends before its event would be too large', async () => {
    await using kit = await openKit();
    for (let count = 0; count < 5; count++) await kit.put(`${count}${'x'.repeat(3000)}`, String(count));
    const sizes: number[] = [];
    const { invocations } = await mapOrders(
      kit,
      (_data, event) => void sizes.push(Buffer.byteLength(JSON.stringify(event))),
      { choices: { maxPayloadBytes: 10_000 } },
    );
    await kit.clock.settle();
    expect(invocations.map((batch) => batch.length)).toEqual([2, 2, 1]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_000);
  });
  test('[batch/payload] is measured to the byte', async () => {
    await using kit = await openKit();
    for (const key of ['plain', 'ü"\\', '😀', '\u0001']) await kit.put('data', key);
    let size = 0;
    const everything = await mapOrders(
      kit,
      (_data, event) => void (size = Buffer.byteLength(JSON.stringify(event))),
      { BatchSize: 4 },
    );
    await kit.clock.settle();
    expect(everything.invocations).toHaveLength(1);
    for (const [maxPayloadBytes, batches] of [
      [size, 1],
      [size - 1, 2],
    ] as const) {
      const { invocations } = await mapOrders(kit, () => ({}), { choices: { maxPayloadBytes } });
      await kit.clock.settle();
      expect(invocations).toHaveLength(batches);
    }
  });
  test('[batch/oversized] of one record that fits no event is delivered with a warning', async () => {
    await using kit = await openKit();
    await kit.put('x'.repeat(2000), 'a');
    const { invocations, events } = await mapOrders(kit, () => ({}), { choices: { maxPayloadBytes: 1024 } });
    await kit.clock.settle();
    expect(invocations).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'warning')).toHaveLength(1);
  });
});

describe('any batcher', () => {
  test('gives every record once and in order, none over count or bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 200 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 20 }),
        (sizes, records, bytes, every) => {
          const batcher = new Batcher<{ readonly at: number; readonly size: number }>(
            { records, bytes, windowMs: 0 },
            ({ size }) => size,
            0,
          );
          const taken: number[] = [];
          const drain = (): void => {
            while (batcher.readyAt !== undefined) {
              const batch = batcher.take();
              const total = batch.reduce((sum, { size }) => sum + size, 0);
              expect(batch.length).toBeGreaterThan(0);
              expect(batch.length).toBeLessThanOrEqual(records);
              expect(batch.length === 1 || total <= bytes).toBe(true);
              taken.push(...batch.map(({ at }) => at));
            }
          };
          for (const [at, size] of sizes.entries()) {
            batcher.push({ at, size }, 0);
            if (at % every === 0) drain();
          }
          drain();
          expect(taken).toEqual(sizes.map((_, at) => at));
        },
      ),
    );
  });
});

describe('lanes', () => {
  test('[lanes/parallel] are invoked at a time, each key in its own', async () => {
    await using kit = await openKit();
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
    for (const key of keys) await kit.put(key);
    let running = 0;
    let most = 0;
    const { invocations } = await mapOrders(
      kit,
      async () => {
        running++;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => kit.clock.timer(100, resolve));
        running--;
      },
      { ParallelizationFactor: 4 },
    );
    await kit.clock.advance(1000);
    expect(most).toBe(4);
    const lanes = invocations.map((batch) => new Set(batch.map((key) => laneOf(key, 4))));
    expect(lanes.every((lane) => lane.size === 1)).toBe(true);
    expect(invocations.flat().toSorted()).toEqual(keys.toSorted());
  });
  test('[lanes/order] keep each key in order, and let the others go on', async () => {
    await using kit = await openKit();
    for (let round = 0; round < 5; round++) {
      for (const key of ['a', 'b', 'c', 'd']) await kit.put(`${key}${round}`, key);
    }
    const { invocations, drops } = await mapOrders(
      kit,
      (data) => {
        if (data.includes('a0')) throw new Error('poison');
      },
      { ParallelizationFactor: 10, BatchSize: 1 },
    );
    await kit.clock.advance(1000);
    for (const key of ['b', 'c', 'd']) {
      const seen = invocations.flat().filter((data) => data.startsWith(key));
      expect(seen).toEqual([0, 1, 2, 3, 4].map((round) => `${key}${round}`));
    }
    expect(new Set(invocations.flat().filter((data) => data.startsWith('a')))).toEqual(new Set(['a0']));
    expect(drops()).toEqual([]);
  });
  test('[lanes/checkpoint] keep the position at the oldest unfinished record of all', async () => {
    await using kit = await openKit();
    for (const data of ['a0', 'b0', 'b1']) await kit.put(data, data.charAt(0));
    let broken = true;
    const { invocations, mapping } = await mapOrders(
      kit,
      (data) => {
        if (broken && data.includes('a0')) throw new Error('poison');
      },
      { ParallelizationFactor: 10 },
    );
    await kit.clock.advance(1000);
    await mapping.pause();
    broken = false;
    const before = invocations.length;
    await mapping.resume();
    await kit.clock.settle();
    // Delivered again, as at-least-once has it: all that is behind the oldest unfinished one.
    expect(invocations.slice(before).flat().toSorted()).toEqual(['a0', 'b0', 'b1']);
  });
  test('[lanes/retries] retry and report each for itself', async () => {
    await using kit = await openKit();
    for (const data of ['a0', 'b0', 'a1', 'b1']) await kit.put(data, data.charAt(0));
    const { invocations, drops } = await mapOrders(kit, (_data, event) => fails(event, 'a0'), {
      ...reporting,
      ParallelizationFactor: 10,
      MaximumRetryAttempts: 0,
    });
    await kit.clock.advance(1000);
    expect(invocations.toSorted(([a = ''], [b = '']) => a.localeCompare(b))).toEqual([
      ['a0', 'a1'],
      ['b0', 'b1'],
    ]);
    expect(drops()).toMatchObject([{ records: 2, condition: 'RetryAttemptsExhausted' }]);
  });
  test('[lanes/retries] cut and give up each for itself, and each tells its destination', async () => {
    await using kit = await openKit();
    for (const data of ['a0', 'b0', 'a1', 'b1', 'b2']) await kit.put(data, data.charAt(0));
    const { invocations } = await mapOrders(kit, (data) => data.includes('a1') && throwing(), {
      ...toQueue,
      ParallelizationFactor: 10,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 1,
    });
    await kit.clock.advance(1000);
    expect(invocations.filter(([first]) => first?.startsWith('b') === true)).toEqual([['b0', 'b1', 'b2']]);
    expect(invocations.filter(([first]) => first?.startsWith('a') === true)).toEqual([
      ['a0', 'a1'],
      ['a0'],
      ['a1'],
      ['a1'],
    ]);
    expect(await documents(kit)).toMatchObject([
      { requestContext: { approximateInvokeCount: 2 }, KinesisBatchInfo: { batchSize: 1 } },
    ]);
  });
});

describe('progress', () => {
  test('is the last record before which every one is done, in whatever order they are', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 60 })
          .chain((count) =>
            fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
          ),
        (order) => {
          const progress = new Progress();
          for (const index of order.keys()) expect(progress.add(`n${index}`)).toBe(index);
          const done = new Set<number>();
          for (const ordinal of order) {
            progress.finish(ordinal);
            done.add(ordinal);
            let reached = 0;
            while (done.has(reached)) reached++;
            expect(progress.checkpoint).toBe(reached === 0 ? undefined : `n${reached - 1}`);
            expect(progress.open).toBe(order.length - reached);
          }
        },
      ),
    );
  });
  test('lets go of what is long done', () => {
    const progress = new Progress();
    for (let count = 0; count < 50_000; count++) {
      expect(progress.add(String(count))).toBe(count);
      progress.finish(count);
    }
    expect([progress.checkpoint, progress.open]).toEqual(['49999', 0]);
  });
});
