import { request } from 'node:http';
import { connect } from 'node:http2';

import {
  DeregisterStreamConsumerCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  SubscribeToShardCommand,
  type KinesisClientConfig,
  type SubscribeToShardEvent,
  type SubscribeToShardEventStream,
} from '@aws-sdk/client-kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, test, vi } from 'vitest';

import { registerConsumer } from '../../src/engine/consumers.ts';
import { createLocalKinesis, startServer, type LocalKinesis } from '../../src/index.ts';

interface Door extends AsyncDisposable {
  readonly kinesis: LocalKinesis;
  readonly config: KinesisClientConfig;
}

const streams = { orders: { shards: 1 } };
const shardId = 'shardId-000000000000';

async function openSocket(options: { readonly http1: boolean }): Promise<Door> {
  const server = await startServer({ port: 0, streams });
  return {
    kinesis: server.kinesis,
    config: {
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      ...(options.http1 ? { requestHandler: new NodeHttpHandler() } : {}),
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

const doors: readonly { readonly name: string; readonly open: () => Promise<Door> }[] = [
  {
    name: 'in the same process',
    open: async () => {
      const kinesis = await createLocalKinesis({ streams });
      return { kinesis, config: kinesis.clientConfig, [Symbol.asyncDispose]: () => kinesis.close() };
    },
  },
  { name: 'over HTTP/2', open: () => openSocket({ http1: false }) },
  { name: 'over HTTP/1.1', open: () => openSocket({ http1: true }) },
];

describe.each(doors)('SubscribeToShard of the AWS SDK $name', ({ open }) => {
  test('hears each record, then of the children when the shard is split, and ends', async () => {
    await using door = await open();
    const client = new KinesisClient(door.config);
    const arn = await register(client, 'billing');
    const events = await subscribe(client, arn);
    const data = Buffer.from('äöü one');
    const { SequenceNumber } = await client.send(
      new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'ada', Data: data }),
    );
    const first = await next(events);
    expect(first?.Records?.map((record) => Buffer.from(record.Data ?? []))).toEqual([data]);
    expect(first?.Records?.[0]).toMatchObject({ PartitionKey: 'ada', SequenceNumber });
    expect(first?.Records?.[0]?.ApproximateArrivalTimestamp).toBeInstanceOf(Date);
    expect(first?.ContinuationSequenceNumber).toBe(SequenceNumber);
    await client.send(
      new SplitShardCommand({
        StreamName: 'orders',
        ShardToSplit: shardId,
        NewStartingHashKey: (2n ** 127n).toString(),
      }),
    );
    const last = await next(events);
    expect(last?.ContinuationSequenceNumber).toBeUndefined();
    expect(last?.ChildShards?.map((child) => child.ShardId)).toEqual([
      'shardId-000000000001',
      'shardId-000000000002',
    ]);
    expect(await next(events)).toBeUndefined();
    client.destroy();
  });

  test('carries five megabytes of records as they were put, in order', async () => {
    await using door = await open();
    const client = new KinesisClient(door.config);
    const events = await subscribe(client, await register(client, 'billing'), 'TRIM_HORIZON');
    for (let call = 0; call < 5; call++) {
      await client.send(
        new PutRecordsCommand({
          StreamName: 'orders',
          Records: Array.from({ length: 100 }, (_, n) => ({
            PartitionKey: `key-${call}-${n}`,
            Data: payload(n),
          })),
        }),
      );
    }
    const seen: number[] = [];
    while (seen.length < 500) {
      const event = await next(events);
      for (const record of event?.Records ?? []) {
        if (!payload(seen.length % 100).equals(record.Data ?? new Uint8Array(0)))
          throw new Error('other bytes');
        seen.push(seen.length);
      }
    }
    expect(seen).toHaveLength(500);
    client.destroy();
  });

  test('is refused, ended and told why with the errors the SDK knows', async () => {
    await using door = await open();
    const client = new KinesisClient(door.config);
    const arn = await register(client, 'billing');
    const events = await subscribe(client, arn);
    await expect(subscribe(client, arn)).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await expect(subscribe(client, arn.replace('billing', 'audit'))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const end = events.next();
    await client.send(new DeregisterStreamConsumerCommand({ ConsumerARN: arn }));
    const reason: unknown = await end.then(
      ({ value }) => value,
      (error: unknown) => error,
    );
    expect(JSON.stringify(reason) + String(reason)).toContain('Consumer billing under stream: orders');
    client.destroy();
  });
});

test.each(['HTTP/1.1', 'HTTP/2'])(
  'a client that goes away over %s ends its subscription',
  async (protocol) => {
    await using server = await startServer({ port: 0, streams });
    const { engine } = server.kinesis;
    const consumer = registerConsumer(engine, engine.stream('orders'), 'billing');
    const leave = await (protocol === 'HTTP/2' ? openHttp2 : openHttp1)(
      server.endpoint,
      JSON.stringify({ ConsumerARN: consumer.arn, ShardId: shardId, StartingPosition: { Type: 'LATEST' } }),
    );
    const subscription = consumer.subscriptions.get(0);
    expect(subscription?.ended).toBe(false);
    leave();
    await vi.waitFor(() => expect(subscription?.ended).toBe(true));
  },
);

test('a subscription that its signal aborts leaves nothing behind in the same process', async () => {
  const clock = createManualClock();
  await using kinesis = await createLocalKinesis({ streams, clock });
  const client = new KinesisClient(kinesis.clientConfig);
  const arn = await register(client, 'billing');
  const abort = new AbortController();
  const { EventStream } = await client.send(
    new SubscribeToShardCommand({
      ConsumerARN: arn,
      ShardId: shardId,
      StartingPosition: { Type: 'LATEST' },
    }),
    { abortSignal: abort.signal },
  );
  const events = (EventStream as AsyncIterable<SubscribeToShardEventStream>)[Symbol.asyncIterator]();
  const pending = events.next();
  await clock.settle();
  expect(clock.pending).toBe(1);
  abort.abort();
  expect(await pending).toEqual({ done: true, value: undefined });
  expect(clock.pending).toBe(0);
});

function payload(n: number): Buffer {
  return Buffer.alloc(10_000, n);
}

async function register(client: KinesisClient, name: string): Promise<string> {
  const { Consumer } = await client.send(
    new RegisterStreamConsumerCommand({
      StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
      ConsumerName: name,
    }),
  );
  return Consumer?.ConsumerARN ?? '';
}

async function subscribe(
  client: KinesisClient,
  arn: string,
  type: 'LATEST' | 'TRIM_HORIZON' = 'LATEST',
): Promise<AsyncIterator<SubscribeToShardEventStream>> {
  const { EventStream } = await client.send(
    new SubscribeToShardCommand({
      ConsumerARN: arn,
      ShardId: shardId,
      StartingPosition: { Type: type },
    }),
  );
  if (EventStream === undefined) throw new Error('There is no event stream.');
  return EventStream[Symbol.asyncIterator]();
}

async function next(
  events: AsyncIterator<SubscribeToShardEventStream>,
): Promise<SubscribeToShardEvent | undefined> {
  const result = await events.next();
  if (result.done === true) return undefined;
  if (result.value.SubscribeToShardEvent === undefined) throw new Error(JSON.stringify(result.value));
  return result.value.SubscribeToShardEvent;
}

const headers = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'Kinesis_20131202.SubscribeToShard',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0',
};

/** Subscribes, waits for the first bytes, and answers how to go away. */
function openHttp1(endpoint: string, body: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const call = request(endpoint, { method: 'POST', headers }, (response) => {
      response.on('error', () => undefined);
      response.once('data', () => resolve(() => call.destroy()));
    });
    call.on('error', reject);
    call.end(body);
  });
}

function openHttp2(endpoint: string, body: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const session = connect(endpoint);
    const call = session.request({ ':method': 'POST', ':path': '/', ...headers });
    call.on('error', reject);
    call.once('data', () => resolve(() => session.destroy()));
    call.end(body);
  });
}
