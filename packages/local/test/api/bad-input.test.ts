import { beforeEach, describe, expect, test } from 'vitest';

import { longestHashKey, mebibyte, record } from './bad-input.ts';
import { badRecordInput } from './bad-record-input.ts';
import { badStreamInput } from './bad-stream-input.ts';
import { base64, createTestService, type TestService } from './test-service.ts';

let kinesis: TestService;
beforeEach(() => {
  kinesis = createTestService();
  kinesis.call('CreateStream', { StreamName: 'orders', ShardCount: 2 });
});

describe('bad input', () => {
  test.each([...badRecordInput, ...badStreamInput])(
    '$what is answered in the words of the service',
    ({ operation, input, answer }) => {
      kinesis.call('CreateStream', { StreamName: 'longer', ShardCount: 1 });
      kinesis.call('IncreaseStreamRetentionPeriod', { StreamName: 'longer', RetentionPeriodHours: 48 });
      kinesis.call('CreateStream', { StreamName: 'demand' });
      expect(kinesis.failure(operation, input)).toBe(answer);
    },
  );

  test('stores nothing of a request that is refused', () => {
    kinesis.failure('PutRecords', {
      StreamName: 'orders',
      Records: [record, { ...record, ExplicitHashKey: String(2n ** 128n) }],
    });
    kinesis.failure('PutRecords', {
      StreamName: 'orders',
      Records: [record, { PartitionKey: 'k', Data: Buffer.alloc(mebibyte).toString('base64') }],
    });
    for (const shard of kinesis.service.engine.stream('orders').openShards) expect(shard.log.next).toBe(1);
  });

  test('of more than ten faults names ten', () => {
    const records = Array.from({ length: 12 }, () => ({}));
    expect(kinesis.failure('PutRecords', { StreamName: 'orders', Records: records })).toMatch(
      /^ValidationException: 10 validation errors detected: /,
    );
  });

  test('that only looks bad is taken: nulls, unknown members, keys of 256 characters of any width', () => {
    const answer = kinesis.call('PutRecords', {
      StreamName: 'orders',
      StreamARN: null,
      Surprise: { deep: [1] },
      Records: [
        { Data: '', PartitionKey: '💥'.repeat(256), ExplicitHashKey: null },
        { Data: base64('x'), PartitionKey: 'k'.repeat(256), ExplicitHashKey: longestHashKey },
        { Data: base64('xy'), PartitionKey: '\u0000', ExplicitHashKey: '0' },
      ],
    });
    expect(answer.FailedRecordCount).toBe(0);
    expect(answer.Records.map((entry) => entry.ShardId).slice(1)).toEqual([
      'shardId-000000000001',
      'shardId-000000000000',
    ]);
  });
});
