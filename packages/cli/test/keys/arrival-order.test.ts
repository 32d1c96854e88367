import fc from 'fast-check';
import type { StreamRecord } from '@millrace/kinesis/record';
import { expect, test } from 'vitest';

import { ArrivalOrder } from '../../src/keys/arrival-order.ts';

const record = (shardId: string, at: number): StreamRecord =>
  ({ shardId, arrivedAt: new Date(at) }) as StreamRecord;

/** Reads shards side by side, in batches, as fast as they are taken. */
async function readAll(
  shards: readonly (readonly number[])[],
  batch: number,
  most: number,
): Promise<readonly StreamRecord[]> {
  const seen: StreamRecord[] = [];
  const order = new ArrivalOrder(
    shards.map((_, shard) => String(shard)),
    (some) => {
      seen.push(some);
      if (seen.length >= most) order.stop();
    },
  );
  await Promise.all(
    shards.map(async (times, shard) => {
      const sorted = times.toSorted((a, b) => a - b);
      for (let at = 0; at < sorted.length; at += batch) {
        const records = sorted.slice(at, at + batch).map((time) => record(String(shard), time));
        await order.take(String(shard), records);
      }
      order.end(String(shard));
    }),
  );
  return seen;
}

test('records of all shards come in the order they arrived, each once, and cut off anywhere they are the oldest', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(times, { maxLength: 6 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 60 }),
      async (shards, batch, most) => {
        const seen = await readAll(shards, batch, most);
        const all = shards.flat().toSorted((a, b) => a - b);
        expect(seen.map(({ arrivedAt }) => arrivedAt.getTime())).toEqual(all.slice(0, most));
      },
    ),
  );
});

test('a shard that joins late, as one of a reshard does, is waited for from then on', async () => {
  const seen: number[] = [];
  const order = new ArrivalOrder(['parent'], ({ arrivedAt }) => seen.push(arrivedAt.getTime()));
  await order.take('parent', [record('parent', 1)]);
  order.end('parent');
  const child = order.take('child', [record('child', 2)]);
  const sibling = order.take('sibling', [record('sibling', 4)]);
  await child;
  expect(seen).toEqual([1, 2]);
  order.end('child');
  await sibling;
  expect(seen).toEqual([1, 2, 4]);
});
