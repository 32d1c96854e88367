import { expect, test } from 'vitest';

import { account, arnOf, through, required, streamArn, type Door } from './door.ts';

const summaryOf = async (door: Door, name: string) => {
  const { StreamDescriptionSummary } = await door.call('DescribeStreamSummary', { StreamName: name });
  return StreamDescriptionSummary;
};

const split = { StreamName: 's', ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '1000' };

const commit = (door: Door) =>
  door.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } });

const onDemand = (name: number): object => ({
  StreamName: `d${name}`,
  StreamModeDetails: { StreamMode: 'ON_DEMAND' },
});

test(
  'CreateStream [happy path] makes a provisioned stream with everything asked for',
  through(async (door) => {
    await door.call('CreateStream', {
      StreamName: 'p',
      ShardCount: 3,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      Tags: { team: 'a' },
      MaxRecordSizeInKiB: 4096,
    });
    expect(await summaryOf(door, 'p')).toMatchObject({
      StreamName: 'p',
      StreamARN: arnOf('stream/p'),
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      OpenShardCount: 3,
      ConsumerCount: 0,
      ChannelCount: 0,
      MaxRecordSizeInKiB: 4096,
      RetentionPeriodHours: 24,
      EncryptionType: 'NONE',
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    });
    expect((await door.call('ListTagsForStream', { StreamName: 'p' })).Tags).toEqual([
      { Key: 'team', Value: 'a' },
    ]);
  }),
);
test(
  'CreateStream [happy path] makes a stream on demand with four shards',
  through(async (door) => {
    await door.call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
    expect(await summaryOf(door, 'd')).toMatchObject({
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      OpenShardCount: 4,
      RecordDistributionStrategy: 'USER_PARTITION_KEY',
    });
  }),
);
test(
  'CreateStream [happy path] warms a stream on demand for an account with a commitment',
  through(async (door) => {
    const input = {
      StreamName: 'd',
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      WarmThroughputMiBps: 9,
      RecordDistributionStrategy: 'AUTO',
    };
    expect(await door.failure('CreateStream', input)).toBe(
      'ValidationException: Warm throughput is only supported for accounts that have ' +
        'MinimumThroughputBillingCommitment enabled.',
    );
    await commit(door);
    await door.call('CreateStream', input);
    expect(await summaryOf(door, 'd')).toMatchObject({
      OpenShardCount: 9,
      RecordDistributionStrategy: 'AUTO',
      WarmThroughput: { TargetMiBps: 9, CurrentMiBps: 9 },
    });
  }),
);
test(
  'CreateStream [validation] says what is wrong with each member',
  through(async (door) => {
    expect(await door.failure('CreateStream', {})).toBe(required('streamName'));
    expect(
      await door.failure('CreateStream', { StreamName: 'a b', ShardCount: 0, MaxRecordSizeInKiB: 1 }),
    ).toBe(
      'ValidationException: 3 validation errors detected: ' +
        "Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
        "Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: " +
        "[a-zA-Z0-9_.-]+; Value '1' at 'maxRecordSizeInKiB' failed to satisfy constraint: Member must have value " +
        'greater than or equal to 1024',
    );
    const provisioned = { StreamName: 'p', StreamModeDetails: { StreamMode: 'PROVISIONED' } };
    expect(await door.failure('CreateStream', provisioned)).toMatch(
      /^ValidationException: ShardCount must be/,
    );
    for (const option of [{ WarmThroughputMiBps: 8 }, { RecordDistributionStrategy: 'AUTO' }]) {
      expect(await door.failure('CreateStream', { ...provisioned, ShardCount: 1, ...option })).toMatch(
        /on-demand capacity mode\.$/,
      );
    }
  }),
);
test(
  'CreateStream [states] refuses a name that is taken',
  through(async (door) => {
    expect(await door.failure('CreateStream', { StreamName: 's', ShardCount: 1 })).toBe(
      `ResourceInUseException: Stream s under account ${account} already exists.`,
    );
  }),
);
test(
  'CreateStream [states] leaves the stream CREATING for its time',
  through(
    async (door) => {
      await door.call('CreateStream', { StreamName: 'p', ShardCount: 1 });
      expect(await summaryOf(door, 'p')).toMatchObject({ StreamStatus: 'CREATING', OpenShardCount: 0 });
      await door.clock.advance(1000);
      expect(await summaryOf(door, 'p')).toMatchObject({ StreamStatus: 'ACTIVE', OpenShardCount: 1 });
    },
    { createStreamTime: 1000 },
  ),
);
test(
  'CreateStream [limits] refuses shards over the limit of the account',
  through(
    async (door) => {
      expect(await door.failure('CreateStream', { StreamName: 'p', ShardCount: 3 })).toMatch(
        /^LimitExceededException: This request would exceed the shard limit for the account 000000000000 in us-east-1/,
      );
    },
    { shardLimit: 3 },
  ),
);
test(
  'CreateStream [limits] has five streams CREATING at most',
  through(
    async (door) => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        await door.call('CreateStream', { StreamName: name, ShardCount: 1 });
      }
      await door.clock.advance(1000);
      expect(await door.failure('CreateStream', { StreamName: 'f', ShardCount: 1 })).toMatch(
        /^LimitExceededException: 5 streams/,
      );
    },
    { enforceLimits: true, createStreamTime: 10_000 },
  ),
);

test(
  'DeleteStream [states] leaves the stream DELETING, then gone',
  through(
    async (door) => {
      await door.call('DeleteStream', { StreamName: 's' });
      expect(await summaryOf(door, 's')).toMatchObject({ StreamStatus: 'DELETING' });
      await door.clock.advance(1000);
      expect(await door.failure('DescribeStreamSummary', { StreamName: 's' })).toMatch(/^ResourceNotFound/);
    },
    { deleteStreamTime: 1000 },
  ),
);
test(
  'DeleteStream [states] spares a stream with consumers unless told to end them',
  through(async (door) => {
    await door.call('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' });
    expect(await door.failure('DeleteStream', { StreamName: 's' })).toMatch(/^ResourceInUseException: /);
    await door.call('DeleteStream', { StreamName: 's', EnforceConsumerDeletion: true });
    expect((await door.call('ListStreams')).StreamNames).toEqual([]);
  }),
);

test(
  'DescribeStream [happy path] says everything of a stream and its shards',
  through(async (door) => {
    const created = new Date(door.clock.now());
    await door.call('SplitShard', split);
    const { StreamDescription } = await door.call('DescribeStream', { StreamName: 's' });
    const [first, ...children] = StreamDescription.Shards;
    expect({ ...StreamDescription, Shards: [] }).toEqual({
      StreamName: 's',
      StreamARN: streamArn,
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      Shards: [],
      HasMoreShards: false,
      RetentionPeriodHours: 24,
      StreamCreationTimestamp: created,
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
      EncryptionType: 'NONE',
    });
    const number = expect.stringMatching(/^\d{56}$/);
    expect(first).toEqual({
      ShardId: 'shardId-000000000000',
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: (2n ** 128n - 1n).toString() },
      SequenceNumberRange: { StartingSequenceNumber: number, EndingSequenceNumber: number },
    });
    expect(children[0]).toEqual({
      ShardId: 'shardId-000000000001',
      ParentShardId: 'shardId-000000000000',
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: '999' },
      SequenceNumberRange: { StartingSequenceNumber: number },
    });
    expect((await door.call('ListShards', { StreamName: 's' })).Shards).toEqual([first, ...children]);
  }),
);
test(
  'DescribeStreamSummary [happy path] says everything of a stream but its shards',
  through(async (door) => {
    const created = new Date(door.clock.now());
    await door.call('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' });
    await door.call('SplitShard', split);
    expect(await summaryOf(door, 's')).toEqual({
      StreamName: 's',
      StreamARN: streamArn,
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      RetentionPeriodHours: 24,
      StreamCreationTimestamp: created,
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
      EncryptionType: 'NONE',
      OpenShardCount: 2,
      ConsumerCount: 1,
      MaxRecordSizeInKiB: 1024,
      ChannelCount: 0,
    });
  }),
);
test(
  'DescribeStream [pagination] gives at most 100 shards, and goes on after one',
  through(async (door) => {
    await door.call('CreateStream', { StreamName: 'p', ShardCount: 130 });
    const page = async (input: object) => {
      const { StreamDescription } = await door.call('DescribeStream', { StreamName: 'p', ...input });
      return StreamDescription;
    };
    const first = await page({ Limit: 1000 });
    expect(first.HasMoreShards).toBe(true);
    expect(first.Shards).toHaveLength(100);
    const second = await page({ ExclusiveStartShardId: first.Shards.at(-1)?.ShardId });
    expect(second.HasMoreShards).toBe(false);
    expect(second.Shards).toHaveLength(30);
    expect(second.Shards[0]?.ShardId).toBe('shardId-000000000100');
  }),
);

test(
  'ListStreams [happy path] says what each stream is',
  through(async (door) => {
    expect(await door.call('ListStreams')).toEqual({
      StreamNames: ['s'],
      HasMoreStreams: false,
      StreamSummaries: [
        {
          StreamName: 's',
          StreamARN: streamArn,
          StreamStatus: 'ACTIVE',
          StreamModeDetails: { StreamMode: 'PROVISIONED' },
          StreamCreationTimestamp: new Date(door.clock.now()),
        },
      ],
    });
  }),
);
test(
  'ListStreams [pagination] goes on by token or by name, at most 100 at a time',
  through(async (door) => {
    for (const name of ['c', 'a', 'b']) await door.call('CreateStream', { StreamName: name, ShardCount: 1 });
    const first = await door.call('ListStreams', { Limit: 2 });
    expect(first).toMatchObject({
      StreamNames: ['a', 'b'],
      HasMoreStreams: true,
      StreamSummaries: [{ StreamName: 'a', StreamStatus: 'ACTIVE' }, { StreamName: 'b' }],
    });
    expect((await door.call('ListStreams', { NextToken: first.NextToken })).StreamNames).toEqual(['c', 's']);
    const named = await door.call('ListStreams', { ExclusiveStartStreamName: 'c' });
    expect(named).toMatchObject({ StreamNames: ['s'], HasMoreStreams: false });
    expect(named.NextToken).toBeUndefined();
  }),
);
test(
  'ListStreams [pagination] refuses a token that is none, or is five minutes old',
  through(async (door) => {
    expect(await door.failure('ListStreams', { NextToken: 'x' })).toMatch(/^InvalidArgumentException: /);
    await door.call('CreateStream', { StreamName: 'a', ShardCount: 1 });
    const { NextToken } = await door.call('ListStreams', { Limit: 1 });
    await door.clock.advance(300_001);
    expect(await door.failure('ListStreams', { NextToken })).toMatch(/^ExpiredNextTokenException: /);
  }),
);

test(
  'ListShards [pagination] goes on by token, which names the stream itself',
  through(async (door) => {
    await door.call('CreateStream', { StreamName: 'p', ShardCount: 5 });
    const first = await door.call('ListShards', { StreamName: 'p', MaxResults: 3 });
    expect(first.Shards).toHaveLength(3);
    const rest = await door.call('ListShards', { NextToken: first.NextToken });
    expect(rest.Shards.map((shard) => shard.ShardId)).toEqual([
      'shardId-000000000003',
      'shardId-000000000004',
    ]);
    expect(rest.NextToken).toBeUndefined();
    expect(await door.failure('ListShards', { NextToken: first.NextToken, StreamName: 'p' })).toMatch(
      /^InvalidArgumentException: NextToken and StreamName cannot be provided together\.$/,
    );
    await door.clock.advance(300_001);
    expect(await door.failure('ListShards', { NextToken: first.NextToken })).toMatch(/^ExpiredNextToken/);
  }),
);
test(
  'ListShards [pagination] keeps to its filter, and takes a StreamId and a size beside the token, as the KCL sends them',
  through(async (door) => {
    const before = new Date(door.clock.now() - 60_000);
    await door.call('CreateStream', { StreamName: 'p', ShardCount: 3 });
    await door.clock.advance(60_000);
    await door.call('SplitShard', { ...split, StreamName: 'p' });
    const seen: string[] = [];
    // A worker that is to begin before there was a stream begins with its first shards.
    let page = await door.call('ListShards', {
      StreamName: 'p',
      StreamARN: arnOf('stream/p'),
      ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: before },
      MaxResults: 1,
    });
    for (;;) {
      seen.push(...page.Shards.map((shard) => shard.ShardId.slice(-1)));
      const { NextToken } = page;
      if (NextToken === undefined) break;
      page = await door.call('ListShards', {
        NextToken,
        MaxResults: 1,
        StreamId: 'abcdefghij0123456789-abc',
      });
    }
    expect(seen).toEqual(['0', '1', '2']);
  }),
);
test(
  'ListShards [happy path] filters by shard, by now, by a time and by what is retained',
  through(async (door) => {
    const created = door.clock.now();
    await door.clock.advance(60_000);
    await door.call('SplitShard', {
      StreamName: 's',
      ShardToSplit: 'shardId-000000000000',
      NewStartingHashKey: '1000',
    });
    const list = async (filter: object): Promise<readonly number[]> => {
      const { Shards } = await door.call('ListShards', { StreamName: 's', ShardFilter: filter });
      return Shards.map((shard) => Number(shard.ShardId.slice(-1)));
    };
    expect(await list({ Type: 'AT_LATEST' })).toEqual([1, 2]);
    expect(await list({ Type: 'AT_TRIM_HORIZON' })).toEqual([0]);
    expect(await list({ Type: 'FROM_TRIM_HORIZON' })).toEqual([0, 1, 2]);
    expect(await list({ Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000001' })).toEqual([2]);
    expect(await list({ Type: 'AT_TIMESTAMP', Timestamp: new Date(created + 30_000) })).toEqual([0]);
    expect(await list({ Type: 'FROM_TIMESTAMP', Timestamp: new Date(created + 30_000) })).toEqual([0, 1, 2]);
    await door.clock.advance(1000);
    expect(await list({ Type: 'FROM_TIMESTAMP', Timestamp: new Date(door.clock.now()) })).toEqual([1, 2]);
  }),
);
test(
  'ListShards [validation] wants what the kind of filter needs',
  through(async (door) => {
    const failure = (filter: object): Promise<string> =>
      door.failure('ListShards', { StreamName: 's', ShardFilter: filter });
    expect(await failure({})).toBe(required('shardFilter.type'));
    expect(await failure({ Type: 'AFTER_SHARD_ID' })).toMatch(/^InvalidArgumentException: ShardId must be/);
    expect(await failure({ Type: 'AT_TIMESTAMP' })).toMatch(/^InvalidArgumentException: Timestamp must be/);
  }),
);
test(
  'CreateStream [limits] has fifty streams on demand at most',
  through(
    async (door) => {
      for (let count = 0; count < 50; count++) {
        await door.call('CreateStream', onDemand(count));
        await door.clock.advance(1000);
      }
      expect(await door.failure('CreateStream', onDemand(50))).toMatch(/^LimitExceededException: 50 streams/);
    },
    { enforceLimits: true },
  ),
);
