import { MergeShardsCommand } from '@aws-sdk/client-kinesis';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { KinesisEvent } from '../../src/event-source/event.ts';
import { dataOf, documents, fails, gather, mapOrders, openKit, queueArn, reporting, toQueue } from './kit.ts';

/** What a test looks at of an event: data, its shard's last digit, the state, and how the window ends. */
const summary = (event: KinesisEvent): string => {
  const state = JSON.stringify(event.state) ?? '';
  return [
    dataOf(event).join('') || '-',
    event.shardId?.at(-1),
    state.length > 100 ? 'large' : state,
    ...(event.isFinalInvokeForWindow === true ? ['final'] : []),
    ...(event.isWindowTerminatedEarly === true ? ['early'] : []),
  ].join(' ');
};

const low = 'a';
const high = 'b';

describe('[window/closed-shard] merged inside of a window', () => {
  const merge = new MergeShardsCommand({
    StreamName: 'orders',
    ShardToMerge: 'shardId-000000000000',
    AdjacentShardToMerge: 'shardId-000000000001',
  });

  test('each parent ends its own with its own state, and the child begins anew', async () => {
    await using kit = await openKit({ streams: { orders: { shards: 2 } } });
    await kit.put('a', low);
    await kit.put('b', high);
    const seen: string[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        return gather(data, event);
      },
      { TumblingWindowInSeconds: 900 },
    );
    await kit.clock.settle();
    expect(seen.toSorted()).toEqual(['a 0 {}', 'b 1 {}']);
    seen.length = 0;
    await kit.client.send(merge);
    await kit.put('c');
    await kit.clock.advance(3000);
    expect(seen.slice(0, 2).toSorted()).toEqual(['- 0 {"seen":"a"} final', '- 1 {"seen":"b"} final']);
    expect(seen.slice(2)).toEqual(['c 2 {}']);
  });

  test('a parent whose window does not end well holds the child up, and no other parent', async () => {
    await using kit = await openKit({ streams: { orders: { shards: 2 } } });
    await kit.put('a', low);
    await kit.put('b', high);
    let broken = true;
    const seen: string[] = [];
    const { drops } = await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        if (broken && event.isFinalInvokeForWindow === true && event.shardId?.endsWith('1') === true) {
          throw new Error('database is down');
        }
        return gather(data, event);
      },
      { TumblingWindowInSeconds: 900 },
    );
    await kit.clock.settle();
    await kit.client.send(merge);
    await kit.put('c');
    await kit.clock.advance(30_000);
    expect(seen).toContain('- 0 {"seen":"a"} final');
    expect(seen.at(-1)).toBe('- 1 {"seen":"b"} final');
    expect(seen.some((one) => one.startsWith('c'))).toBe(false);
    broken = false;
    await kit.clock.advance(60_000);
    expect(seen.slice(-2)).toEqual(['- 1 {"seen":"b"} final', 'c 2 {}']);
    expect(drops()).toEqual([]);
  });

  test('given up, its window is in the destination, and the child goes on', async () => {
    await using kit = await openKit({ streams: { orders: { shards: 2 } } });
    const first = await kit.put('a', low);
    const seen: string[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        if (event.isFinalInvokeForWindow === true) throw new Error('database is down');
        return gather(data, event);
      },
      { ...toQueue, TumblingWindowInSeconds: 900, MaximumRetryAttempts: 1 },
    );
    await kit.clock.settle();
    await kit.client.send(merge);
    await kit.put('c');
    await kit.clock.advance(5000);
    expect(seen).toEqual(['a 0 {}', '- 0 {"seen":"a"} final', '- 0 {"seen":"a"} final', 'c 2 {}']);
    expect(await documents(kit)).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
        KinesisBatchInfo: {
          shardId: 'shardId-000000000000',
          startSequenceNumber: first,
          endSequenceNumber: first,
          batchSize: 0,
        },
      },
    ]);
  });
});

describe('[window/early] a window that is full', () => {
  const large = 'x'.repeat(1024 * 1024);

  test('is ended with what it has until that succeeds, and what comes meanwhile is of the next one', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: string[] = [];
    let failures = 2;
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        if (event.isFinalInvokeForWindow === true && failures-- > 0) throw new Error('database is down');
        return data.includes('a') ? { state: large } : gather(data, event);
      },
      { TumblingWindowInSeconds: 900 },
    );
    await kit.clock.settle();
    await kit.put('b');
    await kit.clock.advance(5000);
    const end = '- 0 large final early';
    expect(seen).toEqual(['a 0 {}', end, end, end, 'b 0 {}']);
  });

  test('and fails too often at its end is given up with its state, and the next one begins without', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: string[] = [];
    const { drops } = await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        if (event.isFinalInvokeForWindow === true) throw new Error('database is down');
        return data.includes('a') ? { state: large } : gather(data, event);
      },
      {
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
        TumblingWindowInSeconds: 900,
        MaximumRetryAttempts: 1,
      },
    );
    await kit.clock.settle();
    await kit.put('b');
    await kit.clock.advance(5000);
    expect(seen).toEqual(['a 0 {}', '- 0 large final early', '- 0 large final early', 'b 0 {}']);
    expect(drops()).toMatchObject([{ records: 0, condition: 'RetryAttemptsExhausted', delivered: true }]);
    const { destinations } = await kit.kinesis.lambda();
    const [body = ''] = destinations.objects('failures').values();
    const { payload } = JSON.parse(body) as { payload: string };
    expect(JSON.parse(payload)).toMatchObject({
      Records: [],
      state: large,
      isFinalInvokeForWindow: true,
      isWindowTerminatedEarly: true,
    });
  });

  test('before its batch is done leaves the rest to the next one, which has no state yet', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b', 'c']) await kit.put(data);
    const seen: string[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        return data[0] === 'a' ? { state: large, ...fails(event, 'b') } : gather(data, event);
      },
      { ...reporting, TumblingWindowInSeconds: 900 },
    );
    await kit.clock.settle();
    await kit.put('d');
    await kit.clock.advance(1000);
    expect(seen).toEqual(['abc 0 {}', '- 0 large final early', 'bc 0 {}', 'd 0 {"seen":"bc"}']);
  });

  test('leaves the rest to a window of the same time, whatever the length of windows is by then', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: unknown[] = [];
    const { mapping } = await mapOrders(
      kit,
      (data, event) => {
        seen.push([data.join(''), event.window?.start.slice(17, 19), event.window?.end.slice(15, 19)]);
        return data[0] === 'b' ? { state: large, ...fails(event, 'c') } : gather(data, event);
      },
      { ...reporting, TumblingWindowInSeconds: 60 },
    );
    await kit.clock.settle();
    await mapping.pause();
    for (const data of ['b', 'c', 'd']) {
      await kit.clock.advance(10_000);
      await kit.put(data);
    }
    await mapping.update({ TumblingWindowInSeconds: 10, Enabled: true });
    await kit.clock.settle();
    expect(seen).toEqual([
      ['a', '00', '1:00'],
      ['bcd', '00', '1:00'],
      ['', '00', '1:00'],
      ['cd', '00', '1:00'],
    ]);
  });

  test('and one half of a batch cut in two leaves the other to the next one', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b']) await kit.put(data);
    const seen: string[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        if (data.length > 1) throw new Error('too many');
        return data[0] === 'a' ? { state: large } : gather(data, event);
      },
      { TumblingWindowInSeconds: 900, BisectBatchOnFunctionError: true },
    );
    await kit.clock.settle();
    expect(seen).toEqual(['ab 0 {}', 'a 0 {}', '- 0 large final early', 'b 0 {}']);
  });
});

describe('[window/final] the last invocation', () => {
  test('is tried at least once, and no more once the window’s last record is older than MaximumRecordAge', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: string[] = [];
    const { drops } = await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        if (event.isFinalInvokeForWindow === true) throw new Error('database is down');
        return gather(data, event);
      },
      { ...toQueue, TumblingWindowInSeconds: 10, MaximumRecordAgeInSeconds: 60 },
    );
    await kit.clock.advance(11_000);
    await kit.put('b');
    await kit.clock.advance(48_999);
    expect(drops()).toEqual([]);
    const tries = seen.length;
    expect(tries).toBeGreaterThan(3);
    await kit.clock.advance(1000);
    expect(drops()).toMatchObject([{ records: 0, condition: 'RecordAgeExceeded' }]);
    expect(seen.slice(tries)).toEqual(['b 0 {}']);
    const [document] = await documents(kit);
    expect(document).toMatchObject({ KinesisBatchInfo: { batchSize: 0 } });
    expect(document).not.toHaveProperty('responseContext');
    // Nobody wrote after b, so its window ended later than the age: once is tried.
    await kit.clock.advance(200_000);
    expect(seen.filter((one) => one === '- 0 {"seen":"b"} final')).toHaveLength(1);
    expect(drops()).toHaveLength(2);
  });

  test('without limits is tried for as long as the stream keeps the window’s last record', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const { drops } = await mapOrders(
      kit,
      (data, event) => {
        if (event.isFinalInvokeForWindow === true) throw new Error('database is down');
        return gather(data, event);
      },
      {
        ...toQueue,
        TumblingWindowInSeconds: 10,
        choices: { pollInterval: '1h', shardInterval: '1d', backoff: { longest: '10m' } },
      },
    );
    await kit.clock.advance(86_400_000);
    expect(drops()).toEqual([]);
    await kit.clock.advance(1000);
    expect(drops()).toMatchObject([{ records: 0, condition: 'RetentionExpired', delivered: false }]);
    const { destinations } = await kit.kinesis.lambda();
    expect(destinations.messages(queueArn)).toEqual([]);
  });
});

describe('[window/kept] a window under way', () => {
  test('goes on with its state after a pause and an update, and ends when it would have', async () => {
    await using kit = await openKit();
    const seen: string[] = [];
    const { mapping } = await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        return gather(data, event);
      },
      { TumblingWindowInSeconds: 60, choices: { windowIdle: 0 } },
    );
    await kit.put('a');
    await kit.clock.advance(2000);
    await mapping.pause();
    await kit.put('b');
    await kit.clock.advance(2000);
    await mapping.resume();
    await kit.clock.advance(1000);
    await mapping.update({ BatchSize: 7, TumblingWindowInSeconds: 10 });
    await kit.put('c');
    await kit.clock.advance(40_000);
    expect(seen).toEqual(['a 0 {}', 'b 0 {"seen":"a"}', 'c 0 {"seen":"ab"}']);
    await kit.clock.advance(20_000);
    await kit.put('d');
    await kit.clock.advance(10_000);
    expect(seen.slice(3)).toEqual(['- 0 {"seen":"abc"} final', 'd 0 {}', '- 0 {"seen":"d"} final']);
  });

  test('whose last invocation was failing is ended after a pause, of a shard that ended meanwhile, too', async () => {
    await using kit = await openKit({ streams: { orders: { shards: 2 } } });
    const seen: string[] = [];
    let broken = true;
    const { mapping } = await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        if (broken && event.isFinalInvokeForWindow === true) throw new Error('database is down');
        return gather(data, event);
      },
      { TumblingWindowInSeconds: 10, choices: { windowIdle: 0 } },
    );
    await kit.put('a', low);
    await kit.clock.advance(12_000);
    expect(seen.at(-1)).toBe('- 0 {"seen":"a"} final');
    await mapping.pause();
    broken = false;
    seen.length = 0;
    await kit.client.send(
      new MergeShardsCommand({
        StreamName: 'orders',
        ShardToMerge: 'shardId-000000000000',
        AdjacentShardToMerge: 'shardId-000000000001',
      }),
    );
    await kit.put('c');
    await mapping.resume();
    await kit.clock.advance(3000);
    expect(seen).toEqual(['- 0 {"seen":"a"} final', 'c 2 {}']);
  });

  test('counts every record once, in the window it arrived in, through any pauses, updates and failures', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('put' as const), count: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 9000 }) }),
      fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const, 'update' as const) }),
    );
    const run = async (script: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) => {
      await using kit = await openKit();
      const expected = new Map<string, string>();
      const ended = new Map<string, string>();
      let calls = 0;
      const { mapping } = await mapOrders(
        kit,
        (data, event) => {
          // Before anything is made of it, as a handler should fail.
          if (calls++ % 3 === 2) throw new Error('database is down');
          const answer = gather(data, event) as { readonly state: { readonly seen: string } };
          if (event.isFinalInvokeForWindow === true) {
            const start = event.window?.start ?? '';
            ended.set(start, `${ended.get(start) ?? ''}${answer.state.seen}`);
          }
          return answer;
        },
        { TumblingWindowInSeconds: 10, BatchSize: 2, choices: { windowIdle: 0 } },
      );
      let next = 0;
      for (const one of script) {
        if (one.type === 'put') {
          for (let left = one.count; left > 0; left--) {
            const data = `${next++},`;
            const window = new Date(Math.floor(kit.clock.now() / 10_000) * 10_000);
            const start = window.toISOString().replace('.000Z', 'Z');
            expected.set(start, `${expected.get(start) ?? ''}${data}`);
            await kit.put(data);
          }
        } else if (one.type === 'wait') await kit.clock.advance(one.ms);
        else if (one.type === 'pause') await mapping.pause();
        else if (one.type === 'resume') await mapping.resume();
        else await mapping.update({ BatchSize: 1 + (next % 3) });
      }
      await mapping.resume();
      await kit.clock.advance(120_000);
      expect([...ended]).toEqual([...expected]);
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), run), { numRuns: 60 });
  }, 60_000);
});
