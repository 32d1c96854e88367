import { describe, expect, test } from 'vitest';

import { base64, createTestService, type TestService } from './test-service.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);

/** One shard with records a to e, a second apart. */
async function withRecords(): Promise<TestService & { readonly numbers: readonly string[] }> {
  const kinesis = createTestService();
  kinesis.call('CreateStream', { StreamName: 's', ShardCount: 1 });
  const numbers: string[] = [];
  for (const letter of ['a', 'b', 'c', 'd', 'e']) {
    numbers.push(put(kinesis, letter));
    await kinesis.clock.advance(1000);
  }
  return { ...kinesis, numbers };
}

function put(kinesis: TestService, letter: string): string {
  return kinesis.call('PutRecord', { StreamName: 's', Data: base64(letter), PartitionKey: letter })
    .SequenceNumber;
}

function iteratorAt(kinesis: TestService, ShardIteratorType: string, more: object = {}): string {
  return kinesis.call('GetShardIterator', {
    StreamName: 's',
    ShardId: 'shardId-000000000000',
    ShardIteratorType,
    ...more,
  }).ShardIterator;
}

function read(kinesis: TestService, ShardIterator: string, Limit?: number) {
  const answer = kinesis.call('GetRecords', { ShardIterator, ...(Limit && { Limit }) });
  return {
    ...answer,
    letters: answer.Records.map((record) => record.PartitionKey).join(''),
  };
}

const mebibytes = (count: number): string => Buffer.alloc(count * 1024 * 1024 - 1).toString('base64');

describe('an iterator', () => {
  test.each([
    { type: 'TRIM_HORIZON', more: () => ({}), letters: 'abcde' },
    { type: 'LATEST', more: () => ({}), letters: '' },
    {
      type: 'AT_SEQUENCE_NUMBER',
      more: (numbers: readonly string[]) => ({ StartingSequenceNumber: numbers[1] }),
      letters: 'bcde',
    },
    {
      type: 'AFTER_SEQUENCE_NUMBER',
      more: (numbers: readonly string[]) => ({ StartingSequenceNumber: numbers[1] }),
      letters: 'cde',
    },
    { type: 'AT_TIMESTAMP', more: () => ({ Timestamp: start / 1000 + 2 }), letters: 'cde' },
    { type: 'AT_TIMESTAMP', more: () => ({ Timestamp: start / 1000 + 1.001 }), letters: 'cde' },
    { type: 'AT_TIMESTAMP', more: () => ({ Timestamp: 0 }), letters: 'abcde' },
    { type: 'AT_TIMESTAMP', more: () => ({ Timestamp: start / 1000 + 5 }), letters: '' },
  ])('$type begins at "$letters" and meets what comes later', async ({ type, more, letters }) => {
    const kinesis = await withRecords();
    const first = read(kinesis, iteratorAt(kinesis, type, more(kinesis.numbers)));
    expect(first.letters).toBe(letters);
    put(kinesis, 'f');
    expect(read(kinesis, first.NextShardIterator).letters).toBe('f');
  });

  test('takes the first and last number of its shard', async () => {
    const kinesis = await withRecords();
    const range = () => kinesis.call('ListShards', { StreamName: 's' }).Shards[0]?.SequenceNumberRange;
    const at = (type: string, StartingSequenceNumber: string | undefined): string =>
      read(kinesis, iteratorAt(kinesis, type, { StartingSequenceNumber })).letters;
    expect(at('AT_SEQUENCE_NUMBER', range()?.StartingSequenceNumber)).toBe('abcde');
    expect(at('AFTER_SEQUENCE_NUMBER', range()?.StartingSequenceNumber)).toBe('abcde');
    kinesis.service.engine.splitShard('s', 'shardId-0');
    expect(at('AT_SEQUENCE_NUMBER', range()?.EndingSequenceNumber)).toBe('');
    expect(at('AFTER_SEQUENCE_NUMBER', range()?.EndingSequenceNumber)).toBe('');
  });

  test('refuses a number of another shard', async () => {
    const kinesis = await withRecords();
    kinesis.service.engine.splitShard('s', 'shardId-0');
    expect(
      kinesis.failure('GetShardIterator', {
        StreamName: 's',
        ShardId: 'shardId-1',
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber: kinesis.numbers[0],
      }),
    ).toBe(
      'InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a call ' +
        'to a shard with shardId-000000000001',
    );
  });

  test('expires after five minutes', async () => {
    const kinesis = await withRecords();
    const ShardIterator = iteratorAt(kinesis, 'LATEST');
    await kinesis.clock.advance(300_000);
    expect(read(kinesis, ShardIterator).letters).toBe('');
    await kinesis.clock.advance(1);
    expect(kinesis.failure('GetRecords', { ShardIterator })).toMatch(
      /^ExpiredIteratorException: Iterator expired\. /,
    );
  });

  test('may be used again: it names a place and holds no state', async () => {
    const kinesis = await withRecords();
    const iterator = iteratorAt(kinesis, 'TRIM_HORIZON');
    expect(read(kinesis, iterator, 2).letters).toBe('ab');
    expect(read(kinesis, iterator, 3).letters).toBe('abc');
  });
});

describe('reading', () => {
  test('gives back number, key, payload and arrival as they were', async () => {
    const kinesis = await withRecords();
    expect(read(kinesis, iteratorAt(kinesis, 'TRIM_HORIZON'), 1).Records).toEqual([
      {
        SequenceNumber: kinesis.numbers[0],
        PartitionKey: 'a',
        Data: base64('a'),
        ApproximateArrivalTimestamp: start,
      },
    ]);
  });

  test('says how far behind the tip it is', async () => {
    const kinesis = await withRecords();
    const first = read(kinesis, iteratorAt(kinesis, 'TRIM_HORIZON'), 2);
    expect(first.MillisBehindLatest).toBe(3000);
    expect(read(kinesis, first.NextShardIterator).MillisBehindLatest).toBe(0);
  });

  test('ends a closed shard with its children and no iterator', async () => {
    const kinesis = await withRecords();
    kinesis.service.engine.splitShard('s', 'shardId-0', 1000n);
    const first = read(kinesis, iteratorAt(kinesis, 'TRIM_HORIZON'), 4);
    expect(first.letters).toBe('abcd');
    expect(first.ChildShards).toBeUndefined();
    const last = read(kinesis, first.NextShardIterator);
    expect(last.letters).toBe('e');
    expect(last).not.toHaveProperty('NextShardIterator');
    expect(last.MillisBehindLatest).toBe(0);
    expect(last.ChildShards).toEqual([
      {
        ShardId: 'shardId-000000000001',
        ParentShards: ['shardId-000000000000'],
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: '999' },
      },
      {
        ShardId: 'shardId-000000000002',
        ParentShards: ['shardId-000000000000'],
        HashKeyRange: { StartingHashKey: '1000', EndingHashKey: String(2n ** 128n - 1n) },
      },
    ]);
  });

  test('names both parents of a merged child', () => {
    const kinesis = createTestService();
    kinesis.call('CreateStream', { StreamName: 's', ShardCount: 2 });
    kinesis.call('MergeShards', {
      StreamName: 's',
      ShardToMerge: 'shardId-1',
      AdjacentShardToMerge: 'shardId-0',
    });
    expect(read(kinesis, iteratorAt(kinesis, 'LATEST')).ChildShards).toMatchObject([
      { ShardId: 'shardId-000000000002', ParentShards: ['shardId-000000000000', 'shardId-000000000001'] },
    ]);
  });

  test('gives at most 10,000 records and 10 MiB, but always one', () => {
    const kinesis = createTestService();
    kinesis.call('CreateStream', { StreamName: 's', ShardCount: 1, MaxRecordSizeInKiB: 10_240 });
    const many = Array.from({ length: 500 }, () => ({ Data: '', PartitionKey: 'k' }));
    for (let round = 0; round < 21; round++) kinesis.call('PutRecords', { StreamName: 's', Records: many });
    const first = read(kinesis, iteratorAt(kinesis, 'TRIM_HORIZON'));
    expect(first.letters).toHaveLength(10_000);
    const rest = read(kinesis, first.NextShardIterator);
    expect(rest.letters).toHaveLength(500);
    for (const count of [6, 4, 1, 10]) {
      kinesis.call('PutRecord', {
        StreamName: 's',
        Data: mebibytes(count),
        PartitionKey: String(count % 10),
      });
    }
    const large = read(kinesis, rest.NextShardIterator);
    expect(large.letters).toBe('64');
    const next = read(kinesis, large.NextShardIterator);
    expect(next.letters).toBe('1');
    expect(read(kinesis, next.NextShardIterator).letters).toBe('0');
  });

  test('forgets what is older than the retention, by the clock, and sooner when that is shortened', async () => {
    const kinesis = await withRecords();
    kinesis.call('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 48 });
    await kinesis.clock.advance(47 * hour);
    expect(read(kinesis, iteratorAt(kinesis, 'TRIM_HORIZON')).letters).toBe('abcde');
    await kinesis.clock.advance(hour - 3000);
    expect(read(kinesis, iteratorAt(kinesis, 'TRIM_HORIZON')).letters).toBe('cde');
    expect(
      read(
        kinesis,
        iteratorAt(kinesis, 'AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: kinesis.numbers[0] }),
      ).letters,
    ).toBe('cde');
    put(kinesis, 'f');
    kinesis.call('DecreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 24 });
    expect(read(kinesis, iteratorAt(kinesis, 'TRIM_HORIZON')).letters).toBe('f');
  });

  test('holds no memory for records that expired, even when nobody reads', async () => {
    const kinesis = createTestService();
    kinesis.call('CreateStream', { StreamName: 's', ShardCount: 1 });
    const many = Array.from({ length: 500 }, () => ({ Data: '', PartitionKey: 'k' }));
    const putDay = (): void => {
      for (let round = 0; round < 20; round++) kinesis.call('PutRecords', { StreamName: 's', Records: many });
    };
    putDay();
    await kinesis.clock.advance(25 * hour);
    putDay();
    expect(kinesis.service.engine.stream('s').openShards[0]?.log.first).toBeGreaterThan(10_000);
  });
});
