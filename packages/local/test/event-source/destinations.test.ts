import { describe, expect, test } from 'vitest';

import {
  account,
  documents,
  fails,
  mapOrders,
  openKit,
  queueArn,
  reporting,
  streamArn,
  throwing,
  toQueue,
} from './kit.ts';

const topicArn = `arn:aws:sns:us-east-1:${account}:failures`;
const functionArn = `arn:aws:lambda:us-east-1:${account}:function:bill`;
const bill = { function: { name: 'bill' } };

describe('the document of a failure', () => {
  test('[destination/document] [destination/sns] is the same for a queue and a topic, member by member', async () => {
    await using kit = await openKit();
    const first = await kit.put('a');
    await kit.clock.advance(1500);
    const last = await kit.put('b');
    for (const Destination of [queueArn, topicArn]) {
      const { mapping } = await mapOrders(kit, throwing, {
        ...bill,
        MaximumRetryAttempts: 1,
        MaximumBatchingWindowInSeconds: 1,
        DestinationConfig: { OnFailure: { Destination } },
      });
      await kit.clock.advance(2000);
      await mapping.close();
      const lambda = await kit.kinesis.lambda();
      const [message] = lambda.destinations.messages(Destination);
      const document = JSON.parse(message?.body ?? '') as { requestContext: { requestId: string } };
      const { requestId } = document.requestContext;
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(message?.body).toBe(
        JSON.stringify({
          requestContext: {
            requestId,
            functionArn,
            condition: 'RetryAttemptsExhausted',
            approximateInvokeCount: 2,
          },
          responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
          version: '1.0',
          timestamp: new Date(message?.sentAt ?? 0).toISOString(),
          KinesisBatchInfo: {
            shardId: 'shardId-000000000000',
            startSequenceNumber: first,
            endSequenceNumber: last,
            approximateArrivalOfFirstRecord: '2026-01-01T00:00:00.000Z',
            approximateArrivalOfLastRecord: '2026-01-01T00:00:01.500Z',
            batchSize: 2,
            streamArn,
          },
        }),
      );
    }
  });
  test('[destination/function-error] says null when the response failed the batch', async () => {
    await using kit = await openKit();
    await kit.put('bad');
    await mapOrders(kit, (_data, event) => fails(event, 'bad'), {
      ...reporting,
      ...toQueue,
      MaximumRetryAttempts: 0,
    });
    await kit.clock.settle();
    const [document] = await documents(kit);
    expect(document?.['responseContext']).toEqual({
      statusCode: 200,
      executedVersion: '$LATEST',
      functionError: null,
    });
  });
  test('[destination/age] has no responseContext when the records were too old', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const { invocations } = await mapOrders(kit, throwing, { ...toQueue, MaximumRecordAgeInSeconds: 60 });
    await kit.clock.advance(62_000);
    const [document] = await documents(kit);
    expect(document).toMatchObject({
      requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 8 },
    });
    expect(document).not.toHaveProperty('responseContext');
    expect(invocations).toHaveLength(8);
  });
  test('[destination/age] names no invocation of other records', async () => {
    await using kit = await openKit();
    const { events } = await mapOrders(kit, () => ({}), {
      ...toQueue,
      MaximumRecordAgeInSeconds: 60,
      MaximumBatchingWindowInSeconds: 70,
    });
    await kit.clock.advance(60_000);
    await kit.put('young when its window ends');
    await kit.clock.advance(11_000);
    await kit.put('too old when its window ends');
    await kit.clock.advance(70_000);
    const [document] = await documents(kit);
    const invoked = events.flatMap((event) => (event.type === 'result' ? [event.requestId] : []));
    expect(invoked).toHaveLength(1);
    expect(document).toMatchObject({ requestContext: { condition: 'RecordAgeExceeded' } });
    const context = (document?.['requestContext'] ?? {}) as { readonly requestId?: string };
    expect(context.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(invoked).not.toContain(context.requestId);
  });
  test('[destination/s3] is an object with the event as text, under the key AWS gives it', async () => {
    await using kit = await openKit();
    const sequenceNumber = await kit.put('a');
    await kit.clock.advance(45_678_000);
    const { mapping } = await mapOrders(kit, throwing, {
      ...bill,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
    });
    await kit.clock.settle();
    const { destinations } = await kit.kinesis.lambda();
    const [[key, body] = ['', '']] = destinations.objects('failures');
    expect(key).toMatch(
      new RegExp(
        `^aws/lambda/${mapping.uuid}/shardId-000000000000/2026/01/01/2026-01-01T12\\.41\\.18-[0-9a-f-]{36}$`,
      ),
    );
    const document = JSON.parse(body) as { payload: string; requestContext: { requestId: string } };
    const { requestId } = document.requestContext;
    expect(document).toEqual({
      requestContext: {
        requestId,
        functionArn,
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 1,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: '2026-01-01T12:41:18.000Z',
      KinesisBatchInfo: {
        shardId: 'shardId-000000000000',
        startSequenceNumber: sequenceNumber,
        endSequenceNumber: sequenceNumber,
        approximateArrivalOfFirstRecord: '2026-01-01T00:00:00.000Z',
        approximateArrivalOfLastRecord: '2026-01-01T00:00:00.000Z',
        batchSize: 1,
        streamArn,
      },
      payload: expect.any(String) as unknown,
    });
    expect(JSON.parse(document.payload)).toMatchObject({ Records: [{ kinesis: { data: 'YQ==' } }] });
  });
  test('[destination/s3] may have the event as an object', async () => {
    await using kit = await openKit();
    await kit.put('a');
    await mapOrders(kit, throwing, {
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
      choices: { s3Payload: 'object' },
    });
    await kit.clock.settle();
    const { destinations } = await kit.kinesis.lambda();
    const [body = ''] = destinations.objects('failures').values();
    expect(JSON.parse(body)).toMatchObject({ payload: { Records: [{ kinesis: { data: 'YQ==' } }] } });
  });
  test.each([`${queueArn}.fifo`, `${topicArn}.fifo`])(
    '[destination/fifo] does not get to %s',
    async (Destination) => {
      await using kit = await openKit();
      await kit.put('a');
      const { drops } = await mapOrders(kit, throwing, {
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination } },
      });
      await kit.clock.settle();
      expect(drops()).toMatchObject([{ delivered: false, destination: Destination }]);
    },
  );
  test('[destination/failure] that cannot be delivered holds nothing up', async () => {
    await using kit = await openKit();
    const { destinations } = await kit.kinesis.lambda();
    destinations.break(queueArn, 'AccessDenied');
    await kit.put('bad');
    await kit.put('good');
    const { drops, invocations } = await mapOrders(kit, (data) => data.includes('bad') && throwing(), {
      ...toQueue,
      BatchSize: 1,
      MaximumRetryAttempts: 0,
    });
    await kit.clock.settle();
    expect(drops()).toMatchObject([{ delivered: false, reason: 'AccessDenied' }]);
    expect(invocations).toEqual([['bad'], ['good']]);
  });
  test('[destination/none] has nowhere to go without a destination, or with an empty one', async () => {
    await using kit = await openKit();
    await kit.put('bad');
    const { mapping, invocations, drops } = await mapOrders(
      kit,
      (data) => data.includes('bad') && throwing(),
      {
        ...toQueue,
        MaximumRetryAttempts: 0,
      },
    );
    await kit.clock.settle();
    await mapping.update({ DestinationConfig: { OnFailure: { Destination: '' } } });
    await kit.put('bad');
    await kit.put('good');
    await kit.clock.advance(1000);
    expect(drops().map(({ destination }) => destination)).toEqual([queueArn, undefined]);
    expect(await documents(kit)).toHaveLength(1);
    expect(invocations).toEqual([['bad'], ['bad', 'good']]);
  });
});
