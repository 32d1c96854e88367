import { describe, expect, test } from 'vitest';

import { base64, createTestService } from './test-service.ts';

const slow = { createStreamMs: 500, deleteStreamMs: 300, updateStreamMs: 200 };
const record = { Data: base64('x'), PartitionKey: 'k' };

describe('a stream', () => {
  test('is CREATING, without shards and closed to records, until its time has come', async () => {
    const { call, failure, clock } = createTestService(slow);
    call('CreateStream', { StreamName: 's', ShardCount: 3 });
    const status = (): unknown => call('DescribeStream', { StreamName: 's' }).StreamDescription;
    expect(status()).toMatchObject({ StreamStatus: 'CREATING', Shards: [], HasMoreShards: false });
    expect(failure('PutRecord', { StreamName: 's', ...record })).toMatch(/^ResourceNotFoundException/);
    expect(failure('ListShards', { StreamName: 's' })).toBe(
      'ResourceInUseException: Stream s under account 000000000000 not ACTIVE, instead in state CREATING',
    );
    await clock.advance(499);
    expect(status()).toMatchObject({ StreamStatus: 'CREATING' });
    await clock.advance(1);
    expect(status()).toMatchObject({ StreamStatus: 'ACTIVE', Shards: [{}, {}, {}] });
    expect(clock.pending).toBe(0);
  });

  test('is UPDATING while it is split, takes records all the while, and refuses another change', async () => {
    const { call, failure, clock } = createTestService(slow);
    call('CreateStream', { StreamName: 's', ShardCount: 1 });
    await clock.advance(500);
    const split = { StreamName: 's', ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '1000' };
    call('SplitShard', split);
    expect(call('DescribeStreamSummary', { StreamName: 's' }).StreamDescriptionSummary).toMatchObject({
      StreamStatus: 'UPDATING',
      OpenShardCount: 1,
    });
    expect(call('PutRecord', { StreamName: 's', ...record }).ShardId).toBe('shardId-000000000000');
    for (const [operation, input] of [
      ['SplitShard', split],
      ['MergeShards', { StreamName: 's', ShardToMerge: 'shardId-0', AdjacentShardToMerge: 'shardId-1' }],
      ['UpdateShardCount', { StreamName: 's', TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' }],
      ['IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 48 }],
    ] as const) {
      expect(failure(operation, input)).toBe(
        'ResourceInUseException: Stream s under account 000000000000 not ACTIVE, instead in state UPDATING',
      );
    }
    await clock.advance(200);
    expect(call('DescribeStreamSummary', { StreamName: 's' }).StreamDescriptionSummary).toMatchObject({
      StreamStatus: 'ACTIVE',
      OpenShardCount: 2,
    });
    expect(failure('SplitShard', split)).toMatch(/has already been merged or split/);
  });

  test('is DELETING and then gone, even if a split was under way', async () => {
    const { call, failure, clock } = createTestService(slow);
    call('CreateStream', { StreamName: 's', ShardCount: 1 });
    await clock.advance(500);
    call('SplitShard', { StreamName: 's', ShardToSplit: 'shardId-0', NewStartingHashKey: '1000' });
    call('DeleteStream', { StreamName: 's' });
    expect(failure('PutRecord', { StreamName: 's', ...record })).toMatch(/^ResourceNotFoundException/);
    await clock.advance(299);
    expect(call('DescribeStream', { StreamName: 's' }).StreamDescription).toMatchObject({
      StreamStatus: 'DELETING',
      Shards: [{}],
    });
    await clock.advance(1);
    expect(failure('DescribeStream', { StreamName: 's' })).toMatch(/^ResourceNotFoundException/);
    expect(call('ListStreams').StreamNames).toEqual([]);
  });

  test('of the same name as a deleted one is another: its iterators and numbers are not the old ones', async () => {
    const { call, failure, clock } = createTestService();
    call('CreateStream', { StreamName: 's', ShardCount: 1 });
    const { SequenceNumber } = call('PutRecord', { StreamName: 's', ...record });
    const at = { StreamName: 's', ShardId: 'shardId-0', ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = call('GetShardIterator', at);
    call('DeleteStream', { StreamName: 's' });
    await clock.advance(2000);
    call('CreateStream', { StreamName: 's', ShardCount: 1 });
    expect(failure('GetRecords', { ShardIterator })).toMatch(
      /^ResourceNotFoundException: Shard shardId-000000000000/,
    );
    expect(
      failure('GetShardIterator', {
        ...at,
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber: SequenceNumber,
      }),
    ).toMatch(/is invalid because it did not come from this stream\.$/);
  });

  test('is known by its ARN wherever it is known by its name', () => {
    const { call } = createTestService();
    call('CreateStream', { StreamName: 's', ShardCount: 1, Tags: { team: 'a' } });
    const StreamARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/s';
    expect(call('DescribeStream', { StreamARN }).StreamDescription.StreamARN).toBe(StreamARN);
    expect(call('PutRecords', { StreamARN, Records: [record] }).FailedRecordCount).toBe(0);
    const { Shards } = call('ListShards', { StreamARN });
    const { ShardIterator } = call('GetShardIterator', {
      StreamARN,
      ShardId: Shards[0]?.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    expect(call('GetRecords', { StreamARN, ShardIterator }).Records).toHaveLength(1);
    call('UpdateMaxRecordSize', { StreamARN, MaxRecordSizeInKiB: 2048 });
    call('UpdateShardCount', {
      StreamARN,
      StreamName: 's',
      TargetShardCount: 2,
      ScalingType: 'UNIFORM_SCALING',
    });
    call('MergeShards', { StreamARN, ShardToMerge: 'shardId-1', AdjacentShardToMerge: 'shardId-2' });
    expect(call('ListTagsForStream', { StreamARN })).toEqual({
      Tags: [{ Key: 'team', Value: 'a' }],
      HasMoreTags: false,
    });
    call('DeleteStream', { StreamARN });
    expect(call('ListStreams').StreamNames).toEqual([]);
  });

  test('made without a number of shards is on demand with four', () => {
    const { call } = createTestService();
    call('CreateStream', { StreamName: 's' });
    expect(call('DescribeStreamSummary', { StreamName: 's' }).StreamDescriptionSummary).toMatchObject({
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      OpenShardCount: 4,
    });
    expect(call('DescribeLimits')).toMatchObject({
      ShardLimit: 20_000,
      OpenShardCount: 4,
      OnDemandStreamCount: 1,
      OnDemandStreamCountLimit: 50,
    });
  });
});

describe('an account', () => {
  test('is refused more open shards than it may have, by create, split and scaling', () => {
    const { call, failure } = createTestService({ shardLimit: 3 });
    call('CreateStream', { StreamName: 's', ShardCount: 3 });
    const refused =
      /^LimitExceededException: This request would exceed the shard limit for the account 000000000000 in us-east-1\. Current shard count for the account: 3\. Limit: 3\. Number of additional shards that would have resulted from this request: /;
    expect(failure('CreateStream', { StreamName: 't', ShardCount: 1 })).toMatch(refused);
    expect(
      failure('SplitShard', { StreamName: 's', ShardToSplit: 'shardId-0', NewStartingHashKey: '9' }),
    ).toMatch(refused);
    expect(
      failure('UpdateShardCount', { StreamName: 's', TargetShardCount: 6, ScalingType: 'UNIFORM_SCALING' }),
    ).toMatch(refused);
    call('MergeShards', { StreamName: 's', ShardToMerge: 'shardId-0', AdjacentShardToMerge: 'shardId-1' });
    call('CreateStream', { StreamName: 't', ShardCount: 1 });
  });

  test('lists its streams by name, page by page, either way', async () => {
    const { call, failure, clock } = createTestService();
    for (const name of ['c', 'a', 'e', 'b', 'd']) call('CreateStream', { StreamName: name, ShardCount: 1 });
    const first = call('ListStreams', { Limit: 2 });
    expect(first).toMatchObject({ StreamNames: ['a', 'b'], HasMoreStreams: true });
    expect(first.StreamSummaries[0]).toEqual({
      StreamName: 'a',
      StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/a',
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      StreamCreationTimestamp: Date.UTC(2026, 0, 1),
    });
    expect(call('ListStreams', { Limit: 2, NextToken: first.NextToken }).StreamNames).toEqual(['c', 'd']);
    expect(call('ListStreams', { ExclusiveStartStreamName: 'd' })).toMatchObject({
      StreamNames: ['e'],
      HasMoreStreams: false,
    });
    await clock.advance(300_001);
    expect(failure('ListStreams', { NextToken: first.NextToken })).toMatch(/^ExpiredNextTokenException/);
  });
});

describe('tags', () => {
  test('are added, replaced, listed page by page and removed', () => {
    const { call, failure } = createTestService();
    call('CreateStream', { StreamName: 's', ShardCount: 1 });
    call('AddTagsToStream', { StreamName: 's', Tags: { b: '1', a: '2', __proto__x: '3' } });
    call('AddTagsToStream', { StreamName: 's', Tags: { a: '' } });
    expect(call('ListTagsForStream', { StreamName: 's', Limit: 2 })).toEqual({
      Tags: [
        { Key: '__proto__x', Value: '3' },
        { Key: 'a', Value: '' },
      ],
      HasMoreTags: true,
    });
    call('RemoveTagsFromStream', { StreamName: 's', TagKeys: ['a', 'unknown'] });
    expect(call('ListTagsForStream', { StreamName: 's', ExclusiveStartTagKey: '__proto__x' })).toEqual({
      Tags: [{ Key: 'b', Value: '1' }],
      HasMoreTags: false,
    });
    const many = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`k${index}`, 'v']));
    expect(failure('AddTagsToStream', { StreamName: 's', Tags: many })).toMatch(/more than 50 tags/);
  });
});
