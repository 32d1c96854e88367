import {
  DescribeStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis';
import { createConsumer, createProducer, defineStream } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';

import { streamArn, type World } from './world.ts';

const orders = defineStream<{ id: number; text?: string }>({ name: 'orders', key: ({ id }) => String(id) });
const shard = { StreamName: 'orders', ShardId: 'shardId-000000000000' };

/** A role at work; resolves when everything is done, rejects when something is refused. */
export type Job = (world: World, signal: AbortSignal) => Promise<void>;

export const produce =
  (aggregation: 'none' | 'shard'): Job =>
  async ({ kinesis, dynamodb }) => {
    const producer = createProducer(orders, connect({ kinesis, dynamodb }), { aggregation, deadline: '2s' });
    try {
      const receipts = await Promise.all([1, 2, 3, 4, 5, 6].map((id) => producer.put({ id })));
      // More than a stream takes unless it is raised.
      await producer.put({ id: 7, text: 'x'.repeat(1_500_000) });
      const stored = new Set(receipts.map(({ sequenceNumber }) => sequenceNumber)).size;
      if (aggregation === 'shard' && stored === receipts.length) throw new Error('nothing was aggregated');
    } finally {
      await producer.close();
    }
  };

/** Reads, follows a split, then forgets a lease: everything a consumer ever does. */
export const consume =
  (retrieval: 'polling' | 'fan-out'): Job =>
  async (world, signal) => {
    const connection = connect({ kinesis: world.kinesis, dynamodb: world.dynamodb });
    const consumer = createConsumer(orders, connection, {
      group: 'billing',
      from: 'oldest',
      retrieval,
      leaseDuration: '300ms',
      pollInterval: '20ms',
      idlePollInterval: '20ms',
      fanOut: { consumerName: 'billing' },
    });
    const stop = new AbortController();
    let handled = 0;
    await world.put(5);
    await consumer.run({
      async eachRecord() {
        handled++;
        if (handled === 5) {
          await world.split();
          await world.put(5);
        }
        if (handled === 10) stop.abort();
      },
      signal: AbortSignal.any([stop.signal, signal]),
    });
    if (handled < 10) throw new Error(`only ${handled} of 10 records were handled`);
    const leases = connection.leases('billing');
    for (const { leaseKey } of await leases.list()) await leases.delete(leaseKey);
    await connection.close();
  };

/** The calls Lambda's pollers make as the role of a function, as its guide lists them. */
export const poll =
  (byFanOut: boolean): Job =>
  async (world) => {
    const { kinesis } = world;
    await world.put(1);
    await kinesis.send(new DescribeStreamCommand({ StreamName: 'orders' }));
    await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: 'orders' }));
    await kinesis.send(new ListShardsCommand({ StreamName: 'orders' }));
    // By fan-out, too: a batch that failed is read again so.
    const iterator = new GetShardIteratorCommand({ ...shard, ShardIteratorType: 'TRIM_HORIZON' });
    const { ShardIterator } = await kinesis.send(iterator);
    await kinesis.send(new GetRecordsCommand({ ShardIterator }));
    if (!byFanOut) return;
    const { ConsumerDescription: found } = await kinesis.send(
      new DescribeStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: 'billing' }),
    );
    const { EventStream: events } = await kinesis.send(
      new SubscribeToShardCommand({
        ConsumerARN: found?.ConsumerARN,
        ShardId: shard.ShardId,
        StartingPosition: { Type: 'TRIM_HORIZON' },
      }),
    );
    for await (const event of events ?? [])
      if ((event.SubscribeToShardEvent?.Records?.length ?? 0) > 0) break;
  };
