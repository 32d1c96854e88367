import { firstGap, type HashRange } from '@millrace/kinesis/shard';
import { beforeEach, describe, expect, test } from 'vitest';

import { createTestService, type TestService } from './test-service.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);

let kinesis: TestService;

/** 0 and 1 at the start; an hour later 1 is split into 2 and 3; an hour later 0 and 2 are merged into 4. */
beforeEach(async () => {
  kinesis = createTestService();
  kinesis.call('CreateStream', { StreamName: 's', ShardCount: 2 });
  await kinesis.clock.advance(hour);
  kinesis.service.engine.splitShard('s', 'shardId-000000000001');
  await kinesis.clock.advance(hour);
  kinesis.call('MergeShards', {
    StreamName: 's',
    ShardToMerge: 'shardId-0',
    AdjacentShardToMerge: 'shardId-2',
  });
});

function list(input: object): readonly number[] {
  return indexes(kinesis.call('ListShards', { StreamName: 's', ...input }));
}

function indexes(answer: { readonly Shards: readonly { readonly ShardId: string }[] }): readonly number[] {
  return answer.Shards.map(({ ShardId }) => Number(ShardId.slice('shardId-'.length)));
}

function rangeOf(shard: { HashKeyRange: { StartingHashKey: string; EndingHashKey: string } }): HashRange {
  const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
  return { start: BigInt(StartingHashKey), end: BigInt(EndingHashKey) };
}

const filter = (Type: string, more: object = {}): object => ({ ShardFilter: { Type, ...more } });

describe('listing shards', () => {
  test('tells lineage and ranges of open and closed ones', () => {
    const { Shards } = kinesis.call('ListShards', { StreamName: 's' });
    expect(Shards[0]?.SequenceNumberRange.EndingSequenceNumber).toMatch(/^4\d{55}$/);
    expect(Shards[2]).toMatchObject({
      ParentShardId: 'shardId-000000000001',
      HashKeyRange: {
        StartingHashKey: '170141183460469231731687303715884105728',
        EndingHashKey: '255211775190703847597530955573826158591',
      },
    });
    expect(Shards[4]).toEqual({
      ShardId: 'shardId-000000000004',
      ParentShardId: 'shardId-000000000000',
      AdjacentParentShardId: 'shardId-000000000002',
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: '255211775190703847597530955573826158591' },
      SequenceNumberRange: { StartingSequenceNumber: expect.stringMatching(/^4\d{55}$/) },
    });
  });

  test.each([
    { what: 'without a filter', input: {}, shards: [0, 1, 2, 3, 4] },
    { what: 'from the trim horizon', input: filter('FROM_TRIM_HORIZON'), shards: [0, 1, 2, 3, 4] },
    { what: 'at the trim horizon', input: filter('AT_TRIM_HORIZON'), shards: [0, 1] },
    { what: 'at the latest', input: filter('AT_LATEST'), shards: [3, 4] },
    {
      what: 'after a shard',
      input: filter('AFTER_SHARD_ID', { ShardId: 'shardId-000000000002' }),
      shards: [3, 4],
    },
    {
      what: 'at a time',
      input: filter('AT_TIMESTAMP', { Timestamp: (start + 1.5 * hour) / 1000 }),
      shards: [0, 2, 3],
    },
    {
      what: 'from a time',
      input: filter('FROM_TIMESTAMP', { Timestamp: (start + 1.5 * hour) / 1000 }),
      shards: [0, 2, 3, 4],
    },
    {
      what: 'at a time that is not retained',
      input: filter('AT_TIMESTAMP', { Timestamp: 0 }),
      shards: [0, 1],
    },
    {
      what: 'at a time before the stream, within its retention',
      input: filter('AT_TIMESTAMP', { Timestamp: (start - hour) / 1000 }),
      shards: [0, 1],
    },
    {
      what: 'from a time before the stream, within its retention',
      input: filter('FROM_TIMESTAMP', { Timestamp: (start - hour) / 1000 }),
      shards: [0, 1, 2, 3, 4],
    },
    {
      what: 'from an exclusive start',
      input: { ExclusiveStartShardId: 'shardId-000000000003' },
      shards: [4],
    },
  ])('$what gives shards $shards', ({ input, shards }) => {
    expect(list(input)).toEqual(shards);
  });

  test('at a time always covers every hash key', () => {
    for (let at = start; at <= kinesis.clock.now(); at += hour / 4) {
      const { Shards } = kinesis.call('ListShards', {
        StreamName: 's',
        ...filter('AT_TIMESTAMP', { Timestamp: at / 1000 }),
      });
      expect(firstGap(Shards.map(rangeOf))).toBeUndefined();
    }
  });

  test('goes on page by page with the filter it began with', async () => {
    const first = kinesis.call('ListShards', {
      StreamName: 's',
      MaxResults: 2,
      ...filter('FROM_TIMESTAMP', { Timestamp: (start + 1.5 * hour) / 1000 }),
    });
    expect(indexes(first)).toEqual([0, 2]);
    const second = kinesis.call('ListShards', { NextToken: first.NextToken, MaxResults: 1 });
    expect(indexes(second)).toEqual([3]);
    const third = kinesis.call('ListShards', { NextToken: second.NextToken });
    expect(indexes(third)).toEqual([4]);
    expect(third.NextToken).toBeUndefined();
    await kinesis.clock.advance(300_001);
    expect(kinesis.failure('ListShards', { NextToken: second.NextToken })).toMatch(
      /^ExpiredNextTokenException/,
    );
  });

  test('leaves out a closed shard once its last record may have expired', async () => {
    const { ShardIterator } = kinesis.call('GetShardIterator', {
      StreamName: 's',
      ShardId: 'shardId-1',
      ShardIteratorType: 'TRIM_HORIZON',
    });
    expect(kinesis.call('GetRecords', { ShardIterator }).ChildShards).toHaveLength(2);
    await kinesis.clock.advance(23 * hour - 1);
    expect(list({})).toEqual([0, 1, 2, 3, 4]);
    await kinesis.clock.advance(1);
    expect(list({})).toEqual([0, 2, 3, 4]);
    expect(list(filter('AT_TRIM_HORIZON'))).toEqual([0, 2, 3]);
    expect(
      kinesis.failure('GetShardIterator', {
        StreamName: 's',
        ShardId: 'shardId-1',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    ).toMatch(/does not exist$/);
    await kinesis.clock.advance(hour);
    expect(list({})).toEqual([3, 4]);
  });

  test('can be told which stream of that name is meant', () => {
    expect(list({ StreamCreationTimestamp: start / 1000 })).toHaveLength(5);
    expect(
      kinesis.failure('ListShards', { StreamName: 's', StreamCreationTimestamp: start / 1000 - 5 }),
    ).toMatch(/^ResourceNotFoundException/);
  });

  test('needs what its filter needs', () => {
    expect(kinesis.failure('ListShards', { StreamName: 's', ...filter('AFTER_SHARD_ID') })).toMatch(
      /^InvalidArgumentException: ShardId/,
    );
    expect(kinesis.failure('ListShards', { StreamName: 's', ...filter('AT_TIMESTAMP') })).toMatch(
      /^InvalidArgumentException: Timestamp/,
    );
    expect(kinesis.failure('ListShards', { StreamName: 's', ...filter('SOME') })).toMatch(
      /^ValidationException: .*at 'shardFilter\.type' failed/,
    );
  });

  test('describes a stream page by page as well', () => {
    const first = kinesis.call('DescribeStream', { StreamName: 's', Limit: 3 }).StreamDescription;
    expect(indexes(first)).toEqual([0, 1, 2]);
    expect(first.HasMoreShards).toBe(true);
    const rest = kinesis.call('DescribeStream', {
      StreamName: 's',
      ExclusiveStartShardId: 'shardId-000000000002',
    });
    expect(indexes(rest.StreamDescription)).toEqual([3, 4]);
    expect(rest.StreamDescription.HasMoreShards).toBe(false);
  });
});
