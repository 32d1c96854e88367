import { expect, test } from 'vitest';

import { createManualClock } from '@millrace/kinesis/testing';

import { createLocalKinesis } from '../../src/index.ts';
import { MemoryHeap } from '../../src/engine/record-heap.ts';

const mebibyte = 1024 * 1024;

test('blocks that are done with are written again, those that are needed never', () => {
  const heap = new MemoryHeap();
  const head = new Uint8Array(16);
  const put = (byte: number) => heap.append([head, new Uint8Array(mebibyte / 2).fill(byte)], 1);
  const places = Array.from({ length: 40 }, (_, byte) => put(byte));
  const kept = places.filter((_place, at) => at % 3 === 0);
  for (const place of places) if (!kept.includes(place)) heap.release(place.block);
  const seen = new Set(kept.map((place) => heap.read(place).bytes));
  const later = Array.from({ length: 20 }, () => put(255));
  for (const place of kept) {
    const { bytes, offset } = heap.read(place);
    expect(bytes[offset + head.length + 1]).toBe(places.indexOf(place));
  }
  for (const place of later) expect(seen.has(heap.read(place).bytes)).toBe(false);
});

test('what was read stays what it was when its stream is deleted and others are written', async () => {
  await using kinesis = await createLocalKinesis({ clock: createManualClock() });
  const { engine, connection } = kinesis;
  const read: Uint8Array[] = [];
  for (let turn = 0; turn < 6; turn++) {
    engine.createStream('orders', { shards: 1, atOnce: true });
    for (let each = 0; each < 8; each++) {
      await connection.writer.write(
        'orders',
        [{ partitionKey: 'a', data: new Uint8Array(300_000).fill(turn) }],
        {},
      );
    }
    const iterator = await connection.reader.openIterator('orders', 'shardId-000000000000', {
      type: 'oldest',
    });
    const { records } = await connection.reader.read(iterator, { stream: 'orders', limit: 100 });
    read.push(...records.map(({ data }) => data));
    engine.deleteStream('orders');
  }
  expect(read.map((data) => new Set(data))).toEqual(read.map((_data, at) => new Set([Math.floor(at / 8)])));
});
