import { Readable } from 'node:stream';

import { KinesisClient } from '@aws-sdk/client-kinesis';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { HttpResponse } from '@smithy/core/protocols';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { isMillraceError } from '../../src/errors.ts';
import type { CallOptions } from '../../src/aws/http-call.ts';
import { createKinesisFanOut } from '../../src/aws/kinesis-fan-out.ts';
import type { EventStreams } from '../../src/aws/subscribe-call.ts';
import type { FanOutEvent } from '../../src/source/fan-out.ts';

const consumerArn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/billing:1';
const streamArn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders';
const shardId = 'shardId-000000000000';
const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
  (text) => Buffer.from(text),
);

function message(headers: Record<string, string>, body: object): Buffer {
  const values = Object.entries(headers).map(([name, value]) => [name, { type: 'string', value } as const]);
  return Buffer.from(
    codec.encode({ headers: Object.fromEntries(values), body: Buffer.from(JSON.stringify(body)) }),
  );
}

const event = (body: object, type = 'SubscribeToShardEvent'): Buffer =>
  message({ ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' }, body);
const exception = (type: string): Buffer =>
  message({ ':message-type': 'exception', ':exception-type': type }, { message: 'No more.' });
const begun = event({}, 'initial-response');

/** A client whose calls are answered so. */
function clientOf(
  handle: (request: unknown, options?: CallOptions) => Promise<{ response: HttpResponse }>,
): KinesisClient {
  return new KinesisClient({
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: { handle },
  });
}

/** What a subscription tells, and what it ends with, when the service answers with those bytes. */
async function told(
  chunks: readonly Uint8Array[],
  reader: 'ours' | 'sdk',
): Promise<{ readonly events: readonly FanOutEvent[]; readonly error?: unknown }> {
  const client = clientOf(async () => ({
    response: new HttpResponse({ statusCode: 200, headers: {}, body: Readable.from(chunks) }),
  }));
  const { eventStreamMarshaller } = client.config;
  const fanOut = createKinesisFanOut(client, reader === 'ours' ? eventStreamMarshaller : undefined);
  const events: FanOutEvent[] = [];
  try {
    for await (const each of await fanOut.subscribe(consumerArn, shardId, { type: 'oldest' })) {
      events.push({
        ...each,
        records: each.records.map((one) => ({ ...one, data: Uint8Array.from(one.data) })),
      });
    }
  } catch (error) {
    return { events, error };
  }
  return { events };
}

const record = fc.record(
  {
    SequenceNumber: fc.bigInt({ min: 1n, max: 10n ** 56n }).map(String),
    PartitionKey: fc.string({ unit: 'binary', minLength: 1 }),
    Data: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
    ApproximateArrivalTimestamp: fc.nat().map((milliseconds) => milliseconds / 1000),
    EncryptionType: fc.constantFrom('NONE', 'KMS'),
  },
  { requiredKeys: ['SequenceNumber', 'PartitionKey', 'Data', 'ApproximateArrivalTimestamp'] },
);
const child = fc.record({
  ShardId: fc.constant('shardId-000000000001'),
  ParentShards: fc.array(fc.constant(shardId)),
  HashKeyRange: fc.record({
    StartingHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n }).map(String),
    EndingHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n }).map(String),
  }),
});
const anyEvent = fc.record(
  {
    Records: fc.array(record, { maxLength: 5 }),
    MillisBehindLatest: fc.nat(),
    ContinuationSequenceNumber: fc.bigInt({ min: 1n, max: 10n ** 56n }).map(String),
    ChildShards: fc.array(child, { maxLength: 2 }),
  },
  { requiredKeys: ['Records', 'MillisBehindLatest'] },
);

test('what events say is what the SDK reads of them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { maxLength: 4 }), async (events) => {
      const bytes = [begun, ...events.map((each) => event(each))];
      const ours = await told(bytes, 'ours');
      expect(ours).toEqual(await told(bytes, 'sdk'));
      expect(ours.events.length).toBe(events.length);
    }),
    { numRuns: 60 },
  );
});

const one = {
  Records: [{ SequenceNumber: '7', PartitionKey: 'ä', Data: 'AQID', ApproximateArrivalTimestamp: 1.5 }],
  MillisBehindLatest: 3,
  ContinuationSequenceNumber: '8',
};

test('an event is whole wherever the bytes are cut in two', async () => {
  const bytes = Buffer.concat([begun, event(one), event({ Records: [], MillisBehindLatest: 0 })]);
  const whole = await told([bytes], 'ours');
  expect(whole.events).toEqual([
    {
      records: [{ sequenceNumber: '7', partitionKey: 'ä', data: Uint8Array.of(1, 2, 3), arrivedAt: 1500 }],
      millisBehindLatest: 3,
      continuation: '8',
    },
    { records: [], millisBehindLatest: 0 },
  ]);
  for (let at = 1; at < bytes.length; at++) {
    expect(await told([bytes.subarray(0, at), bytes.subarray(at)], 'ours')).toEqual(whole);
  }
});

test('what is no event of ours is passed over, and what comes after it is told', async () => {
  const { events, error } = await told([begun, event({ a: 1 }, 'SomethingNew'), event(one)], 'ours');
  expect(error).toBeUndefined();
  expect(events.length).toBe(1);
});

test.each([
  'ResourceNotFoundException',
  'ResourceInUseException',
  'KMSDisabledException',
  'KMSInvalidStateException',
  'KMSAccessDeniedException',
  'KMSNotFoundException',
  'KMSOptInRequired',
  'KMSThrottlingException',
  'InternalFailureException',
])('%s ends it, after what came before, with the error the SDK’s would be', async (type) => {
  const bytes = [begun, event(one), exception(type)];
  const [ours, sdk] = [await told(bytes, 'ours'), await told(bytes, 'sdk')];
  expect(ours.events).toEqual(sdk.events);
  expect(factsOf(ours.error)).toEqual(factsOf(sdk.error));
});

/** Of an error, all but what caused it. */
function factsOf(error: unknown): object {
  if (!isMillraceError(error)) throw new Error('It did not fail.');
  const { code, retryable, message: text, advice, details } = error;
  return { code, retryable, text, advice, details: { ...details, cause: undefined } };
}

test('a failure that has no type yet ends it under its name', async () => {
  const { error } = await told([begun, exception('SomethingNewException')], 'ours');
  expect(error).toMatchObject({
    message: expect.stringContaining('No more.'),
    details: { service: 'SomethingNewException' },
  });
});

test('an error the stream itself tells ends it by its code', async () => {
  const bytes = message(
    { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'Oh.' },
    {},
  );
  expect((await told([begun, bytes], 'ours')).error).toMatchObject({ details: { service: 'InternalError' } });
});

test('bytes that went wrong on their way are never told, and are worth another subscription', async () => {
  const good = Buffer.concat([begun, event(one)]);
  // The length of a message says how long to wait; the rest is under its checksums.
  for (let at = begun.length + 4; at < good.length; at++) {
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(at) ^ 0x10, at);
    expect(await told([bad], 'ours')).toMatchObject({
      events: [],
      error: { code: 'SERVICE_FAILED', retryable: true },
    });
  }
  // Of a message cut off before that there is nothing: the stream has ended.
  for (let length = begun.length + 4; length < good.length; length++) {
    expect(await told([good.subarray(0, length)], 'ours')).toMatchObject({
      events: [],
      error: { retryable: true },
    });
  }
  const unreadable = event({ Records: 'none' });
  expect(await told([begun, unreadable], 'ours')).toMatchObject({ events: [], error: { retryable: true } });
});

test('a call about a consumer that is not answered fails, while a subscription may be silent', async () => {
  const limits: (number | undefined)[] = [];
  const client = clientOf(async (_request, { requestTimeout } = {}) => {
    limits.push(requestTimeout);
    throw new Error('Not answered');
  });
  const about = async (streams?: EventStreams): Promise<readonly (number | undefined)[]> => {
    const fanOut = createKinesisFanOut(client, streams);
    await Promise.allSettled([
      fanOut.describeConsumer(streamArn, 'billing'),
      fanOut.registerConsumer(streamArn, 'billing'),
      fanOut.deregisterConsumer(consumerArn),
    ]);
    await Promise.allSettled([fanOut.subscribe(consumerArn, shardId, { type: 'oldest' })]);
    return limits.splice(0);
  };
  expect(await about(client.config.eventStreamMarshaller)).toEqual([10_000, 10_000, 10_000, undefined]);
  // A client of one's own keeps its limits.
  expect(await about()).toEqual([undefined, undefined, undefined, undefined]);
});
