import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { defineStream, gzip, isMillraceError, json, rawStream, text } from '@millrace/kinesis';
import { createHandler, type InvocationContext } from '@millrace/kinesis/lambda';
import type { StreamRecord } from '@millrace/kinesis';
import { kinesisEvent } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

import {
  aggregate,
  lambdaContext,
  order,
  orders,
  recordingLogger,
  retryOf,
  sequenceNumbers,
} from './setup.ts';

/** As AWS sends it, from the developer guide. */
const recorded = {
  Records: [
    {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: '1',
        sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
        data: 'SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==',
        approximateArrivalTimestamp: 1545084650.987,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: 'shardId-000000000006:49590338271490256608559692538361571095921575989136588898',
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/lambda-role',
      awsRegion: 'us-east-2',
      eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream',
    },
  ],
};

test('a record of the documented event arrives with every field in its own type', async () => {
  const seen: StreamRecord<string>[] = [];
  const words = defineStream({ name: 'any', key: () => 'k', codec: text });
  const handler = createHandler(words, (record) => void seen.push(record));
  expect(await handler(recorded)).toEqual({ batchItemFailures: [] });
  expect(seen).toEqual([
    {
      stream: 'lambda-stream',
      shardId: 'shardId-000000000006',
      sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
      subSequenceNumber: 0,
      partitionKey: '1',
      headers: {},
      arrivedAt: new Date('2018-12-17T22:10:50.987Z'),
      bytes: Buffer.from('Hello, this is a test.'),
      value: 'Hello, this is a test.',
    },
  ]);
});

test('the handler is told the shard, the request and a signal, and the stream even behind a consumer ARN', async () => {
  let told: InvocationContext | undefined;
  let aborted: boolean | undefined;
  const handler = createHandler(orders, (_, context) => {
    told = context;
    aborted = context.signal.aborted;
  });
  const eventSourceArn = 'arn:aws:kinesis:us-east-1:1:stream/orders-prod/consumer/billing:1700000000';
  const lambda = lambdaContext();
  await handler(kinesisEvent([order('ada-1')], { eventSourceArn, shardId: 'shardId-000000000003' }), lambda);
  expect(told).toMatchObject({ stream: 'orders-prod', shardId: 'shardId-000000000003', lambda });
  expect(aborted).toBe(false);
});

test.each([
  ['bytes', rawStream('s'), Buffer.from([0, 255]), Buffer.from([0, 255])],
  ['text', defineStream({ name: 's', key: () => 'k', codec: text }), 'grüß dich', 'grüß dich'],
  ['JSON', defineStream({ name: 's', key: () => 'k' }), '{"a":1}', { a: 1 }],
  [
    'gzip, as CloudWatch Logs sends it',
    defineStream({ name: 's', key: () => 'k', codec: gzip(json) }),
    gzip(json).encode({ messageType: 'DATA_MESSAGE', logEvents: [] }),
    { messageType: 'DATA_MESSAGE', logEvents: [] },
  ],
  [
    'a schema that transforms',
    defineStream({ name: 's', key: () => 'k', schema: z.object({ at: z.string().transform(Number) }) }),
    '{"at":"7"}',
    { at: 7 },
  ],
  [
    'a schema that has to wait',
    defineStream({
      name: 's',
      key: () => 'k',
      schema: z.object({ a: z.number() }).refine(async () => Promise.resolve(true)),
    }),
    '{"a":1}',
    { a: 1 },
  ],
])('values are decoded: %s', async (_, stream, data, value) => {
  const seen: unknown[] = [];
  const handler = createHandler(stream, (record) => void seen.push(record.value));
  expect(await handler(kinesisEvent([{ data }]))).toEqual({ batchItemFailures: [] });
  expect(seen).toEqual([value]);
});

test('the records of an aggregate arrive one by one, each with its own key and place', async () => {
  const seen: unknown[] = [];
  const handler = createHandler(orders, ({ value, partitionKey, subSequenceNumber }) => {
    seen.push([value.id, partitionKey, subSequenceNumber]);
  });
  await handler(kinesisEvent([order('eve-1'), aggregate(['ada-1', 'bob-1', 'ada-2']), order('eve-2')]));
  expect(seen).toEqual([
    ['eve-1', 'eve', 0],
    ['ada-1', 'ada', 0],
    ['bob-1', 'bob', 1],
    ['ada-2', 'ada', 2],
    ['eve-2', 'eve', 0],
  ]);
});

test('in order, the first failure ends the invocation and is what is reported', async () => {
  const seen: string[] = [];
  const handler = createHandler(
    orders,
    ({ value }) => {
      seen.push(value.id);
      if (value.id === 'ada-2') throw new Error('no');
    },
    { logger: recordingLogger() },
  );
  const event = kinesisEvent(['ada-1', 'ada-2', 'bob-1', 'ada-3'].map(order));
  const response = await handler(event);
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }] });
  expect(seen).toEqual(['ada-1', 'ada-2']);
});

test('a failed record of an aggregate stands for its aggregate, and those before it are not handled again', async () => {
  const seen: string[] = [];
  let broken = true;
  const handler = createHandler(
    orders,
    async ({ value }) => {
      seen.push(value.id);
      if (value.id === 'c-1' && broken) throw new Error('no');
    },
    { logger: recordingLogger() },
  );
  const event = kinesisEvent([order('z-1'), aggregate(['a-1', 'b-1', 'c-1', 'd-1']), order('z-2')]);
  const response = await handler(event);
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }] });
  broken = false;
  expect(await handler(retryOf(event, response))).toEqual({ batchItemFailures: [] });
  expect(seen).toEqual(['z-1', 'a-1', 'b-1', 'c-1', 'c-1', 'd-1', 'z-2']);
});

test('whatever can be awaited is awaited: a query builder runs, and its failure counts', async () => {
  let ran = 0;
  // oxlint-disable-next-line unicorn/no-thenable -- as a query builder is
  const query = { then: (_: unknown, reject: (error: Error) => void) => (ran++, reject(new Error('no'))) };
  const handler = createHandler(orders, () => query, { logger: recordingLogger() });
  const { batchItemFailures } = await handler(kinesisEvent([order('ada-1')]));
  expect(ran).toBe(1);
  expect(batchItemFailures).toHaveLength(1);
});

test('what a handler answers means nothing: false is no failure', async () => {
  for (const mode of ['ordered', 'ordered-by-key', 'parallel'] as const) {
    for (const handle of [() => false, async () => false]) {
      const handler = createHandler(orders, handle, { mode });
      const event = kinesisEvent([order('a-1'), order('a-2')]);
      expect(await handler(event)).toEqual({ batchItemFailures: [] });
    }
  }
});

test('an event without records is a success', async () => {
  const handler = createHandler(orders, () => expect.unreachable());
  expect(await handler({ Records: [] })).toEqual({ batchItemFailures: [] });
});

test.each([
  ['an event of SQS', { Records: [{ messageId: '1', body: '{}', eventSource: 'aws:sqs' }] }],
  ['a test event of the console', { key1: 'value1' }],
  ['nothing', undefined],
  [
    'a record without a number',
    { Records: [{ eventID: 's:', eventSourceARN: '', kinesis: { data: '', sequenceNumber: '' } }] },
  ],
])('%s fails the invocation and is not taken for a success', async (_, event) => {
  const handler = createHandler(orders, () => undefined);
  const error = await handler(event as never).catch((thrown: unknown) => thrown);
  expect(isMillraceError(error, 'OPTION_INVALID')).toBe(true);
});

test('failures are logged with place and request, never with payload or key', async () => {
  const logger = recordingLogger();
  const handler = createHandler(orders, () => Promise.reject(new Error('card refused')), { logger });
  await handler(kinesisEvent([{ partitionKey: 'top-secret-key', data: '{"id":"hush"}' }]), lambdaContext());
  await handler(kinesisEvent([{ partitionKey: 'top-secret-key', data: 'hush, not JSON' }]), lambdaContext());
  expect(logger.lines).toHaveLength(2);
  expect(logger.lines[0]).toEqual({
    message: 'Record failed',
    details: {
      stream: 'orders',
      shardId: 'shardId-000000000000',
      sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
      subSequenceNumber: 0,
      attempts: 1,
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      error: new Error('card refused'),
    },
  });
  expect(JSON.stringify(logger.lines)).not.toMatch(/hush|secret/);
});

test('each failure tells its place on a diagnostics channel', async () => {
  const errors: unknown[] = [];
  const onError = (message: unknown): void => void errors.push(message);
  subscribe('millrace:lambda:error', onError);
  const handler = createHandler(orders, () => Promise.reject(new Error('no')), {
    onPoison: 'skip',
    logger: recordingLogger(),
  });
  const event = kinesisEvent([{ data: 'not JSON' }, order('bob-1')]);
  await handler(event);
  unsubscribe('millrace:lambda:error', onError);
  expect(errors).toMatchObject([
    { what: 'Record put aside', sequenceNumber: sequenceNumbers(event)[0], onPoison: 'skip' },
    { what: 'Record failed', sequenceNumber: sequenceNumbers(event)[1], attempts: 1 },
  ]);
});

test.each([
  [{ mode: 'fifo' as never }, 'lambda.mode'],
  [{ concurrency: 4 }, 'lambda.concurrency'],
  [{ mode: 'parallel', concurrency: 0 } as const, 'lambda.concurrency'],
  [{ attempts: 0 }, 'lambda.attempts'],
  [{ onPoison: 'dlq' as never }, 'lambda.onPoison'],
  [{ deadlineMargin: 'soon' as never }, 'lambda.deadlineMargin'],
])('an option that cannot be used is named when the function starts: %j', (options, path) => {
  expect(() => createHandler(orders, () => undefined, options)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', details: expect.objectContaining({ path }) }),
  );
});
