import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import type { FaultCall, Faults } from '../../src/api/fault.ts';
import { base64, createTestService } from './test-service.ts';

const record = { Data: base64('x'), PartitionKey: 'k' };

function withFaults(faults: Faults) {
  const kinesis = createTestService({ faults });
  kinesis.service.engine.createStream('s', { shards: 1 });
  return kinesis;
}

describe('a fault', () => {
  test('is asked for before every call, and told what it is about', () => {
    const calls: FaultCall[] = [];
    const kinesis = withFaults((call) => {
      calls.push(call);
      return undefined;
    });
    const { ShardIterator } = kinesis.call('GetShardIterator', {
      StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
      ShardId: 'shardId-0',
      ShardIteratorType: 'LATEST',
    });
    kinesis.call('GetRecords', { ShardIterator });
    kinesis.call('PutRecords', { StreamName: 's', Records: [record, record] });
    kinesis.call('PutRecords', { StreamName: 's', Records: [record] });
    expect(calls).toMatchObject([
      { operation: 'GetShardIterator', stream: 's', count: 1, entries: 0 },
      { operation: 'GetRecords', stream: 's', count: 1, entries: 0 },
      { operation: 'PutRecords', stream: 's', count: 1, entries: 2 },
      { operation: 'PutRecords', stream: 's', count: 2, entries: 1 },
    ]);
  });

  test('answers an error instead of doing anything', () => {
    const kinesis = withFaults(() => ({ error: { type: 'ServiceUnavailableException', message: 'Later.' } }));
    expect(kinesis.failure('PutRecord', { StreamName: 's', ...record })).toBe(
      'ServiceUnavailableException: Later.',
    );
    expect(kinesis.service.engine.stream('s').openShards[0]?.log.next).toBe(1);
  });

  test('can lose only the answer of a call that took effect', () => {
    const kinesis = withFaults(() => ({ error: { type: 'InternalFailure', when: 'after' } }));
    expect(kinesis.failure('PutRecord', { StreamName: 's', ...record })).toBe('InternalFailure');
    expect(kinesis.service.engine.stream('s').openShards[0]?.log.next).toBe(2);
  });

  test('refuses some entries of a put and lets the others through', () => {
    const kinesis = withFaults(({ operation }) =>
      operation === 'PutRecords'
        ? { entry: (index) => (index === 1 ? {} : index === 2 ? { code: 'InternalFailure' } : undefined) }
        : undefined,
    );
    const answer = kinesis.call('PutRecords', { StreamName: 's', Records: [record, record, record, record] });
    expect(answer.FailedRecordCount).toBe(2);
    expect(answer.Records.slice(1, 3)).toEqual([
      {
        ErrorCode: 'ProvisionedThroughputExceededException',
        ErrorMessage: 'Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.',
      },
      { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal service failure.' },
    ]);
    expect(kinesis.service.engine.stream('s').openShards[0]?.log.next).toBe(3);
  });

  test('holds a call back by the clock', async () => {
    const clock = createManualClock();
    const kinesis = createTestService({ clock, faults: () => ({ delayMs: 250 }) });
    kinesis.service.engine.createStream('s', { shards: 1 });
    let answered = false;
    const put = Promise.resolve(kinesis.call('PutRecord', { StreamName: 's', ...record })).then(
      () => (answered = true),
    );
    await clock.advance(249);
    expect(answered).toBe(false);
    expect(kinesis.service.engine.stream('s').openShards[0]?.log.next).toBe(1);
    await clock.advance(1);
    await put;
    expect(kinesis.service.engine.stream('s').openShards[0]?.log.next).toBe(2);
  });
});

describe('a shard', () => {
  test('wakes who waits once for each call that puts something into it, and when it closes', () => {
    const kinesis = createTestService();
    kinesis.service.engine.createStream('s', { shards: 2 });
    const [shard, other] = kinesis.service.engine.stream('s').openShards;
    let woken = 0;
    const waiting = shard?.onChange(() => woken++);
    const put = (ExplicitHashKey: string): unknown =>
      kinesis.call('PutRecords', {
        StreamName: 's',
        Records: [0, 1, 2].map(() => ({ ...record, ExplicitHashKey })),
      });
    put('0');
    expect(woken).toBe(1);
    put(String(other?.range.start));
    expect(woken).toBe(1);
    kinesis.service.engine.splitShard('s', 'shardId-0');
    expect(woken).toBe(2);
    waiting?.[Symbol.dispose]();
    shard?.wake();
    expect(woken).toBe(2);
  });
});
