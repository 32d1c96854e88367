import { describe, expect, test } from 'vitest';

import { base64, createTestService, type TestService } from './test-service.ts';

const rateExceeded = 'Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.';

function enforcing(shards = 1): TestService {
  const kinesis = createTestService({ enforceLimits: true });
  kinesis.call('CreateStream', { StreamName: 's', ShardCount: shards, MaxRecordSizeInKiB: 10_240 });
  return kinesis;
}

const entries = (count: number, bytes = 1): readonly object[] =>
  Array.from({ length: count }, () => ({ Data: Buffer.alloc(bytes).toString('base64'), PartitionKey: 'k' }));

const to = (ExplicitHashKey: string, count: number): readonly object[] =>
  entries(count).map((entry) => ({ ...entry, ExplicitHashKey }));

describe('a shard whose limits are enforced', () => {
  test('takes 1,000 records a second and refuses the rest, entry by entry', async () => {
    const kinesis = enforcing();
    const put = (count: number) => kinesis.call('PutRecords', { StreamName: 's', Records: entries(count) });
    expect(put(500).FailedRecordCount).toBe(0);
    expect(put(499).FailedRecordCount).toBe(0);
    const partial = put(3);
    expect(partial.FailedRecordCount).toBe(2);
    expect(partial.Records[0]?.SequenceNumber).toMatch(/^4\d{55}$/);
    expect(partial.Records[1]).toEqual({
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage: rateExceeded,
    });
    expect(kinesis.failure('PutRecord', { StreamName: 's', Data: '', PartitionKey: 'k' })).toBe(
      `ProvisionedThroughputExceededException: ${rateExceeded}`,
    );
    await kinesis.clock.advance(1000);
    expect(put(500).FailedRecordCount).toBe(0);
  });

  test('takes 1 MiB a second, keys included', async () => {
    const kinesis = enforcing();
    const put = (...sizes: readonly number[]): number =>
      kinesis.call('PutRecords', { StreamName: 's', Records: sizes.flatMap((size) => entries(1, size)) })
        .FailedRecordCount;
    expect(put(500_000, 500_000, 48_573)).toBe(0);
    expect(put(0)).toBe(1);
    await kinesis.clock.advance(1000);
    expect(put(1_048_576 - 1, 0)).toBe(1);
  });

  test('takes a larger record when something is left, and pays it off afterwards', async () => {
    const kinesis = enforcing();
    const put = (bytes: number): number =>
      kinesis.call('PutRecords', { StreamName: 's', Records: entries(1, bytes) }).FailedRecordCount;
    expect(put(5 * 1024 * 1024 - 1)).toBe(0);
    for (let second = 0; second < 5; second++) {
      expect(put(1)).toBe(1);
      await kinesis.clock.advance(1000);
    }
    expect(put(1)).toBe(0);
  });

  test('refuses for itself only: other shards go on', () => {
    const kinesis = enforcing(2);
    const last = String(2n ** 128n - 1n);
    for (let round = 0; round < 2; round++)
      kinesis.call('PutRecords', { StreamName: 's', Records: to('0', 500) });
    const mixed = kinesis.call('PutRecords', { StreamName: 's', Records: [...to('0', 2), ...to(last, 2)] });
    expect(mixed.Records.map((entry: { ErrorCode?: string }) => entry.ErrorCode === undefined)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test('answers five reads and five iterators a second', async () => {
    const kinesis = enforcing();
    const at = { StreamName: 's', ShardId: 'shardId-0', ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = kinesis.call('GetShardIterator', at);
    for (let call = 0; call < 4; call++) kinesis.call('GetShardIterator', at);
    expect(kinesis.failure('GetShardIterator', at)).toBe(
      `ProvisionedThroughputExceededException: ${rateExceeded}`,
    );
    for (let call = 0; call < 5; call++) kinesis.call('GetRecords', { ShardIterator });
    expect(kinesis.failure('GetRecords', { ShardIterator })).toBe(
      `ProvisionedThroughputExceededException: ${rateExceeded}`,
    );
    await kinesis.clock.advance(1000);
    kinesis.call('GetRecords', { ShardIterator });
    kinesis.call('GetShardIterator', at);
  });

  test('after an answer of 10 MiB answers nothing for five seconds', async () => {
    const kinesis = enforcing();
    for (let part = 0; part < 10; part++) {
      kinesis.call('PutRecords', { StreamName: 's', Records: entries(1, 1024 * 1024 - 1) });
      await kinesis.clock.advance(1000);
    }
    const { ShardIterator } = kinesis.call('GetShardIterator', {
      StreamName: 's',
      ShardId: 'shardId-0',
      ShardIteratorType: 'TRIM_HORIZON',
    });
    const { Records, NextShardIterator } = kinesis.call('GetRecords', { ShardIterator });
    expect(Records).toHaveLength(10);
    for (let second = 0; second < 5; second++) {
      expect(kinesis.failure('GetRecords', { ShardIterator: NextShardIterator })).toMatch(
        /^ProvisionedThroughputExceeded/,
      );
      await kinesis.clock.advance(1000);
    }
    expect(kinesis.call('GetRecords', { ShardIterator: NextShardIterator }).Records).toEqual([]);
  });
});

test('without enforcement a shard takes whatever comes', () => {
  const kinesis = createTestService();
  kinesis.call('CreateStream', { StreamName: 's', ShardCount: 1 });
  for (let round = 0; round < 10; round++) {
    expect(kinesis.call('PutRecords', { StreamName: 's', Records: entries(500) }).FailedRecordCount).toBe(0);
  }
});

describe('putting a record', () => {
  test('in order of a number given goes behind it', async () => {
    const kinesis = createTestService();
    kinesis.call('CreateStream', { StreamName: 's', ShardCount: 1 });
    const put = (more: object): string =>
      kinesis.call('PutRecord', { StreamName: 's', Data: base64('x'), PartitionKey: 'k', ...more })
        .SequenceNumber;
    const first = put({});
    const second = put({ SequenceNumberForOrdering: first });
    expect(BigInt(second)).toBeGreaterThan(BigInt(first));
    await kinesis.clock.advance(1000);
    const later = put({});
    kinesis.clock.jump(-60_000);
    expect(
      kinesis.failure('PutRecord', {
        StreamName: 's',
        Data: '',
        PartitionKey: 'k',
        SequenceNumberForOrdering: later,
      }),
    ).toMatch(/^InvalidArgumentException: ExclusiveMinimumSequenceNumber/);
    expect(BigInt(put({}))).toBeGreaterThan(BigInt(later));
  });

  test('up to 10 MiB is taken once the stream allows it', () => {
    const kinesis = createTestService();
    kinesis.call('CreateStream', { StreamName: 's', ShardCount: 1 });
    const large = {
      StreamName: 's',
      PartitionKey: 'k',
      Data: Buffer.alloc(10 * 1024 * 1024 - 1).toString('base64'),
    };
    expect(kinesis.failure('PutRecord', large)).toMatch(/^ValidationException/);
    kinesis.call('UpdateMaxRecordSize', {
      StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
      MaxRecordSizeInKiB: 10_240,
    });
    expect(kinesis.call('PutRecord', large).ShardId).toBe('shardId-000000000000');
    expect(kinesis.failure('PutRecord', { ...large, PartitionKey: 'kk' })).toMatch(/^ValidationException/);
  });
});
