import {
  createConsumer,
  createProducer,
  defineStream,
  rawStream,
  type Connection,
  type StreamRecord,
} from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { startServer, type LocalServer, type ServerOptions } from '@millrace/local';
import { afterEach, beforeEach, expect, test } from 'vitest';

const orders = defineStream<{ id: number }>({ name: 'orders', key: (order) => `customer-${order.id % 7}` });
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

let server: LocalServer;
let connection: Connection;

async function start(options: ServerOptions): Promise<void> {
  server = await startServer(options);
  connection = connect({ endpoint: server.endpoint, region: 'us-east-1', credentials });
}

beforeEach(() => start({ port: 0, streams: { orders: { shards: 3 } } }));
afterEach(async () => {
  await connection.close();
  await server.close();
});

test('the same producer and consumer run through the AWS SDK, with leases in DynamoDB', async () => {
  await using producer = createProducer(orders, connection, { aggregation: 'key' });
  await producer.putMany(Array.from({ length: 1000 }, (_, id) => ({ id })));
  const consumer = createConsumer(orders, connection, { group: 'billing', from: 'oldest', pollInterval: 10 });
  const seen = new Set<number>();
  for await (const { value } of consumer) {
    seen.add(value.id);
    if (seen.size === 1000) break;
  }
  expect(seen.size).toBe(1000);
  const leases = await connection.leases('billing').list();
  expect(leases.map(({ leaseKey }) => leaseKey).toSorted()).toEqual([
    'shardId-000000000000',
    'shardId-000000000001',
    'shardId-000000000002',
  ]);
});

test('calls are signed right, the first as those after it, with credentials that are renewed', async () => {
  await connection.close();
  await server.close();
  await start({
    port: 0,
    streams: { orders: { shards: 3 } },
    verifySignatures: { first: 'secret of the first', second: 'secret of the second' },
  });
  await connection.close();
  const users: string[] = [];
  connection = connect({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: async () => {
      const accessKeyId = users.length % 2 === 0 ? 'first' : 'second';
      users.push(accessKeyId);
      // Always about to expire, so that the SDK asks for others.
      const expiration = new Date(Date.now() + 1000);
      return { accessKeyId, secretAccessKey: `secret of the ${accessKeyId}`, expiration };
    },
  });
  for (let call = 0; call < 4; call++) {
    const data = new TextEncoder().encode(`number ${call}`);
    const outcomes = await connection.writer.write('orders', [{ partitionKey: `k${call}`, data }], {});
    expect(outcomes).toMatchObject([{ ok: true }]);
  }
  expect(new Set(users)).toEqual(new Set(['first', 'second']));
});

test('explicit hash keys, bytes and arrival times come through unchanged', async () => {
  const raw = rawStream('orders');
  const producer = createProducer(raw, connection);
  const data = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const top = String(2n ** 128n - 1n);
  const receipt = await producer.put({ partitionKey: 'ключ', explicitHashKey: top, data });
  await producer.close();
  expect(receipt.shardId).toBe('shardId-000000000002');
  const consumer = createConsumer(raw, connection, { group: 'readers', from: 'oldest', pollInterval: 10 });
  let seen: StreamRecord | undefined;
  for await (const record of consumer) {
    seen = record;
    break;
  }
  expect(seen).toMatchObject({ partitionKey: 'ключ', sequenceNumber: receipt.sequenceNumber });
  expect(seen?.value).toEqual(data);
  expect(Math.abs(Date.now() - (seen?.arrivedAt.getTime() ?? 0))).toBeLessThan(60_000);
});

test('an unknown stream is named in a typed error, by producer and consumer', async () => {
  const missing = rawStream('nowhere');
  const producer = createProducer(missing, connection);
  const put = producer.put({ partitionKey: 'k', data: new Uint8Array(1) });
  await expect(put).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND', details: { stream: 'nowhere' } });
  const consumer = createConsumer(missing, connection, { group: 'readers', from: 'oldest' });
  await expect(consumer.run({ eachRecord: () => {} })).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
});

test('a record larger than the stream allows is rejected alone, with the rest of its call stored', async () => {
  const producer = createProducer(rawStream('orders'), connection, { maxRecordBytes: 2_097_152, linger: 5 });
  const small = producer.put({ partitionKey: 'k', data: new Uint8Array(10) });
  const large = producer.put({ partitionKey: 'k', data: new Uint8Array(1_500_000) });
  await expect(large).rejects.toMatchObject({ code: 'PUT_REJECTED' });
  await expect(small).resolves.toMatchObject({ shardId: expect.stringContaining('shardId-') });
});

test('many large requests are under way at once, and so are large answers', async () => {
  const raw = rawStream('orders');
  const producer = createProducer(raw, connection, {
    maxInFlight: 16,
    linger: 0,
    maxRequestBytes: 1_048_576,
  });
  const data = new Uint8Array(1_000_000);
  const receipts = Array.from({ length: 48 }, (_, n) => producer.put({ partitionKey: `k${n}`, data }));
  for (const { attempts } of await Promise.all(receipts)) expect(attempts).toBe(1);
  const { reader } = connection;
  const shards = await reader.listShards('orders');
  const reads = shards
    .flatMap(({ shardId }) => [shardId, shardId, shardId])
    .map(async (shardId) => {
      const iterator = await reader.openIterator('orders', shardId, { type: 'oldest' });
      return reader.read(iterator, { stream: 'orders', limit: 10 });
    });
  for (const { records } of await Promise.all(reads)) expect(records.length).toBeGreaterThan(0);
}, 20_000);

test('a closed port is retried until the deadline, then told with the endpoint', async () => {
  await server.close();
  const producer = createProducer(rawStream('orders'), connection, { deadline: 300, linger: 0 });
  await expect(producer.put({ partitionKey: 'k', data: new Uint8Array(1) })).rejects.toMatchObject({
    code: 'PUT_DEADLINE',
    cause: { code: 'ENDPOINT_UNREACHABLE', retryable: true },
  });
  await start({ port: 0, streams: {} });
});

test('credentials and region the service refuses are told at once', async () => {
  await server.close();
  await connection.close();
  server = await startServer({
    port: 0,
    streams: { orders: {} },
    accessKeyIds: ['known'],
    enforceRegion: true,
    region: 'eu-west-1',
  });
  const known = { accessKeyId: 'known', secretAccessKey: 'x' };
  for (const wrong of [
    { region: 'eu-west-1', credentials },
    { region: 'us-east-1', credentials: known },
  ]) {
    const refused = connect({ endpoint: server.endpoint, ...wrong });
    await expect(refused.reader.listShards('orders')).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
    await refused.close();
  }
  connection = connect({ endpoint: server.endpoint, region: 'eu-west-1', credentials: known });
  await expect(connection.reader.listShards('orders')).resolves.toHaveLength(1);
});
