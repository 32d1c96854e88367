import { expect } from 'vitest';

import { account, arnOf, guarantee, required, streamArn, type Answer, type Door } from './door.ts';

const summaryOf = async (door: Door, name: string): Promise<Answer> => {
  const { StreamDescriptionSummary } = await door.call('DescribeStreamSummary', { StreamName: name });
  return StreamDescriptionSummary;
};

const commit = (door: Door): Promise<Answer> =>
  door.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } });

guarantee(
  'CreateStream',
  'happy path',
  'makes a provisioned stream with everything asked for',
  async (door) => {
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
  },
);
guarantee('CreateStream', 'happy path', 'makes a stream on demand with four shards', async (door) => {
  await door.call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
  expect(await summaryOf(door, 'd')).toMatchObject({
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    OpenShardCount: 4,
    RecordDistributionStrategy: 'USER_PARTITION_KEY',
  });
});
guarantee(
  'CreateStream',
  'happy path',
  'warms a stream on demand for an account with a commitment',
  async (door) => {
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
  },
);
guarantee('CreateStream', 'validation', 'says what is wrong with each member', async (door) => {
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
  expect(await door.failure('CreateStream', provisioned)).toMatch(/^ValidationException: ShardCount must be/);
  for (const option of [{ WarmThroughputMiBps: 8 }, { RecordDistributionStrategy: 'AUTO' }]) {
    expect(await door.failure('CreateStream', { ...provisioned, ShardCount: 1, ...option })).toMatch(
      /on-demand capacity mode\.$/,
    );
  }
});
guarantee('CreateStream', 'states', 'refuses a name that is taken', async (door) => {
  expect(await door.failure('CreateStream', { StreamName: 's', ShardCount: 1 })).toBe(
    `ResourceInUseException: Stream s under account ${account} already exists.`,
  );
});
guarantee(
  'CreateStream',
  'states',
  'leaves the stream CREATING for its time',
  async (door) => {
    await door.call('CreateStream', { StreamName: 'p', ShardCount: 1 });
    expect(await summaryOf(door, 'p')).toMatchObject({ StreamStatus: 'CREATING', OpenShardCount: 0 });
    await door.clock.advance(1000);
    expect(await summaryOf(door, 'p')).toMatchObject({ StreamStatus: 'ACTIVE', OpenShardCount: 1 });
  },
  { createStreamTime: 1000 },
);
guarantee(
  'CreateStream',
  'limits',
  'refuses shards over the limit of the account',
  async (door) => {
    expect(await door.failure('CreateStream', { StreamName: 'p', ShardCount: 3 })).toMatch(
      /^LimitExceededException: This request would exceed the shard limit for the account 000000000000 in us-east-1/,
    );
  },
  { shardLimit: 3 },
);
guarantee(
  'CreateStream',
  'limits',
  'has five streams CREATING at most',
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
);

guarantee(
  'DeleteStream',
  'states',
  'leaves the stream DELETING, then gone',
  async (door) => {
    await door.call('DeleteStream', { StreamName: 's' });
    expect(await summaryOf(door, 's')).toMatchObject({ StreamStatus: 'DELETING' });
    await door.clock.advance(1000);
    expect(await door.failure('DescribeStreamSummary', { StreamName: 's' })).toMatch(/^ResourceNotFound/);
  },
  { deleteStreamTime: 1000 },
);
guarantee(
  'DeleteStream',
  'states',
  'spares a stream with consumers unless told to end them',
  async (door) => {
    await door.call('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' });
    expect(await door.failure('DeleteStream', { StreamName: 's' })).toMatch(/^ResourceInUseException: /);
    await door.call('DeleteStream', { StreamName: 's', EnforceConsumerDeletion: true });
    expect((await door.call('ListStreams')).StreamNames).toEqual([]);
  },
);

guarantee('DescribeStream', 'pagination', 'gives at most 100 shards, and goes on after one', async (door) => {
  await door.call('CreateStream', { StreamName: 'p', ShardCount: 130 });
  const page = async (input: object): Promise<Answer> => {
    const { StreamDescription } = await door.call('DescribeStream', { StreamName: 'p', ...input });
    return StreamDescription;
  };
  const first = await page({ Limit: 1000 });
  expect(first.HasMoreShards).toBe(true);
  expect(first.Shards).toHaveLength(100);
  const second = await page({ ExclusiveStartShardId: first.Shards.at(-1).ShardId });
  expect(second.HasMoreShards).toBe(false);
  expect(second.Shards).toHaveLength(30);
  expect(second.Shards[0].ShardId).toBe('shardId-000000000100');
});

guarantee('ListStreams', 'pagination', 'goes on by token or by name, at most 100 at a time', async (door) => {
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
});
guarantee(
  'ListStreams',
  'pagination',
  'refuses a token that is none, or is five minutes old',
  async (door) => {
    expect(await door.failure('ListStreams', { NextToken: 'x' })).toMatch(/^InvalidArgumentException: /);
    await door.call('CreateStream', { StreamName: 'a', ShardCount: 1 });
    const { NextToken } = await door.call('ListStreams', { Limit: 1 });
    await door.clock.advance(300_001);
    expect(await door.failure('ListStreams', { NextToken })).toMatch(/^ExpiredNextTokenException: /);
  },
);

guarantee('ListShards', 'pagination', 'goes on by token, which names the stream itself', async (door) => {
  await door.call('CreateStream', { StreamName: 'p', ShardCount: 5 });
  const first = await door.call('ListShards', { StreamName: 'p', MaxResults: 3 });
  expect(first.Shards).toHaveLength(3);
  const rest = await door.call('ListShards', { NextToken: first.NextToken });
  expect(rest.Shards.map((shard: Answer) => shard.ShardId)).toEqual([
    'shardId-000000000003',
    'shardId-000000000004',
  ]);
  expect(rest.NextToken).toBeUndefined();
  expect(await door.failure('ListShards', { NextToken: first.NextToken, StreamName: 'p' })).toMatch(
    /^InvalidArgumentException: NextToken and StreamName cannot be provided together\.$/,
  );
  await door.clock.advance(300_001);
  expect(await door.failure('ListShards', { NextToken: first.NextToken })).toMatch(/^ExpiredNextToken/);
});
guarantee(
  'ListShards',
  'happy path',
  'filters by shard, by now, by a time and by what is retained',
  async (door) => {
    const created = door.clock.now();
    await door.clock.advance(60_000);
    await door.call('SplitShard', {
      StreamName: 's',
      ShardToSplit: 'shardId-000000000000',
      NewStartingHashKey: '1000',
    });
    const list = async (filter: object): Promise<readonly number[]> => {
      const { Shards } = await door.call('ListShards', { StreamName: 's', ShardFilter: filter });
      return Shards.map((shard: Answer) => Number(shard.ShardId.slice(-1)));
    };
    expect(await list({ Type: 'AT_LATEST' })).toEqual([1, 2]);
    expect(await list({ Type: 'AT_TRIM_HORIZON' })).toEqual([0]);
    expect(await list({ Type: 'FROM_TRIM_HORIZON' })).toEqual([0, 1, 2]);
    expect(await list({ Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000001' })).toEqual([2]);
    expect(await list({ Type: 'AT_TIMESTAMP', Timestamp: new Date(created + 30_000) })).toEqual([0]);
    expect(await list({ Type: 'FROM_TIMESTAMP', Timestamp: new Date(created + 30_000) })).toEqual([0, 1, 2]);
    await door.clock.advance(1000);
    expect(await list({ Type: 'FROM_TIMESTAMP', Timestamp: new Date(door.clock.now()) })).toEqual([1, 2]);
  },
);
guarantee('ListShards', 'validation', 'wants what the kind of filter needs', async (door) => {
  const failure = (filter: object): Promise<string> =>
    door.failure('ListShards', { StreamName: 's', ShardFilter: filter });
  expect(await failure({})).toBe(required('shardFilter.type'));
  expect(await failure({ Type: 'AFTER_SHARD_ID' })).toMatch(/^InvalidArgumentException: ShardId must be/);
  expect(await failure({ Type: 'AT_TIMESTAMP' })).toMatch(/^InvalidArgumentException: Timestamp must be/);
});

guarantee('SplitShard', 'happy path', 'makes two children of a parent', async (door) => {
  await door.call('SplitShard', {
    StreamName: 's',
    ShardToSplit: 'shardId-000000000000',
    NewStartingHashKey: '1000',
  });
  const { Shards } = await door.call('ListShards', { StreamName: 's' });
  expect(Shards).toMatchObject([
    { ShardId: 'shardId-000000000000', SequenceNumberRange: { EndingSequenceNumber: expect.any(String) } },
    {
      ParentShardId: 'shardId-000000000000',
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: '999' },
    },
    { ParentShardId: 'shardId-000000000000', HashKeyRange: { StartingHashKey: '1000' } },
  ]);
});
guarantee(
  'SplitShard',
  'validation',
  'refuses a hash key outside the shard, and a shard split before',
  async (door) => {
    const split = (hashKey: string): object => ({
      StreamName: 's',
      ShardToSplit: 'shardId-000000000000',
      NewStartingHashKey: hashKey,
    });
    expect(await door.failure('SplitShard', split('1'))).toMatch(
      /^InvalidArgumentException: NewStartingHashKey 1 used in SplitShard\(\) on shard shardId-000000000000/,
    );
    await door.call('SplitShard', split('1000'));
    expect(await door.failure('SplitShard', split('500'))).toMatch(/has already been merged or split/);
  },
);
guarantee('SplitShard', 'unknown resource', 'refuses a shard that is not there', async (door) => {
  const input = { StreamName: 's', ShardToSplit: 'shardId-000000000009', NewStartingHashKey: '1000' };
  expect(await door.failure('SplitShard', input)).toBe(
    `ResourceNotFoundException: Could not find shard shardId-000000000009 in stream s under account ${account}.`,
  );
});

const merge = { ShardToMerge: 'shardId-000000000000', AdjacentShardToMerge: 'shardId-000000000001' };
guarantee('MergeShards', 'happy path', 'makes one child of two parents', async (door) => {
  await door.call('CreateStream', { StreamName: 'p', ShardCount: 2 });
  await door.call('MergeShards', { StreamName: 'p', ...merge });
  const { Shards } = await door.call('ListShards', { StreamName: 'p' });
  expect(Shards[2]).toMatchObject({
    ParentShardId: 'shardId-000000000000',
    AdjacentParentShardId: 'shardId-000000000001',
    HashKeyRange: { StartingHashKey: '0', EndingHashKey: (2n ** 128n - 1n).toString() },
  });
});
guarantee('MergeShards', 'ARN', 'takes the ARN of the stream', async (door) => {
  await door.call('CreateStream', { StreamName: 'p', ShardCount: 2 });
  await door.call('MergeShards', { StreamARN: arnOf('stream/p'), ...merge });
  expect((await door.call('ListShards', { StreamName: 'p' })).Shards).toHaveLength(3);
});
guarantee('MergeShards', 'validation', 'says what is missing, and refuses shards apart', async (door) => {
  expect(await door.failure('MergeShards', {})).toBe(required('shardToMerge', 'adjacentShardToMerge'));
  await door.call('CreateStream', { StreamName: 'p', ShardCount: 3 });
  const apart = { ...merge, AdjacentShardToMerge: 'shardId-000000000002' };
  expect(await door.failure('MergeShards', { StreamName: 'p', ...apart })).toMatch(
    /^InvalidArgumentException: Shards shardId-000000000000 and shardId-000000000002 in stream p/,
  );
});
guarantee('MergeShards', 'unknown resource', 'refuses a stream that is not there', async (door) => {
  expect(await door.failure('MergeShards', { StreamName: 'nowhere', ...merge })).toMatch(/^ResourceNotFound/);
});
guarantee(
  'MergeShards',
  'states',
  'is refused while the stream is UPDATING',
  async (door) => {
    await door.call('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 48 });
    expect(await door.failure('MergeShards', { StreamName: 's', ...merge })).toMatch(/in state UPDATING$/);
  },
  { updateStreamTime: 1000 },
);

guarantee('UpdateShardCount', 'happy path', 'answers the counts before and after', async (door) => {
  const input = { StreamName: 's', TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' };
  expect(await door.call('UpdateShardCount', input)).toEqual({
    StreamName: 's',
    CurrentShardCount: 1,
    TargetShardCount: 2,
    StreamARN: streamArn,
  });
  expect(await summaryOf(door, 's')).toMatchObject({ OpenShardCount: 2 });
});
guarantee('UpdateShardCount', 'limits', 'at most doubles and at least halves', async (door) => {
  const update = (name: string, target: number): Promise<string> =>
    door.failure('UpdateShardCount', {
      StreamName: name,
      TargetShardCount: target,
      ScalingType: 'UNIFORM_SCALING',
    });
  expect(await update('s', 3)).toMatch(
    /^LimitExceededException: UpdateShardCount cannot scale up over double/,
  );
  await door.call('CreateStream', { StreamName: 'p', ShardCount: 5 });
  expect(await update('p', 2)).toMatch(
    /^LimitExceededException: UpdateShardCount cannot scale down below half/,
  );
});
guarantee(
  'UpdateShardCount',
  'limits',
  'may be called ten times in 24 hours',
  async (door) => {
    const update = (round: number): object => ({
      StreamName: 's',
      TargetShardCount: 1 + ((round + 1) % 2),
      ScalingType: 'UNIFORM_SCALING',
    });
    for (let round = 0; round < 10; round++) await door.call('UpdateShardCount', update(round));
    await door.clock.advance(1000);
    expect(await door.failure('UpdateShardCount', update(10))).toMatch(/^LimitExceededException: .*10 times/);
    await door.clock.advance(86_400_000);
    await expect(door.call('UpdateShardCount', update(10))).resolves.toBeTypeOf('object');
  },
  { enforceLimits: true },
);
for (const [operation, input] of [
  ['SplitShard', { ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '1000' }],
  ['MergeShards', merge],
  ['UpdateShardCount', { TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' }],
] as const) {
  guarantee(operation, 'states', 'is refused for a stream on demand', async (door) => {
    await door.call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
    expect(await door.failure(operation, { StreamName: 'd', ...input })).toBe(
      `ValidationException: Request is invalid. Stream d under account ${account} is in On-Demand mode.`,
    );
  });
}

guarantee(
  'IncreaseStreamRetentionPeriod',
  'validation',
  'only increases, up to 8,760 hours',
  async (door) => {
    const failure = (hours: number): Promise<string> =>
      door.failure('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: hours });
    expect(await failure(8761)).toMatch(
      /^InvalidArgumentException: Maximum allowed retention period is 8760 hours/,
    );
    await door.call('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 48 });
    expect(await failure(24)).toMatch(/can not be shorter than existing retention period \(48 hours\)/);
    expect(await summaryOf(door, 's')).toMatchObject({ RetentionPeriodHours: 48 });
  },
);
guarantee('DecreaseStreamRetentionPeriod', 'validation', 'only decreases, down to 24 hours', async (door) => {
  const failure = (hours: number): Promise<string> =>
    door.failure('DecreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: hours });
  expect(await failure(23)).toMatch(
    /^InvalidArgumentException: Minimum allowed retention period is 24 hours/,
  );
  expect(await failure(48)).toMatch(/can not be longer than existing retention period \(24 hours\)/);
});
