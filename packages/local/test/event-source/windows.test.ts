import { SplitShardCommand } from '@aws-sdk/client-kinesis';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { KinesisEvent } from '../../src/event-source/event.ts';
import { Lane, type LaneRules, type Outcome } from '../../src/event-source/lane.ts';
import type { MappingRecord } from '../../src/event-source/record.ts';
import { openWindow } from '../../src/event-source/tumbling-window.ts';
import { dataOf, fails, mapOrders, openKit, queueArn, reporting, streamArn, toQueue, gather } from './kit.ts';

/** What a test looks at of an event. */
const summary = (event: KinesisEvent) => [
  dataOf(event).join(''),
  event.window?.start.slice(11, 19),
  JSON.stringify(event.state),
  event.isFinalInvokeForWindow === true ? 'final' : '',
];

describe('a tumbling window', () => {
  test('[window/boundaries] is the multiple of its length that a record arrived in', () => {
    const at = Date.parse('2026-01-01T07:04:35Z');
    const window = openWindow({ sequenceNumber: '1', arrivedAt: at }, 120_000);
    expect([window.start, window.end].map((time) => new Date(time).toISOString())).toEqual([
      '2026-01-01T07:04:00.000Z',
      '2026-01-01T07:06:00.000Z',
    ]);
  });
  test('[window/event] adds its members to the event', async () => {
    await using kit = await openKit();
    await kit.clock.advance(25_474_000);
    await kit.put('a');
    const events: KinesisEvent[] = [];
    await mapOrders(kit, (data, event) => gather(data, events[events.push(event) - 1] ?? event), {
      TumblingWindowInSeconds: 120,
    });
    await kit.clock.settle();
    const [{ Records, ...rest } = { Records: [] }] = events;
    expect(Records).toHaveLength(1);
    expect(rest).toEqual({
      window: { start: '2026-01-01T07:04:00Z', end: '2026-01-01T07:06:00Z' },
      state: {},
      shardId: 'shardId-000000000000',
      eventSourceARN: streamArn,
      isFinalInvokeForWindow: false,
      isWindowTerminatedEarly: false,
    });
  });
  test('[window/state] [window/final] hands its state on, ends with an invocation of its own, and is forgotten', async () => {
    await using kit = await openKit();
    const seen: unknown[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        return gather(data, event);
      },
      { TumblingWindowInSeconds: 10 },
    );
    for (const data of ['a', 'b', 'c']) {
      await kit.put(data);
      await kit.clock.advance(4000);
    }
    await kit.put('d');
    await kit.clock.advance(1000);
    expect(seen).toEqual([
      ['a', '00:00:00', '{}', ''],
      ['b', '00:00:00', '{"seen":"a"}', ''],
      ['c', '00:00:00', '{"seen":"ab"}', ''],
      ['', '00:00:00', '{"seen":"abc"}', 'final'],
      ['d', '00:00:10', '{}', ''],
    ]);
  });
  test('[window/state] fails an invocation that answers no state, and keeps the one it had', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: unknown[] = [];
    const { mapping } = await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        return seen.length < 3 ? {} : gather(data, event);
      },
      { TumblingWindowInSeconds: 10 },
    );
    await kit.clock.settle();
    expect(mapping.lastProcessingResult).toBe('PROBLEM: Function call failed');
    await kit.clock.advance(1000);
    expect(seen).toEqual(Array.from({ length: 3 }, () => ['a', '00:00:00', '{}', '']));
    expect(mapping.lastProcessingResult).toBe('OK');
  });
  test('[window/final] holds the shard up until its end succeeds, or has failed too often', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: string[] = [];
    const { drops } = await mapOrders(
      kit,
      (data, event) => {
        seen.push(event.isFinalInvokeForWindow === true ? 'final' : data.join(''));
        if (event.isFinalInvokeForWindow === true) throw new Error('database is down');
        return gather(data, event);
      },
      { ...toQueue, TumblingWindowInSeconds: 10, MaximumRetryAttempts: 2 },
    );
    await kit.clock.advance(10_000);
    await kit.put('b');
    await kit.clock.advance(2000);
    expect(seen).toEqual(['a', 'final', 'final', 'final', 'b']);
    expect(drops()).toMatchObject([{ records: 0, condition: 'RetryAttemptsExhausted' }]);
    const { destinations } = await kit.kinesis.lambda();
    expect(JSON.parse(destinations.messages(queueArn)[0]?.body ?? '')).toMatchObject({
      KinesisBatchInfo: { batchSize: 0, approximateArrivalOfFirstRecord: '2026-01-01T00:00:00.000Z' },
    });
  });
  test('[destination/s3] given up at its end leaves its state in the bucket, in the event as it was invoked', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const { drops } = await mapOrders(
      kit,
      (data, event) => {
        if (event.isFinalInvokeForWindow === true) throw new Error('database is down');
        return gather(data, event);
      },
      {
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
        TumblingWindowInSeconds: 10,
        MaximumRetryAttempts: 0,
        choices: { windowIdle: 0 },
      },
    );
    await kit.clock.advance(11_000);
    expect(drops()).toMatchObject([{ records: 0, delivered: true }]);
    const { destinations } = await kit.kinesis.lambda();
    const [body = ''] = destinations.objects('failures').values();
    const { payload } = JSON.parse(body) as { payload: string };
    expect(JSON.parse(payload)).toEqual({
      Records: [],
      window: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:00:10Z' },
      state: { seen: 'a' },
      shardId: 'shardId-000000000000',
      eventSourceARN: streamArn,
      isFinalInvokeForWindow: true,
      isWindowTerminatedEarly: false,
    });
  });
  test('[window/early] ends early when its state is over 1 MB', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: unknown[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        const { isFinalInvokeForWindow, isWindowTerminatedEarly } = event;
        seen.push([
          data.join(''),
          JSON.stringify(event.state).length,
          isFinalInvokeForWindow,
          isWindowTerminatedEarly,
        ]);
        return { state: data.includes('a') ? 'x'.repeat(1024 * 1024) : {} };
      },
      { TumblingWindowInSeconds: 60 },
    );
    await kit.clock.settle();
    await kit.put('b');
    await kit.clock.advance(1000);
    expect(seen).toEqual([
      ['a', 2, false, false],
      ['', 1024 * 1024 + 2, true, true],
      ['b', 2, false, false],
    ]);
  });
  test('[batch/payload] leaves room for its state, to the byte', async () => {
    await using kit = await openKit();
    const sizes: number[] = [];
    const run = async (maxPayloadBytes: number) => {
      const { mapping, invocations } = await mapOrders(
        kit,
        (_data, event) => {
          sizes.push(Buffer.byteLength(JSON.stringify(event)));
          return { state: 'x'.repeat(5000) };
        },
        { TumblingWindowInSeconds: 900, BatchSize: 2, choices: { maxPayloadBytes } },
      );
      await kit.clock.settle();
      await mapping.close();
      return invocations.map((batch) => batch.length);
    };
    for (const data of ['a', 'b', 'c', 'd']) await kit.put(data);
    expect(await run(100_000)).toEqual([2, 2]);
    const largest = Math.max(...sizes);
    expect(await run(largest)).toEqual([2, 2]);
    expect(await run(largest - 1)).toEqual([2, 1, 1]);
  });
  test('[window/idle] without new records ends two minutes after its time', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const { invocations } = await mapOrders(kit, gather, { TumblingWindowInSeconds: 60 });
    await kit.clock.advance(60_000 + 119_999);
    expect(invocations).toEqual([['a']]);
    await kit.clock.advance(1);
    expect(invocations).toEqual([['a'], []]);
  });
  test('[window/idle] waits as long as it is told to', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const { invocations } = await mapOrders(kit, gather, {
      TumblingWindowInSeconds: 60,
      choices: { windowIdle: '5s' },
    });
    await kit.clock.advance(65_000);
    expect(invocations).toEqual([['a'], []]);
  });
  test('[window/closed-shard] ends with its shard, and children begin anew', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: unknown[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        return gather(data, event);
      },
      { TumblingWindowInSeconds: 900 },
    );
    await kit.clock.settle();
    await kit.client.send(
      new SplitShardCommand({
        StreamName: 'orders',
        ShardToSplit: 'shardId-000000000000',
        NewStartingHashKey: (2n ** 127n).toString(),
      }),
    );
    await kit.put('b');
    await kit.clock.advance(3000);
    expect(seen).toEqual([
      ['a', '00:00:00', '{}', ''],
      ['', '00:00:00', '{"seen":"a"}', 'final'],
      ['b', '00:00:00', '{}', ''],
    ]);
  });
  test('[window/parallel] is each lane’s own, when that is allowed', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b']) await kit.put(data);
    const seen: unknown[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        return gather(data, event);
      },
      {
        TumblingWindowInSeconds: 10,
        ParallelizationFactor: 10,
        choices: { allowParallelWindows: true, windowIdle: 0 },
      },
    );
    await kit.clock.advance(11_000);
    expect(seen).toEqual([
      ['a', '00:00:00', '{}', ''],
      ['b', '00:00:00', '{}', ''],
      ['', '00:00:00', '{"seen":"a"}', 'final'],
      ['', '00:00:00', '{"seen":"b"}', 'final'],
    ]);
  });
  test('[window/partial] takes the state of what was done, and retries the rest with it', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'bad', 'c']) await kit.put(data);
    const seen: unknown[] = [];
    await mapOrders(
      kit,
      (data, event) => {
        seen.push(summary(event));
        const stop = data.indexOf('bad');
        if (seen.length > 2) return gather(data, event);
        // Of an invocation in which nothing was done, no state is kept.
        const state = stop === 0 ? { state: 'lost' } : gather(data.slice(0, stop), event);
        return { ...state, ...fails(event, 'bad') };
      },
      { ...reporting, TumblingWindowInSeconds: 60 },
    );
    await kit.clock.advance(1000);
    expect(seen).toEqual([
      ['abadc', '00:00:00', '{}', ''],
      ['badc', '00:00:00', '{"seen":"a"}', ''],
      ['badc', '00:00:00', '{"seen":"a"}', ''],
    ]);
  });
});

describe('any lane', () => {
  const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant<Outcome>({ type: 'response', response: { state: 1 } }),
    fc.constant<Outcome>({ type: 'response', response: { state: 'x'.repeat(1024 * 1024) } }),
    fc.constant<Outcome>({ type: 'response', response: { batchItemFailures: [{ itemIdentifier: '' }] } }),
    fc.constant<Outcome>({ type: 'error', functionError: 'Unhandled' }),
    fc.constant<Outcome>({ type: 'refused', reason: 'throttled' }),
  );
  test('settles every record once and in order, keeps windows apart, and ends each it began', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 40 }),
        fc.array(outcomes, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(0, 5000),
        fc.constantFrom(0, 3000),
        (gaps, script, batchSize, tumblingMs, windowMs) => {
          const rules: LaneRules = {
            batch: { records: batchSize, bytes: 1000, windowMs },
            retry: {
              maximumRetryAttempts: 2,
              maximumRecordAgeMs: 60_000,
              retentionMs: 86_400_000,
              bisectBatchOnFunctionError: true,
              backoff: { firstMs: 250, factor: 2, longestMs: 60_000 },
              attemptsAfterBisect: 'restart',
            },
            reportBatchItemFailures: true,
            tumblingMs,
            windowBytes: 50,
            windowIdleMs: 1000,
          };
          let now = 0;
          const lane = new Lane(rules, () => 100, now);
          const ends: number[] = [];
          const open = new Set<number>();
          const wrong: string[] = [];
          const work = (until: number): void => {
            for (;;) {
              const step = lane.step(now);
              if (step.type === 'idle') break;
              if (step.type === 'wait') {
                if (step.until <= now) wrong.push(`waits until ${step.until} at ${now}`);
                if (step.until > until) break;
                now = step.until;
              } else if (step.type === 'drop') {
                ends.push(...step.records.map(({ ordinal }) => ordinal));
                if (step.turn?.final === true) open.delete(step.turn.window.start);
              } else {
                const { turn, records } = step;
                if (turn !== undefined) {
                  open.add(turn.window.start);
                  const { start, end } = turn.window;
                  if (records.some(({ arrivedAt }) => arrivedAt < start || arrivedAt >= end))
                    wrong.push('foreign');
                  if (open.size > 1) wrong.push('two windows');
                }
                const { finished, verdict } = lane.settle(
                  script.shift() ?? { type: 'response', response: { state: 1 } },
                  now,
                );
                ends.push(...finished.map(({ ordinal }) => ordinal));
                if (turn?.final === true && verdict.type === 'done') open.delete(turn.window.start);
              }
            }
            now = Math.max(now, Math.min(until, now + 1e9));
          };
          for (const [ordinal, gap] of gaps.entries()) {
            work(now + gap);
            lane.push(record(ordinal, now), now);
          }
          lane.end();
          work(now + 1e9);
          expect(wrong).toEqual([]);
          expect(ends).toEqual(gaps.map((_, ordinal) => ordinal));
          expect([...open]).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function record(ordinal: number, arrivedAt: number): MappingRecord {
  return { ordinal, arrivedAt, sequenceNumber: String(ordinal + 1), partitionKey: 'k', data: '' };
}
