import { describe, expect, test } from 'vitest';

import { nextStep, settle, startBatch } from '../../src/event-source/retry.ts';
import type { LambdaContext } from '../../src/index.ts';
import { account, fails, mapOrders, openKit, queueArn, reporting, start, streamArn, toQueue } from './kit.ts';

const topicArn = `arn:aws:sns:us-east-1:${account}:failures`;
const functionArn = `arn:aws:lambda:us-east-1:${account}:function:bill`;
const bill = { function: { name: 'bill' } };
const throwing = (): never => {
  throw new TypeError('no such customer');
};

describe('a response', () => {
  test('[response/ignored] is not looked at without ReportBatchItemFailures', async () => {
    await using kit = await openKit();
    await kit.put('bad');
    const { invocations, mapping } = await mapOrders(kit, (_data, event) => fails(event, 'bad'));
    await kit.clock.advance(60_000);
    expect(invocations).toEqual([['bad']]);
    expect(mapping.lastProcessingResult).toBe('OK');
  });
  test('[response/lowest] [settings/result] that names records is retried from the lowest on', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b', 'c', 'd']) await kit.put(data);
    const attempts: string[] = [];
    const { invocations, mapping } = await mapOrders(
      kit,
      (data, event) => {
        attempts.push(...data);
        return attempts.filter((one) => one === 'b').length < 3 ? fails(event, 'd', 'b') : {};
      },
      reporting,
    );
    expect(mapping.lastProcessingResult).toBe('No records processed');
    await kit.clock.settle();
    expect(mapping.lastProcessingResult).toBe('PROBLEM: Function call failed');
    await kit.clock.advance(1000);
    expect(invocations).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
      ['b', 'c', 'd'],
    ]);
    expect(mapping.lastProcessingResult).toBe('OK');
  });
  test('[response/thrown] that was thrown fails the whole batch', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b']) await kit.put(data);
    const { events } = await mapOrders(kit, throwing, reporting);
    await kit.clock.settle();
    expect(events.filter(({ type }) => type === 'result')).toMatchObject([
      {
        records: 2,
        verdict: { type: 'error', functionError: 'Unhandled' },
        error: { type: 'TypeError', message: 'no such customer' },
      },
    ]);
  });
});

describe('a failing batch', () => {
  test('[retry/progress] as recorded: the failing last of three is seen five times, the document counts 4', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b', 'c']) await kit.put(data);
    const { invocations } = await mapOrders(kit, (_data, event) => fails(event, 'c'), {
      ...reporting,
      ...toQueue,
      MaximumRetryAttempts: 3,
      BisectBatchOnFunctionError: false,
    });
    await kit.clock.advance(60_000);
    expect(invocations).toEqual([['a', 'b', 'c'], ['c'], ['c'], ['c'], ['c']]);
    expect(await documents(kit)).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4 },
        responseContext: { functionError: null },
        KinesisBatchInfo: { batchSize: 1 },
      },
    ]);
  });
  test('[retry/blocked] blocks its shard, and no other', async () => {
    await using kit = await openKit({ streams: { orders: { shards: 2 } } });
    const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
    for (const key of keys) await kit.put(key);
    const { invocations } = await mapOrders(kit, (data) => data.includes('key-0') && throwing(), {
      BatchSize: 1,
    });
    await kit.clock.advance(600_000);
    const seen = new Set(invocations.flat());
    expect(seen.size).toBeGreaterThan(1);
    expect(seen.size).toBeLessThan(keys.length);
    for (const data of invocations.flat().slice(-3)) expect(data).toBe('key-0');
  });
  test('[retry/bisect] is cut in two, and the destination gets the poison record alone', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b', 'c', 'bad']) await kit.put(data);
    const { invocations } = await mapOrders(kit, (data) => data.includes('bad') && throwing(), {
      ...toQueue,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 0,
    });
    await kit.clock.settle();
    expect(invocations).toEqual([['a', 'b', 'c', 'bad'], ['a', 'b'], ['c', 'bad'], ['c'], ['bad']]);
    expect(await documents(kit)).toMatchObject([{ KinesisBatchInfo: { batchSize: 1 } }]);
  });
  test('[retry/age] gives up what is too old, and delivers the rest', async () => {
    await using kit = await openKit();
    await kit.put('old');
    await kit.clock.advance(61_000);
    for (const data of ['a', 'b', 'c', 'd', 'e']) await kit.put(data);
    const { invocations } = await mapOrders(kit, () => ({}), { ...toQueue, MaximumRecordAgeInSeconds: 60 });
    await kit.clock.settle();
    expect(invocations).toEqual([['a', 'b', 'c', 'd', 'e']]);
    expect(await documents(kit)).toMatchObject([
      {
        requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 1 },
        KinesisBatchInfo: { batchSize: 1 },
      },
    ]);
  });
  test('[retry/refused] that was throttled is retried, and uses up no retry', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const running: (() => void)[] = [];
    const { invocations, mapping, drops } = await mapOrders(
      kit,
      () => new Promise<void>((resolve) => running.push(resolve)),
      { MaximumRetryAttempts: 0, function: { concurrency: 1, timeout: '15m' } },
    );
    // Somebody else has the one environment.
    const other = mapping.function.invoke({ Records: [] });
    await kit.clock.advance(2000);
    expect(invocations).toEqual([[]]);
    running.shift()?.();
    await other;
    await kit.clock.advance(10_000);
    running.shift()?.();
    await kit.clock.settle();
    expect(invocations).toEqual([[], ['a']]);
    expect(drops()).toEqual([]);
  });
  test('[retry/timeout] is one that takes longer than the time-out', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const remaining: number[] = [];
    const events: unknown[] = [];
    await kit.kinesis.mapping(
      'orders',
      async (_event: unknown, context: LambdaContext) => {
        remaining.push(context.getRemainingTimeInMillis());
        await new Promise<void>((resolve) => kit.clock.timer(1000, resolve));
        remaining.push(context.getRemainingTimeInMillis());
        await new Promise<void>((resolve) => kit.clock.timer(5000, resolve));
      },
      { MaximumRetryAttempts: 0, onEvent: (event) => event.type === 'result' && events.push(event) },
    );
    await kit.clock.advance(3000);
    expect(remaining).toEqual([3000, 2000]);
    expect(events).toMatchObject([
      {
        durationMs: 3000,
        error: {
          type: 'Sandbox.Timedout',
          message: expect.stringContaining('Task timed out after 3.00 seconds') as unknown,
        },
      },
    ]);
  });
});

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
  test('[destination/s3] is an object with the event as text, under the key AWS gives it', async () => {
    await using kit = await openKit();
    await kit.put('a');
    await kit.clock.advance(45_678_000);
    const { mapping } = await mapOrders(kit, throwing, {
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
    const document = JSON.parse(body) as { payload: string; KinesisBatchInfo: object };
    expect(document.KinesisBatchInfo).toMatchObject({ batchSize: 1 });
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

describe('a mapping', () => {
  test('is closed at once under a handler that never answers, and nothing is given up for it', async () => {
    const kit = await openKit();
    await kit.put('a');
    const { drops } = await mapOrders(kit, () => new Promise(() => {}), {
      ...toQueue,
      MaximumRetryAttempts: 0,
    });
    await kit.clock.settle();
    await kit.kinesis.close();
    expect(drops()).toEqual([]);
    expect(kit.clock.pending).toBe(0);
  });
  test('invokes the function that has the name now', async () => {
    await using kit = await openKit();
    const first = await mapOrders(kit, () => ({}), bill);
    await kit.put('a');
    await kit.clock.advance(1000);
    const { functions } = await kit.kinesis.lambda();
    let second = 0;
    await functions.add(() => void second++, { name: 'bill' });
    await kit.put('b');
    await kit.clock.advance(1000);
    expect([first.invocations, second]).toEqual([[['a']], 1]);
  });
  test('goes on when its listener throws, and says so', async () => {
    await using kit = await openKit();
    await kit.put('a');
    let seen = 0;
    const mapping = await kit.kinesis.mapping('orders', () => void seen++, {
      onEvent: () => {
        throw new Error('full disk');
      },
    });
    await kit.clock.advance(2000);
    expect(seen).toBe(1);
    expect(mapping.lastProcessingResult).toBe('PROBLEM: onEvent threw Error: full disk');
  });
});

test('the plan of retries can be told beforehand: the state machine takes no more than records and rules', () => {
  const rules = {
    maximumRetryAttempts: 1,
    maximumRecordAgeMs: Number.POSITIVE_INFINITY,
    retentionMs: 86_400_000,
    bisectBatchOnFunctionError: false,
    backoff: { firstMs: 250, factor: 2, longestMs: 60_000 },
    attemptsAfterBisect: 'restart',
  } as const;
  const batch = startBatch([{ sequenceNumber: '1', arrivedAt: start }]);
  const failed = settle(batch, rules, { type: 'error', functionError: 'Unhandled' }, start);
  expect(nextStep(failed.state, rules, start).step).toEqual({ type: 'wait', until: start + 250 });
});

async function documents({ kinesis }: Awaited<ReturnType<typeof openKit>>) {
  const { destinations } = await kinesis.lambda();
  return destinations.messages(queueArn).map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}
