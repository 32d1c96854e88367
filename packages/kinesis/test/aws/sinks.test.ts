import { createProducer, MillraceError, rawStream, type LostRecord } from '@millrace/kinesis';
import { lostToS3, lostToSqs, readLostRecord } from '@millrace/kinesis/aws';
import { toSequenceNumber } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { startFakeServices, type Failure, type FakeServices } from './fake-services.ts';

const region = 'eu-west-1';
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };

// The SDK's clients are loaded by the first test that needs them, which takes a while on a busy machine.
vi.setConfig({ testTimeout: 20_000 });

let services: FakeServices;
let clock: ManualClock;
beforeEach(async () => {
  services = await startFakeServices();
  clock = createManualClock();
});
afterEach(() => {
  vi.unstubAllEnvs();
  return services[Symbol.asyncDispose]();
});

function lostRecord(bytes = 3, partitionKey = 'ключ\uffff'): LostRecord {
  return {
    stream: 'orders',
    record: {
      partitionKey,
      explicitHashKey: '42',
      headers: { traceparent: '00-1' },
      data: Uint8Array.from({ length: bytes }, (_, index) => index & 255),
    },
    error: new MillraceError('HANDLER_FAILED', 'It threw.', { advice: 'Mend it.' }),
    position: {
      shardId: 'shardId-000000000001',
      sequenceNumber: toSequenceNumber('49590338271490256608559692538361571095921575989136588898'),
      subSequenceNumber: 3,
      arrivedAt: new Date('2026-01-02T03:04:05.678Z'),
      attempts: 5,
    },
  };
}

const common = (time: Clock = clock) => ({ region, credentials, clock: time, endpoint: services.endpoint });

/** Runs back-offs only: an answer over a socket takes real time, which the limit of its own must not overtake. */
const backOffs = (): Clock => ({
  ...clock,
  timer: (ms, task) => (ms < 15_000 ? clock.timer(ms, task) : { [Symbol.dispose]: () => {} }),
});

/** Runs the clock until the promise settles, so that back-offs take no time. */
async function settle<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const state = { done: false };
  const ended = Promise.allSettled([promise]).finally(() => (state.done = true));
  while (!state.done) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.pending > 0) await clock.next();
  }
  const [result] = await ended;
  return result;
}

test('a queue holds the record with its bytes, place, reason and attempts, and gives all of it back', async () => {
  const lost = lostRecord();
  await lostToSqs({ ...common(), queueUrl: services.queueUrl })(lost);
  const { MessageBody = '', MessageGroupId } = services.messages[0] ?? {};
  expect(MessageGroupId).toBeUndefined();
  expect(MessageBody).toMatch(/^[\u0020-\u007e]*$/);
  const read = await readLostRecord(MessageBody);
  const { stream, record, position } = lost;
  expect(read).toEqual({
    stream,
    record,
    position,
    error: { code: 'HANDLER_FAILED', message: lost.error.message },
    lostAt: new Date('2026-01-01T00:00:00.000Z'),
  });
});

test('a bucket holds it under stream and day, and gives it back', async () => {
  const lost = lostRecord();
  await lostToS3({ ...common(), bucket: 'dead', prefix: 'p/' })(lost);
  const [[key, body] = ['', '']] = services.objects;
  expect(key).toMatch(/^\/dead\/p\/orders\/2026\/01\/01\/2026-01-01T00:00:00.000Z-[0-9a-f]{32}\.json$/);
  expect((await readLostRecord(body)).record).toEqual(lost.record);
});

test('where the environment names endpoints, as it does on a laptop, queues and buckets are there', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', services.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', services.endpoint);
  const lost = lostRecord(900_000);
  await lostToSqs({ region, credentials, queueUrl: services.queueUrl, overflow: { bucket: 'large' } })(lost);
  expect(services.messages).toHaveLength(1);
  expect([...services.objects.keys()]).toEqual([expect.stringMatching(/^\/large\/lost\/orders\//)]);
});

test('a document too large for the queue goes to the bucket; the message says where, and the reader follows', async () => {
  const lost = lostRecord(900_000);
  const sink = lostToSqs({ ...common(), queueUrl: services.queueUrl, overflow: { bucket: 'large' } });
  await sink(lost);
  const { MessageBody = '' } = services.messages[0] ?? {};
  expect(MessageBody.length).toBeLessThan(500);
  expect(services.calls).toEqual(['PUT', 'SendMessage']);
  const read = await readLostRecord(MessageBody, common());
  expect(Buffer.compare(read.record.data, lost.record.data)).toBe(0);
  expect(read.position).toEqual(lost.position);
});

test('a queue set to 256 KiB sends less to itself; without a bucket the size is told', async () => {
  const lost = lostRecord(250_000);
  const queueUrl = services.queueUrl;
  await lostToSqs({ ...common(), queueUrl })(lost);
  expect(services.messages).toHaveLength(1);
  const small = lostToSqs({ ...common(), queueUrl, maxMessageBytes: 262_144 });
  await expect(small(lost)).rejects.toMatchObject({
    code: 'RECORD_INVALID',
    details: { path: 'document', allowed: 'at most 262144 bytes' },
  });
  expect(() => lostToSqs({ queueUrl, maxMessageBytes: 2 ** 21 })).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  );
});

test('in a queue of first in, first out each partition key is a group', async () => {
  const sink = lostToSqs({ ...common(), queueUrl: `${services.queueUrl}.fifo` });
  for (const key of ['a', 'b', 'a']) await sink(lostRecord(3, key));
  const groups = services.messages.map(({ MessageGroupId }) => MessageGroupId);
  expect(groups[0]).toBe(groups[2]);
  expect(groups[0]).not.toBe(groups[1]);
});

type Open = (time?: Clock) => (lost: LostRecord) => Promise<void>;

const sinks: readonly (readonly [string, Open])[] = [
  ['a queue', (time = backOffs()) => lostToSqs({ ...common(time), queueUrl: services.queueUrl })],
  ['a bucket', (time = backOffs()) => lostToS3({ ...common(time), bucket: 'dead' })],
];

test.each(
  sinks.flatMap(([name, open]) =>
    (['throttled', 'broken', 'cut'] as const).map((failure) => ({ name, open, failure })),
  ),
)(
  '$name that is $failure for a while gets the record in the end',
  async ({ open, failure }: { open: Open; failure: Failure }) => {
    services.fail(4, failure);
    await expect(settle(open()(lostRecord()))).resolves.toMatchObject({ status: 'fulfilled' });
    expect(services.calls).toHaveLength(5);
    expect(services.messages.length + services.objects.size).toBe(1);
  },
);

test.each(sinks)('%s that is not there is told at once, by name', async (_name, open) => {
  services.fail(1, 'missing');
  await expect(open()(lostRecord())).rejects.toMatchObject({
    retryable: false,
    message: expect.stringMatching(/(queue|bucket) .*(QueueDoesNotExist|NoSuchBucket)/),
  });
  expect(services.calls).toHaveLength(1);
});

test.each(sinks)('%s that stays away is given up at the deadline', async (_name, open) => {
  services.fail(Number.POSITIVE_INFINITY, 'broken');
  const startedAt = clock.monotonic();
  const { status } = await settle(open()(lostRecord()));
  expect(status).toBe('rejected');
  expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(60_000);
  expect(services.calls.length).toBeGreaterThan(5);
});

test.each(sinks)(
  '%s that takes each call and never answers is given up at the deadline too',
  async (_name, open) => {
    services.fail(Number.POSITIVE_INFINITY, 'silent');
    const startedAt = clock.monotonic();
    const reason = { code: 'TIMED_OUT', retryable: true };
    await expect(settle(open(clock)(lostRecord()))).resolves.toMatchObject({ status: 'rejected', reason });
    expect(clock.monotonic() - startedAt).toBeGreaterThan(30_000);
    expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(60_000);
  },
);

test('two hundred records lost in one moment do not become two hundred requests at once', async () => {
  const sink = lostToSqs({ ...common(), queueUrl: services.queueUrl });
  const all = Array.from({ length: 200 }, (_, n) => sink(lostRecord(3, `k${n}`)));
  await Promise.all(all);
  expect(services.messages).toHaveLength(200);
  expect(services.mostAtOnce).toBeLessThanOrEqual(16);
});

test('what a producer cannot store is in the queue before its put rejects', async () => {
  const denied = new MillraceError('ACCESS_DENIED', 'No.', { advice: 'Ask.' });
  const producer = createProducer(
    rawStream('orders'),
    { writer: { write: () => Promise.reject(denied) } },
    { linger: 0, onUndeliverable: lostToSqs({ ...common(), queueUrl: services.queueUrl }) },
  );
  const put = producer.put({ partitionKey: 'ada', data: Uint8Array.of(1) });
  await expect(put).rejects.toBe(denied);
  expect(await readLostRecord(services.messages[0]?.MessageBody ?? '')).toMatchObject({
    stream: 'orders',
    record: { partitionKey: 'ada', data: Uint8Array.of(1) },
    error: { code: 'ACCESS_DENIED' },
  });
});
