import { cbor } from '@smithy/core/cbor';
import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { getRecords, getStoredRecords } from '../../src/api/operations/get-records.ts';
import { Service } from '../../src/api/service.ts';
import { encodeCborRecords } from '../../src/wire/cbor-records.ts';
import { encodeCbor } from '../../src/wire/cbor.ts';
import { createTestEngine } from '../engine/test-engine.ts';

const put = fc.record({
  data: fc.oneof(
    fc.uint8Array(),
    // A length takes more bytes from each of these on.
    fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536).map((length) => new Uint8Array(length).fill(7)),
  ),
  partitionKey: fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), fc.constant(undefined)),
  asText: fc.boolean(),
  laterMs: fc.constantFrom(0, 0, 0, 1, 1500),
});

test('records as they are stored read as each value written by itself would, up to the end of a shard', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(put, { maxLength: 12 }), fc.boolean(), async (puts, closed) => {
      const clock = createManualClock({ start: Date.UTC(2026, 0, 1) });
      const service = new Service(createTestEngine({ clock }));
      service.engine.createStream('orders', { shards: 1, distribution: 'AUTO' });
      for (const { data, partitionKey, asText, laterMs } of puts) {
        if (laterMs > 0) await clock.advance(laterMs);
        await service.call('PutRecord', {
          StreamName: 'orders',
          ...(partitionKey !== undefined && { PartitionKey: partitionKey }),
          Data: asText ? Buffer.from(data).toString('base64') : data,
        });
      }
      if (closed) service.engine.splitShard('orders', 'shardId-000000000000');
      const { ShardIterator } = service.call('GetShardIterator', {
        StreamName: 'orders',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }) as { readonly ShardIterator: string };
      const asStored = await service.run(
        'GetRecords',
        (...given) => encodeCborRecords(getStoredRecords(...given)),
        { ShardIterator },
      );
      const byValue = await service.run('GetRecords', (...given) => encodeCbor(getRecords(...given)), {
        ShardIterator,
      });
      expect(read(asStored)).toEqual(read(byValue));
    }),
    { numRuns: 50 },
  );
});

/** With data as text, which is compared many times faster. */
function read(answer: Uint8Array): object {
  const { Records, ...others } = cbor.deserialize(answer) as {
    readonly Records: readonly { readonly Data: Uint8Array }[];
  };
  return {
    ...others,
    records: Records.map((one) => ({ ...one, Data: Buffer.from(one.Data).toString('hex') })),
  };
}
