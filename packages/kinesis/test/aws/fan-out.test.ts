import { createConsumer, createProducer, defineStream, type Connection } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { deregisterStreamConsumer, registerStreamConsumer, serviceTime } from '@millrace/kinesis/source';
import { createLocalKinesis, startServer } from '@millrace/local';
import { describe, expect, test } from 'vitest';

import { KinesisClient } from '@aws-sdk/client-kinesis';

const orders = defineStream<{ id: number }>({ name: 'orders', key: (order) => `customer-${order.id % 7}` });
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const streams = { orders: { shards: 3 } };

interface Door extends AsyncDisposable {
  readonly connection: Required<Connection>;
}

const doors: readonly { readonly name: string; readonly open: () => Promise<Door> }[] = [
  {
    name: 'over HTTP/2',
    open: async () => {
      const server = await startServer({ port: 0, streams, registerConsumerTime: 300 });
      const connection = connect({ endpoint: server.endpoint, region: 'us-east-1', credentials });
      return {
        connection,
        [Symbol.asyncDispose]: async () => {
          await connection.close();
          await server.close();
        },
      };
    },
  },
  {
    name: 'through a client of one’s own, in this process',
    open: async () => {
      const kinesis = await createLocalKinesis({ streams, registerConsumerTime: 300 });
      const client = new KinesisClient({ ...kinesis.clientConfig, maxAttempts: 1 });
      return {
        connection: { ...connect({ kinesis: client }), leases: (group) => kinesis.connection.leases(group) },
        [Symbol.asyncDispose]: async () => {
          client.destroy();
          await kinesis.close();
        },
      };
    },
  },
];

describe.each(doors)('fan-out with the AWS SDK, $name', ({ open }) => {
  test('registers, reads what is there and what comes within moments, and deregisters', async () => {
    await using door = await open();
    const { connection } = door;
    await using producer = createProducer(orders, connection, { linger: 0 });
    await producer.putMany(Array.from({ length: 300 }, (_, id) => ({ id })));
    const consumer = createConsumer(orders, connection, {
      group: 'billing',
      from: 'oldest',
      retrieval: 'fan-out',
      fanOut: { deregister: true },
    });
    const seen = new Set<number>();
    let late: Promise<unknown> | undefined;
    for await (const { value } of consumer) {
      seen.add(value.id);
      if (seen.size === 300) late = producer.put({ id: 300 });
      if (seen.size === 301) break;
    }
    await late;
    expect(seen.size).toBe(301);
    const { arn } = await connection.reader.describeStream('orders');
    await expect(connection.fanOut.describeConsumer(arn, 'billing')).resolves.toBeUndefined();
  });

  test('a consumer is registered once however many ask, and deregistered by name', async () => {
    await using door = await open();
    const { connection } = door;
    const options = { stream: 'orders', name: 'audit' };
    const registered = await Promise.all([1, 2, 3].map(() => registerStreamConsumer(connection, options)));
    expect(new Set(registered.map(({ arn }) => arn)).size).toBe(1);
    expect(registered.every(({ status }) => status === 'ACTIVE')).toBe(true);
    await expect(deregisterStreamConsumer(connection, options)).resolves.toBe(true);
    await expect(deregisterStreamConsumer(connection, options)).resolves.toBe(false);
  });

  test('the service says what time it has, to the millisecond', async () => {
    await using door = await open();
    const before = Date.now();
    const said = await serviceTime(door.connection.reader, 'orders', 'shardId-000000000000');
    expect(said).toBeGreaterThanOrEqual(before);
    expect(said).toBeLessThanOrEqual(Date.now());
  });

  test('errors carry the service’s own name, when subscribing and later', async () => {
    await using door = await open();
    const { connection } = door;
    const { fanOut } = connection;
    const { arn } = await registerStreamConsumer(connection, { stream: 'orders', name: 'audit' });
    const shardId = 'shardId-000000000000';
    const controller = new AbortController();
    const events = await fanOut.subscribe(arn, shardId, { type: 'now' }, { signal: controller.signal });
    await expect(fanOut.subscribe(arn, shardId, { type: 'now' })).rejects.toMatchObject({
      retryable: true,
      details: { service: 'ResourceInUseException', shardId },
    });
    await expect(fanOut.subscribe(arn, 'shardId-000000000099', { type: 'now' })).rejects.toMatchObject({
      code: 'STREAM_NOT_FOUND',
    });
    const reading = (async () => {
      for await (const event of events) expect(event.records).toEqual([]);
    })();
    await deregisterStreamConsumer(connection, { stream: 'orders', name: 'audit' });
    await expect(reading).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
  });
});
