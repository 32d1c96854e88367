import { IncreaseStreamRetentionPeriodCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';

import { nextStep, settle, startBatch } from '../../src/event-source/retry.ts';
import type { LambdaContext } from '../../src/index.ts';
import { documents, fails, mapOrders, openKit, reporting, start, throwing, toQueue } from './kit.ts';

const bill = { function: { name: 'bill' } };

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
    // By their hash keys, a and c are of the first shard.
    for (const key of ['a', 'b', 'c', 'd', 'e']) await kit.put(key);
    const { invocations } = await mapOrders(kit, (data) => data.includes('a') && throwing(), {
      BatchSize: 1,
    });
    await kit.clock.advance(600_000);
    const others = invocations.flat().filter((data) => data !== 'a');
    expect(others).toEqual(['b', 'd', 'e']);
    expect(invocations.flat().slice(-3)).toEqual(['a', 'a', 'a']);
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
  test('[retry/bisect] is cut by what was thrown with ReportBatchItemFailures, too, and by no response', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b', 'c', 'd']) await kit.put(data);
    const { invocations } = await mapOrders(
      kit,
      (data, event) => (data.length > 2 ? throwing() : fails(event, 'b')),
      { ...reporting, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 },
    );
    await kit.clock.advance(1000);
    expect(invocations).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['b'], ['b'], ['c', 'd']]);
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
  test('[retry/retention] is given up when the stream keeps it no longer, and no destination hears of it', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const { drops } = await mapOrders(kit, throwing, {
      ...toQueue,
      choices: { pollInterval: '1h', shardInterval: '1d', backoff: { longest: '1h' } },
    });
    await kit.clock.advance(86_400_000);
    expect(drops()).toEqual([]);
    await kit.clock.advance(1);
    expect(drops()).toMatchObject([{ condition: 'RetentionExpired', delivered: false }]);
    expect(await documents(kit)).toEqual([]);
  });
  test('[retry/retention] is retried for as long as the stream keeps it by now', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const { drops } = await mapOrders(kit, throwing, {
      choices: { pollInterval: '1h', shardInterval: '1d', backoff: { longest: '1h' } },
    });
    await kit.clock.advance(3_600_000);
    await kit.client.send(
      new IncreaseStreamRetentionPeriodCommand({ StreamName: 'orders', RetentionPeriodHours: 48 }),
    );
    await kit.clock.advance(172_800_000 - 3_600_000);
    expect(drops()).toEqual([]);
    await kit.clock.advance(1);
    expect(drops()).toMatchObject([{ condition: 'RetentionExpired' }]);
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
