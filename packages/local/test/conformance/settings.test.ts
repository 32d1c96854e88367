import { expect } from 'vitest';

import { account, arnOf, guarantee, streamArn, type Answer, type Door } from './door.ts';

const onDemand = async (door: Door): Promise<void> => {
  await door.call('UpdateStreamMode', {
    StreamARN: streamArn,
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
  });
};

const commitment = (door: Door, Status: string): Promise<Answer> =>
  door.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status } });

const summaryOf = async (door: Door): Promise<Answer> =>
  (await door.call('DescribeStreamSummary', { StreamName: 's' })).StreamDescriptionSummary;

const registerConsumer = async (door: Door): Promise<string> => {
  const { Consumer } = await door.call('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' });
  return Consumer.ConsumerARN;
};

guarantee(
  'AddTagsToStream',
  'happy path',
  'adds and overwrites tags that either listing shows',
  async (door) => {
    await door.call('AddTagsToStream', { StreamName: 's', Tags: { b: '1', a: '2' } });
    await door.call('AddTagsToStream', { StreamName: 's', Tags: { b: '3' } });
    const Tags = [
      { Key: 'a', Value: '2' },
      { Key: 'b', Value: '3' },
    ];
    expect(await door.call('ListTagsForStream', { StreamName: 's' })).toEqual({ Tags, HasMoreTags: false });
    expect(await door.call('ListTagsForResource', { ResourceARN: streamArn })).toEqual({ Tags });
  },
);
for (const [operation, name] of [
  ['AddTagsToStream', { StreamName: 's' }],
  ['TagResource', { ResourceARN: streamArn }],
] as const) {
  guarantee(operation, 'limits', 'keeps fifty tags of a resource', async (door) => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']));
    await door.call(operation, { ...name, Tags: tags });
    expect(await door.failure(operation, { ...name, Tags: { more: 'v' } })).toBe(
      'InvalidArgumentException: Failed to add tags: a given resource cannot have more than 50 tags associated with it.',
    );
    await expect(door.call(operation, { ...name, Tags: { k0: 'w' } })).resolves.toBeTypeOf('object');
  });
  guarantee(operation, 'validation', 'refuses keys and characters tags may not have', async (door) => {
    expect(await door.failure(operation, { ...name, Tags: { ['x'.repeat(129)]: 'v' } })).toMatch(
      /Map keys must satisfy constraint: \[Member must have length less than or equal to 128/,
    );
    expect(await door.failure(operation, { ...name, Tags: { 'a;b': 'v' } })).toMatch(
      /^InvalidArgumentException/,
    );
  });
}
guarantee(
  'RemoveTagsFromStream',
  'happy path',
  'removes tags, and ignores those that are not there',
  async (door) => {
    await door.call('AddTagsToStream', { StreamName: 's', Tags: { a: '1', b: '2' } });
    await door.call('RemoveTagsFromStream', { StreamName: 's', TagKeys: ['a', 'z'] });
    expect((await door.call('ListTagsForStream', { StreamName: 's' })).Tags).toEqual([
      { Key: 'b', Value: '2' },
    ]);
  },
);
guarantee('ListTagsForStream', 'pagination', 'goes on after a key', async (door) => {
  await door.call('AddTagsToStream', { StreamName: 's', Tags: { a: '1', b: '2', c: '3' } });
  const first = await door.call('ListTagsForStream', { StreamName: 's', Limit: 2 });
  expect(first).toMatchObject({ HasMoreTags: true, Tags: [{ Key: 'a' }, { Key: 'b' }] });
  const rest = await door.call('ListTagsForStream', { StreamName: 's', ExclusiveStartTagKey: 'b' });
  expect(rest).toEqual({ HasMoreTags: false, Tags: [{ Key: 'c', Value: '3' }] });
});
guarantee('TagResource', 'happy path', 'tags a consumer apart from its stream', async (door) => {
  const ResourceARN = await registerConsumer(door);
  await door.call('TagResource', { ResourceARN, Tags: { a: '1' } });
  expect((await door.call('ListTagsForResource', { ResourceARN })).Tags).toEqual([{ Key: 'a', Value: '1' }]);
  expect((await door.call('ListTagsForResource', { ResourceARN: streamArn })).Tags).toEqual([]);
});
guarantee('UntagResource', 'happy path', 'removes tags of a consumer', async (door) => {
  const ResourceARN = await registerConsumer(door);
  await door.call('TagResource', { ResourceARN, Tags: { a: '1', b: '2' } });
  await door.call('UntagResource', { ResourceARN, TagKeys: ['a'] });
  expect((await door.call('ListTagsForResource', { ResourceARN })).Tags).toEqual([{ Key: 'b', Value: '2' }]);
});
guarantee('ListTagsForResource', 'unknown resource', 'refuses a consumer that is not there', async (door) => {
  expect(await door.failure('ListTagsForResource', { ResourceARN: `${streamArn}/consumer/c:1` })).toMatch(
    /^ResourceNotFoundException: Consumer c under stream: s/,
  );
});
for (const operation of ['ListTagsForResource', 'GetResourcePolicy']) {
  guarantee(operation, 'not emulated', 'says that queues are not emulated', async (door) => {
    expect(await door.failure(operation, { ResourceARN: arnOf('queue/q') })).toMatch(
      /Queues are not emulated/,
    );
  });
}

const policyOf = (action: string): string =>
  JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: '*', Action: action, Resource: streamArn }],
  });
guarantee('GetResourcePolicy', 'happy path', 'answers an empty policy when there is none', async (door) => {
  expect(await door.call('GetResourcePolicy', { ResourceARN: streamArn })).toEqual({ Policy: '{}' });
});
guarantee(
  'PutResourcePolicy',
  'happy path',
  'keeps one policy each of a stream and a consumer',
  async (door) => {
    const consumer = await registerConsumer(door);
    await door.call('PutResourcePolicy', { ResourceARN: streamArn, Policy: policyOf('kinesis:PutRecord') });
    await door.call('PutResourcePolicy', { ResourceARN: streamArn, Policy: policyOf('kinesis:GetRecords') });
    await door.call('PutResourcePolicy', {
      ResourceARN: consumer,
      Policy: policyOf('kinesis:SubscribeToShard'),
    });
    const { Policy } = await door.call('GetResourcePolicy', { ResourceARN: streamArn });
    expect(Policy).toBe(policyOf('kinesis:GetRecords'));
    const other = await door.call('GetResourcePolicy', { ResourceARN: consumer });
    expect(other.Policy).toBe(policyOf('kinesis:SubscribeToShard'));
  },
);
guarantee('PutResourcePolicy', 'validation', 'refuses what is no policy', async (door) => {
  for (const Policy of ['', 'x', '{}', '{"Statement":[]}', '{"Statement":[{"Effect":"Allow"}]}']) {
    expect(await door.failure('PutResourcePolicy', { ResourceARN: streamArn, Policy })).toMatch(
      /^InvalidArgumentException: Policy is not valid/,
    );
  }
});
guarantee(
  'DeleteResourcePolicy',
  'happy path',
  'leaves no policy, and minds not when there was none',
  async (door) => {
    await door.call('PutResourcePolicy', { ResourceARN: streamArn, Policy: policyOf('kinesis:PutRecord') });
    await door.call('DeleteResourcePolicy', { ResourceARN: streamArn });
    await door.call('DeleteResourcePolicy', { ResourceARN: streamArn });
    expect(await door.call('GetResourcePolicy', { ResourceARN: streamArn })).toEqual({ Policy: '{}' });
  },
);

guarantee('EnableEnhancedMonitoring', 'happy path', 'answers the metrics before and after', async (door) => {
  expect(
    await door.call('EnableEnhancedMonitoring', { StreamName: 's', ShardLevelMetrics: ['IncomingBytes'] }),
  ).toEqual({
    StreamName: 's',
    StreamARN: streamArn,
    CurrentShardLevelMetrics: [],
    DesiredShardLevelMetrics: ['IncomingBytes'],
  });
  const all = await door.call('EnableEnhancedMonitoring', { StreamName: 's', ShardLevelMetrics: ['ALL'] });
  expect(all.CurrentShardLevelMetrics).toEqual(['IncomingBytes']);
  expect(all.DesiredShardLevelMetrics).toHaveLength(7);
  expect((await summaryOf(door)).EnhancedMonitoring).toEqual([
    { ShardLevelMetrics: all.DesiredShardLevelMetrics },
  ]);
});
guarantee('EnableEnhancedMonitoring', 'validation', 'refuses a metric that is none', async (door) => {
  expect(
    await door.failure('EnableEnhancedMonitoring', { StreamName: 's', ShardLevelMetrics: ['Nothing'] }),
  ).toMatch(
    /^ValidationException: 1 validation error detected: Value '\[Nothing\]' at 'shardLevelMetrics' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[IncomingBytes, /,
  );
});
guarantee('DisableEnhancedMonitoring', 'happy path', 'takes metrics away, one or all', async (door) => {
  await door.call('EnableEnhancedMonitoring', { StreamName: 's', ShardLevelMetrics: ['ALL'] });
  const one = { StreamName: 's', ShardLevelMetrics: ['OutgoingBytes'] };
  const less = await door.call('DisableEnhancedMonitoring', one);
  expect(less.DesiredShardLevelMetrics).toHaveLength(6);
  expect(less.DesiredShardLevelMetrics).not.toContain('OutgoingBytes');
  const none = await door.call('DisableEnhancedMonitoring', { StreamName: 's', ShardLevelMetrics: ['ALL'] });
  expect(none.DesiredShardLevelMetrics).toEqual([]);
});

guarantee('DescribeAccountSettings', 'happy path', 'begins without a commitment', async (door) => {
  expect(await door.call('DescribeAccountSettings')).toEqual({
    MinimumThroughputBillingCommitment: { Status: 'DISABLED' },
  });
});
guarantee('UpdateAccountSettings', 'happy path', 'commits for a day at least', async (door) => {
  const day = 86_400_000;
  const startedAt = door.clock.now();
  expect(await commitment(door, 'ENABLED')).toEqual({
    MinimumThroughputBillingCommitment: {
      Status: 'ENABLED',
      StartedAt: new Date(startedAt),
      EarliestAllowedEndAt: new Date(startedAt + day),
    },
  });
  await door.clock.advance(1000);
  const early = await commitment(door, 'DISABLED');
  expect(early.MinimumThroughputBillingCommitment.Status).toBe('ENABLED_UNTIL_EARLIEST_ALLOWED_END');
  const again = await commitment(door, 'ENABLED');
  expect(again.MinimumThroughputBillingCommitment.Status).toBe('ENABLED');
  await commitment(door, 'DISABLED');
  await door.clock.advance(day);
  expect(await door.call('DescribeAccountSettings')).toMatchObject({
    MinimumThroughputBillingCommitment: { Status: 'DISABLED', EndedAt: new Date(startedAt + day) },
  });
});
guarantee('UpdateAccountSettings', 'validation', 'knows two statuses', async (door) => {
  const input = { MinimumThroughputBillingCommitment: { Status: 'MAYBE' } };
  expect(await door.failure('UpdateAccountSettings', input)).toBe(
    "ValidationException: 1 validation error detected: Value 'MAYBE' at 'minimumThroughputBillingCommitment.status' " +
      'failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]',
  );
});
guarantee('DescribeLimits', 'happy path', 'counts shards, streams on demand and channels', async (door) => {
  await onDemand(door);
  expect(await door.call('DescribeLimits')).toEqual({
    ShardLimit: 20_000,
    OpenShardCount: 1,
    OnDemandStreamCount: 1,
    OnDemandStreamCountLimit: 50,
    ChannelCount: 0,
    ChannelCountLimit: 100,
  });
});

guarantee('UpdateStreamMode', 'happy path', 'keeps the shards both ways', async (door) => {
  await door.call('CreateStream', { StreamName: 'p', ShardCount: 6 });
  const change = (StreamMode: string): Promise<Answer> =>
    door.call('UpdateStreamMode', { StreamARN: arnOf('stream/p'), StreamModeDetails: { StreamMode } });
  const summary = async (): Promise<Answer> =>
    (await door.call('DescribeStreamSummary', { StreamName: 'p' })).StreamDescriptionSummary;
  await change('ON_DEMAND');
  await door.clock.advance(120_000);
  expect(await summary()).toMatchObject({
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    OpenShardCount: 6,
  });
  await change('PROVISIONED');
  expect(await summary()).toMatchObject({
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    OpenShardCount: 6,
  });
  expect(await summary()).not.toHaveProperty('RecordDistributionStrategy');
});
guarantee(
  'UpdateStreamMode',
  'states',
  'does not take AUTO distribution from those who rely on it',
  async (door) => {
    await onDemand(door);
    await door.call('UpdateStreamRecordDistributionStrategy', {
      StreamARN: streamArn,
      RecordDistributionStrategy: 'AUTO',
    });
    const back = { StreamARN: streamArn, StreamModeDetails: { StreamMode: 'PROVISIONED' } };
    expect(await door.failure('UpdateStreamMode', back)).toMatch(/^InvalidArgumentException: .*AUTO/);
  },
);
guarantee(
  'UpdateStreamMode',
  'limits',
  'changes twice in 24 hours',
  async (door) => {
    const change = (StreamMode: string): object => ({
      StreamARN: streamArn,
      StreamModeDetails: { StreamMode },
    });
    await door.call('UpdateStreamMode', change('ON_DEMAND'));
    await door.call('UpdateStreamMode', change('PROVISIONED'));
    expect(await door.failure('UpdateStreamMode', change('ON_DEMAND'))).toMatch(/^LimitExceededException/);
  },
  { enforceLimits: true },
);

guarantee(
  'UpdateStreamWarmThroughput',
  'happy path',
  'scales to the target, and back to a lower one',
  async (door) => {
    await commitment(door, 'ENABLED');
    await onDemand(door);
    expect(
      await door.call('UpdateStreamWarmThroughput', { StreamName: 's', WarmThroughputMiBps: 20 }),
    ).toEqual({
      StreamARN: streamArn,
      StreamName: 's',
      WarmThroughput: { TargetMiBps: 20, CurrentMiBps: 20 },
    });
    expect(await summaryOf(door)).toMatchObject({ OpenShardCount: 20 });
    await door.call('UpdateStreamWarmThroughput', { StreamName: 's', WarmThroughputMiBps: 5 });
    expect(await summaryOf(door)).toMatchObject({
      OpenShardCount: 5,
      WarmThroughput: { TargetMiBps: 5, CurrentMiBps: 5 },
    });
  },
);
guarantee(
  'UpdateStreamWarmThroughput',
  'states',
  'is UPDATING on its way',
  async (door) => {
    await commitment(door, 'ENABLED');
    await onDemand(door);
    await door.clock.advance(1000);
    const answer = await door.call('UpdateStreamWarmThroughput', { StreamName: 's', WarmThroughputMiBps: 6 });
    expect(answer.WarmThroughput).toEqual({ TargetMiBps: 6, CurrentMiBps: 1 });
    expect(await summaryOf(door)).toMatchObject({ StreamStatus: 'UPDATING', OpenShardCount: 1 });
    await door.clock.advance(1000);
    expect(await summaryOf(door)).toMatchObject({ StreamStatus: 'ACTIVE', OpenShardCount: 6 });
  },
  { updateStreamTime: 1000 },
);
guarantee(
  'UpdateStreamWarmThroughput',
  'validation',
  'wants a commitment, on demand, and 10 GiB/s at most',
  async (door) => {
    const failure = (mebibytes: number): Promise<string> =>
      door.failure('UpdateStreamWarmThroughput', { StreamName: 's', WarmThroughputMiBps: mebibytes });
    expect(await failure(8)).toMatch(
      /^ValidationException: Warm throughput is only supported for data streams/,
    );
    await onDemand(door);
    expect(await failure(8)).toMatch(/^ValidationException: Warm throughput is only supported for accounts/);
    await commitment(door, 'ENABLED');
    expect(await failure(10_241)).toMatch(
      /^InvalidArgumentException: WarmThroughputMiBps 10241 must not exceed/,
    );
    expect(await failure(-1)).toMatch(/Member must have value greater than or equal to 0$/);
  },
);
guarantee(
  'UpdateStreamRecordDistributionStrategy',
  'validation',
  'is for streams on demand',
  async (door) => {
    const auto = { StreamARN: streamArn, RecordDistributionStrategy: 'AUTO' };
    expect(await door.failure('UpdateStreamRecordDistributionStrategy', auto)).toMatch(
      /^InvalidArgumentException/,
    );
    await onDemand(door);
    await door.call('UpdateStreamRecordDistributionStrategy', auto);
    expect(await summaryOf(door)).toMatchObject({ RecordDistributionStrategy: 'AUTO' });
  },
);
guarantee('UpdateMaxRecordSize', 'validation', 'takes 1,024 to 10,240 KiB', async (door) => {
  const failure = (size: number): Promise<string> =>
    door.failure('UpdateMaxRecordSize', { StreamARN: streamArn, MaxRecordSizeInKiB: size });
  expect(await failure(1023)).toMatch(/at 'maxRecordSizeInKiB'.*greater than or equal to 1024$/);
  expect(await failure(10_241)).toMatch(/at 'maxRecordSizeInKiB'.*less than or equal to 10240$/);
  await door.call('UpdateMaxRecordSize', { StreamARN: streamArn, MaxRecordSizeInKiB: 10_240 });
  expect(await summaryOf(door)).toMatchObject({ MaxRecordSizeInKiB: 10_240 });
});

for (const [operation, rate, input] of [
  ['ListStreams', 5, {}],
  ['DescribeLimits', 1, {}],
  ['DescribeAccountSettings', 5, {}],
] as const) {
  guarantee(
    operation,
    'limits',
    `answers ${rate} calls a second and account`,
    async (door) => {
      for (let call = 0; call < rate; call++) await door.call(operation, input);
      expect(await door.failure(operation, input)).toBe(
        `LimitExceededException: Rate exceeded under account ${account}.`,
      );
      await door.clock.advance(1000);
      await expect(door.call(operation, input)).resolves.toBeTypeOf('object');
    },
    { enforceLimits: true },
  );
}
guarantee(
  'DescribeStream',
  'limits',
  'answers ten calls a second and account',
  async (door) => {
    for (let call = 0; call < 10; call++) await door.call('DescribeStream', { StreamName: 's' });
    expect(await door.failure('DescribeStream', { StreamARN: streamArn })).toBe(
      `LimitExceededException: Rate exceeded for stream s under account ${account}.`,
    );
  },
  { enforceLimits: true },
);
guarantee(
  'DescribeStreamSummary',
  'limits',
  'answers twenty calls a second and stream',
  async (door) => {
    await door.call('CreateStream', { StreamName: 'other', ShardCount: 1 });
    for (let call = 0; call < 20; call++) await door.call('DescribeStreamSummary', { StreamName: 's' });
    expect(await door.failure('DescribeStreamSummary', { StreamName: 's' })).toMatch(
      /^LimitExceededException/,
    );
    await expect(door.call('DescribeStreamSummary', { StreamName: 'other' })).resolves.toBeTypeOf('object');
  },
  { enforceLimits: true },
);
