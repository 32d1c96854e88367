import { sleep } from '@millrace/kinesis/runtime';
import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { handleByKey } from '../../src/process/key-lanes.ts';

interface Job {
  readonly key: string;
  readonly index: number;
  readonly ms: number;
  readonly fails: boolean;
}

const jobs: fc.Arbitrary<readonly Job[]> = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      // Many are done at once, without a promise.
      ms: fc.oneof(fc.constant(0), fc.nat({ max: 50 })),
      fails: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map((job, index) => ({ ...job, index })));

test('one key stays in order, lanes stay bounded, and the watermark never passes an unfinished record', async () => {
  await fc.assert(
    fc.asyncProperty(jobs, fc.integer({ min: 1, max: 8 }), async (list, concurrency) => {
      const clock = createManualClock();
      const finished = new Set<number>();
      const order = new Map<string, number[]>();
      let running = 0;
      let most = 0;
      let watermark = -1;
      const end = ({ index, fails }: Job): true => {
        running--;
        if (fails) throw new Error(`job ${index}`);
        finished.add(index);
        return true;
      };
      const done = handleByKey(list, {
        concurrency,
        keyOf: ({ key }) => key,
        handle: (job) => {
          most = Math.max(most, ++running);
          order.set(job.key, [...(order.get(job.key) ?? []), job.index]);
          return job.ms === 0 ? end(job) : sleep(clock, job.ms).then(() => end(job));
        },
        advanced: ({ index }) => {
          expect(index).toBeGreaterThan(watermark);
          watermark = index;
          for (let at = 0; at <= index; at++) expect(finished.has(at)).toBe(true);
        },
      }).then(
        () => 'fine',
        (error: unknown) => String(error),
      );
      await clock.advance(10_000);
      const outcome = await done;
      expect(most).toBeLessThanOrEqual(concurrency);
      for (const indexes of order.values()) expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
      const failed = list.some(({ fails }) => fails);
      expect(outcome).toMatch(failed ? /^Error: job/ : /^fine$/);
      expect(watermark === list.length - 1).toBe(!failed);
    }),
    { numRuns: 200 },
  );
});

test('keys really run side by side', async () => {
  const clock = createManualClock();
  const done = handleByKey(['a', 'b', 'c', 'a'], {
    concurrency: 3,
    keyOf: (key) => key,
    handle: async () => {
      await sleep(clock, 100);
      return true;
    },
    advanced: () => {},
  });
  await clock.advance(200);
  await done;
  expect(clock.pending).toBe(0);
});

test('records that are done at once are handled in their order until one is not, and a stop among them starts nothing more', async () => {
  const started: number[] = [];
  const told: number[] = [];
  await handleByKey([0, 1, 2, 3], {
    concurrency: 2,
    keyOf: (index) => String(index % 2),
    handle: (index) => {
      started.push(index);
      return index !== 2;
    },
    advanced: (index) => told.push(index),
  });
  expect([started, told]).toEqual([
    [0, 1, 2],
    [0, 1],
  ]);
});

test('a stop lets what runs finish and starts nothing more', async () => {
  const started: string[] = [];
  await handleByKey(['a', 'b', 'c', 'd'], {
    concurrency: 2,
    keyOf: (key) => key,
    handle: async (key) => {
      started.push(key);
      await Promise.resolve();
      return key !== 'a';
    },
    advanced: () => {},
  });
  expect(started).not.toContain('d');
});
