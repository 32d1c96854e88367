import { defineStream } from '@millrace/kinesis';
import { lostToS3, lostToSqs } from '@millrace/kinesis/aws';
import { createHandler, deadLetter, permanent, type KinesisHandler } from '@millrace/kinesis/lambda';
import { createLocalKinesis, type LocalKinesis } from '@millrace/local';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { createBuckets } from '../packages/cli/src/aws/buckets.ts';
import { createQueues } from '../packages/cli/src/aws/queues.ts';
import { runCli, type CliResult } from '../packages/cli/test/support/run-cli.ts';
import { startQueueAndBucket, type QueueAndBucket } from './queue-and-bucket.ts';

// Poison, from a handler behind a mapping through its sink and millrace dlq back into the stream, with the SDK's own clients.

interface Order {
  readonly id: string;
  readonly note: string;
}

const orders = defineStream<Order>({ name: 'orders', key: ({ id }) => id });
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

let there: QueueAndBucket;
let kinesis: LocalKinesis;
beforeEach(async () => {
  there = await startQueueAndBucket();
  kinesis = await createLocalKinesis({ streams: { orders: { shards: 1 } } });
});
afterEach(async () => {
  await kinesis[Symbol.asyncDispose]();
  await there[Symbol.asyncDispose]();
});

/** Handles all but what is called poison, until it is mended. */
function createShop(sink: Parameters<typeof deadLetter>[0]): {
  readonly handler: KinesisHandler;
  readonly handled: string[];
  mended: boolean;
} {
  const shop = {
    handled: [] as string[],
    mended: false,
    handler: createHandler(
      orders,
      ({ value: { id } }) => {
        if (id.startsWith('poison') && !shop.mended) throw permanent(new Error(`no customer of ${id}`));
        shop.handled.push(id);
      },
      { onPoison: deadLetter(sink), logger: { error: () => {} } },
    ),
  };
  return shop;
}

async function put(...values: readonly Order[]): Promise<void> {
  const entries = values.map(({ id, note }) => ({
    partitionKey: id,
    data: Buffer.from(JSON.stringify({ id, note })),
  }));
  await kinesis.connection.writer.write('orders', entries, {});
}

/** The command, on this Kinesis and the services beside it. */
async function millrace(...argv: readonly string[]): Promise<CliResult> {
  const { endpoint } = there;
  const s3 = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
  const sqs = new SQSClient({ endpoint, credentials, region: 'us-east-1' });
  const services = { buckets: async () => createBuckets(s3), queues: async () => createQueues(sqs) };
  const openKinesis = async (): Promise<never> =>
    ({
      connection: kinesis.connection,
      services,
      close: async () => {
        s3.destroy();
        sqs.destroy();
      },
    }) as never;
  return runCli(argv, { doors: { openKinesis }, env: { MILLRACE_LOCAL: '1' } });
}

const large = 'x'.repeat(4000);

test('poison goes to a queue, the large to its bucket, and both come back into the stream once the handler is mended', async () => {
  const { endpoint, queueUrl } = there;
  const options = { endpoint, credentials, region: 'us-east-1' };
  const shop = createShop(
    lostToSqs({ ...options, queueUrl, maxMessageBytes: 1024, overflow: { bucket: 'overflow' } }),
  );
  const mapping = await kinesis.mapping('orders', shop.handler, {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    choices: { polling: 'arrival' },
  });
  await put(
    { id: 'a', note: '' },
    { id: 'poison-small', note: '' },
    { id: 'b', note: '' },
    { id: 'poison-large', note: large },
    { id: 'c', note: '' },
  );
  await kinesis.settled({ mapping });
  expect(shop.handled).toEqual(['a', 'b', 'c']);
  expect([there.messages.size, there.objects.size]).toEqual([2, 1]);

  const listed = await millrace('dlq', 'ls', queueUrl);
  expect(listed).toMatchObject({
    code: 0,
    lines: [
      { kind: 'record', stream: 'orders', records: 1, hasBytes: true },
      { kind: 'record', stream: 'orders', records: 1, hasBytes: true },
    ],
  });
  const shown = await millrace('dlq', 'show', queueUrl);
  expect(shown.lines.map(({ value }) => value)).toEqual([
    { id: 'poison-small', note: '' },
    { id: 'poison-large', note: large },
  ]);
  expect(shown.stderr).toContain('no customer of poison-large');

  const dry = await millrace('dlq', 'redrive', queueUrl, '--into', 'stream:orders');
  expect(dry.lines).toMatchObject([{ status: 'ready' }, { status: 'ready' }]);
  shop.mended = true;
  const done = await millrace('dlq', 'redrive', queueUrl, '--into', 'stream:orders', '--yes', '--delete');
  expect(done).toMatchObject({ code: 0, lines: [{ status: 'redriven' }, { status: 'redriven' }] });
  await kinesis.settled({ mapping });
  expect(shop.handled).toEqual(['a', 'b', 'c', 'poison-small', 'poison-large']);
  expect([there.messages.size, there.objects.size]).toEqual([0, 0]);
}, 30_000);

test('poison goes to a bucket, and comes back from it', async () => {
  const options = { endpoint: there.endpoint, credentials, region: 'us-east-1' };
  const shop = createShop(lostToS3({ ...options, bucket: 'lost-orders' }));
  const mapping = await kinesis.mapping('orders', shop.handler, {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    choices: { polling: 'arrival' },
  });
  await put({ id: 'a', note: '' }, { id: 'poison', note: large }, { id: 'b', note: '' });
  await kinesis.settled({ mapping });
  expect(shop.handled).toEqual(['a', 'b']);
  shop.mended = true;
  const argv = ['dlq', 'redrive', 's3://lost-orders/lost/', '--into', 'stream:orders', '--yes', '--delete'];
  expect(await millrace(...argv)).toMatchObject({ code: 0, lines: [{ status: 'redriven', records: 1 }] });
  await kinesis.settled({ mapping });
  expect(shop.handled).toEqual(['a', 'b', 'poison']);
  expect(there.objects.size).toBe(0);
}, 30_000);

test('while the queue is away the record is retried, and nothing behind it is handled', async () => {
  const shop = createShop(
    lostToSqs({
      endpoint: 'http://127.0.0.1:1',
      queueUrl: 'http://127.0.0.1:1/123456789012/away',
      credentials,
      region: 'us-east-1',
      deadline: '1ms',
    }),
  );
  const failures = 'arn:aws:sqs:us-east-1:000000000000:given-up';
  const mapping = await kinesis.mapping('orders', shop.handler, {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: 2,
    BatchSize: 2,
    DestinationConfig: { OnFailure: { Destination: failures } },
    choices: { backoff: { first: 0, longest: 0 }, polling: 'arrival' },
  });
  await put({ id: 'poison', note: '' }, { id: 'b', note: '' });
  await kinesis.settled({ mapping });
  // Given up by the mapping, not lost: its document names both.
  const [document] = (await kinesis.lambda()).destinations.messages(failures);
  expect(JSON.parse(document?.body ?? '')).toMatchObject({
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
    KinesisBatchInfo: { batchSize: 2 },
  });
  expect(shop.handled).toEqual([]);
}, 30_000);
