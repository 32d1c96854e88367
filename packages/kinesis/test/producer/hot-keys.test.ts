import { createProducer, rawStream } from '@millrace/kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { HotKeys } from '../../src/producer/hot-keys.ts';
import { createFakeWriter } from './fake-writer.ts';

test('a key with more than a sixty-fourth of the records is always found, and never counted too low', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 400 }), { minLength: 200, maxLength: 2000 }), (noise) => {
      const sketch = new HotKeys();
      const counts = new Map<string, number>();
      const heavy = Math.ceil(noise.length / 20);
      const keys = [...noise.map((n) => `key-${n}`), ...Array.from({ length: heavy }, () => 'heavy')];
      for (const key of keys.toSorted((a, b) => ((a.length * 7) % 3) - ((b.length * 7) % 3))) {
        sketch.add('shard', key, 1);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const top = sketch.top(64).get('shard') ?? [];
      expect(top.map(({ partitionKey }) => partitionKey)).toContain('heavy');
      for (const { partitionKey, records, overcount } of top) {
        const real = counts.get(partitionKey) ?? 0;
        expect(records).toBeGreaterThanOrEqual(real);
        expect(records - overcount).toBeLessThanOrEqual(real);
      }
    }),
    { numRuns: 50 },
  );
});

test('a producer tells the heaviest keys of each shard', async () => {
  const clock = createManualClock();
  const producer = createProducer(
    rawStream('s'),
    { writer: createFakeWriter() },
    { clock, aggregation: 'key' },
  );
  for (let n = 0; n < 100; n++) {
    void producer.put({ partitionKey: n % 4 === 0 ? `rare-${n}` : 'hot', data: new Uint8Array(1) });
  }
  await producer.close();
  expect(producer.hotKeys(1)).toEqual(
    new Map([['shardId-000000000000', [{ partitionKey: 'hot', records: 75, overcount: 0 }]]]),
  );
});
