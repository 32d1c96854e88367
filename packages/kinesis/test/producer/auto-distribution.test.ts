import {
  createConsumer,
  createProducer,
  defineStream,
  rawStream,
  type StreamDefinition,
} from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import type { OutgoingRecord } from '@millrace/kinesis/record';
import { startServer } from '@millrace/local';
import {
  CreateStreamCommand,
  KinesisClient,
  UpdateStreamRecordDistributionStrategyCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

import { createFakeWriter } from './fake-writer.ts';

const schema = z.object({ id: z.string(), total: z.number() });
type Order = z.infer<typeof schema>;
const orders = defineStream({ name: 'orders', schema, distribution: 'auto' });
const writer = createFakeWriter();

describe('a stream that distributes its records itself', () => {
  test('has no key in its type, and asks for one when it does not', () => {
    expectTypeOf(orders).toEqualTypeOf<StreamDefinition<Order, Order, 'auto'>>();
    expectTypeOf(defineStream<Order>({ name: 'o', distribution: 'auto' })).toEqualTypeOf<
      StreamDefinition<Order, Order, 'auto'>
    >();
    expectTypeOf(defineStream({ name: 'o', schema, key: ({ id }) => id })).toEqualTypeOf<
      StreamDefinition<Order, Order, 'key'>
    >();
    expectTypeOf(rawStream('o', { distribution: 'auto' })).toEqualTypeOf<
      StreamDefinition<Pick<OutgoingRecord, 'data'>, Uint8Array, 'auto'>
    >();
    const noKey = refused('stream.key');
    // @ts-expect-error a stream distributes by key unless it says otherwise
    expect(() => defineStream({ name: 'o', schema })).toThrow(noKey);
    // @ts-expect-error there is no key to give
    expect(() => defineStream({ name: 'o', schema, distribution: 'auto', key: () => 'k' })).toThrow(noKey);
  });

  test('offers no order and no aggregation, in its types and without them', () => {
    // @ts-expect-error there are no keys to keep in order
    expect(() => createProducer(orders, { writer }, { ordering: 'key' })).toThrow(
      refused('producer.ordering'),
    );
    // @ts-expect-error no shard can be foretold
    expect(() => createProducer(orders, { writer }, { ordering: 'shard' })).toThrow(
      refused('producer.ordering'),
    );
    // @ts-expect-error an aggregate belongs to a key or to a shard
    expect(() => createProducer(orders, { writer }, { aggregation: 'shard' })).toThrow(
      refused('producer.aggregation'),
    );
    createProducer(orders, { writer }, { ordering: 'none', linger: 5 });
    const withKeys = defineStream({ name: 'o', schema, key: ({ id }) => id });
    createProducer(withKeys, { writer }, { ordering: 'key', aggregation: 'shard' });
    // One that may be either is checked when it runs.
    const either: StreamDefinition<Order> = orders;
    expect(() => createProducer(either, { writer }, { ordering: 'key' })).toThrow(
      refused('producer.ordering'),
    );
  });

  test('refuses headers, which need a key to be found again', async () => {
    const producer = createProducer(orders, { writer });
    await expect(producer.put({ id: '1', total: 1 }, { headers: { a: 'b' } })).rejects.toMatchObject({
      code: 'RECORD_INVALID',
      details: { path: 'headers' },
    });
  });

  test('a key that is missing elsewhere is still refused at the door', async () => {
    const producer = createProducer(rawStream('orders'), { writer });
    await expect(producer.put({ partitionKey: '', data: new Uint8Array(1) })).rejects.toMatchObject({
      code: 'RECORD_INVALID',
      details: { path: 'partitionKey' },
    });
  });

  test.each(['over the wire', 'in process'])(
    'stores what is put evenly over its shards, and gives it back (%s)',
    async (how) => {
      await using server = await startServer({ port: 0 });
      const options = {
        endpoint: server.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      };
      const client = new KinesisClient(options);
      await client.send(
        new CreateStreamCommand({ StreamName: 'orders', StreamModeDetails: { StreamMode: 'ON_DEMAND' } }),
      );
      const described = await waitUntilStreamExists(
        { client, minDelay: 1, maxWaitTime: 20 },
        { StreamName: 'orders' },
      );
      const { StreamDescription } = described.reason as { StreamDescription: { StreamARN: string } };
      await client.send(
        new UpdateStreamRecordDistributionStrategyCommand({
          StreamARN: StreamDescription.StreamARN,
          RecordDistributionStrategy: 'AUTO',
        }),
      );
      const connection = how === 'in process' ? server.kinesis.connection : connect(options);
      await using producer = createProducer(orders, connection);
      const values = Array.from({ length: 40 }, (_, n) => ({ id: `o-${n}`, total: n }));
      const receipts = await Promise.all(values.map((value) => producer.put(value)));
      expect(new Set(receipts.map(({ shardId }) => shardId)).size).toBe(4);
      expect(producer.hotKeys()).toEqual(new Map());
      const seen: Order[] = [];
      const consumer = createConsumer(orders, server.kinesis.connection, {
        group: 'readers',
        from: 'oldest',
        pollInterval: 5,
      });
      for await (const { value, partitionKey } of consumer) {
        expectTypeOf(value).toEqualTypeOf<Order>();
        expect(partitionKey).toBe('');
        if (seen.push(value) === values.length) break;
      }
      expect(seen.toSorted((a, b) => a.total - b.total)).toEqual(values);
      if (connection !== server.kinesis.connection) await connection.close();
      client.destroy();
    },
  );
});

function refused(path: string): unknown {
  return expect.objectContaining({ code: 'OPTION_INVALID', details: expect.objectContaining({ path }) });
}
