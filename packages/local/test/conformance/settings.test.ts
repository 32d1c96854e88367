import { expect, test } from 'vitest';

import { account, arnOf, through, streamArn, type Door } from './door.ts';

const onDemand = async (door: Door): Promise<void> => {
  await door.call('UpdateStreamMode', {
    StreamARN: streamArn,
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
  });
};

const commitment = (door: Door, Status: string) =>
  door.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status } });

const summaryOf = async (door: Door) =>
  (await door.call('DescribeStreamSummary', { StreamName: 's' })).StreamDescriptionSummary;

const modeOf = (StreamMode: string): object => ({
  StreamARN: streamArn,
  StreamModeDetails: { StreamMode },
});

test(
  'EnableEnhancedMonitoring [happy path] answers the metrics before and after',
  through(async (door) => {
    expect(
      await door.call('EnableEnhancedMonitoring', {
        StreamName: 's',
        ShardLevelMetrics: ['IncomingBytes'],
      }),
    ).toEqual({
      StreamName: 's',
      StreamARN: streamArn,
      CurrentShardLevelMetrics: [],
      DesiredShardLevelMetrics: ['IncomingBytes'],
    });
    const all = await door.call('EnableEnhancedMonitoring', {
      StreamName: 's',
      ShardLevelMetrics: ['ALL'],
    });
    expect(all.CurrentShardLevelMetrics).toEqual(['IncomingBytes']);
    expect(all.DesiredShardLevelMetrics).toHaveLength(7);
    expect((await summaryOf(door)).EnhancedMonitoring).toEqual([
      { ShardLevelMetrics: all.DesiredShardLevelMetrics },
    ]);
  }),
);
test(
  'EnableEnhancedMonitoring [validation] refuses a metric that is none',
  through(async (door) => {
    expect(
      await door.failure('EnableEnhancedMonitoring', { StreamName: 's', ShardLevelMetrics: ['Nothing'] }),
    ).toMatch(
      /^ValidationException: 1 validation error detected: Value '\[Nothing\]' at 'shardLevelMetrics' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[IncomingBytes, /,
    );
  }),
);
test(
  'DisableEnhancedMonitoring [happy path] takes metrics away, one or all',
  through(async (door) => {
    await door.call('EnableEnhancedMonitoring', { StreamName: 's', ShardLevelMetrics: ['ALL'] });
    const one = { StreamName: 's', ShardLevelMetrics: ['OutgoingBytes'] };
    const less = await door.call('DisableEnhancedMonitoring', one);
    expect(less.DesiredShardLevelMetrics).toHaveLength(6);
    expect(less.DesiredShardLevelMetrics).not.toContain('OutgoingBytes');
    const none = await door.call('DisableEnhancedMonitoring', {
      StreamName: 's',
      ShardLevelMetrics: ['ALL'],
    });
    expect(none.DesiredShardLevelMetrics).toEqual([]);
  }),
);

test(
  'DescribeAccountSettings [happy path] begins without a commitment',
  through(async (door) => {
    expect(await door.call('DescribeAccountSettings')).toEqual({
      MinimumThroughputBillingCommitment: { Status: 'DISABLED' },
    });
  }),
);
test(
  'UpdateAccountSettings [happy path] commits for a day at least',
  through(async (door) => {
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
  }),
);
test(
  'UpdateAccountSettings [validation] knows two statuses',
  through(async (door) => {
    const input = { MinimumThroughputBillingCommitment: { Status: 'MAYBE' } };
    expect(await door.failure('UpdateAccountSettings', input)).toBe(
      "ValidationException: 1 validation error detected: Value 'MAYBE' at 'minimumThroughputBillingCommitment.status' " +
        'failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]',
    );
  }),
);
test(
  'DescribeLimits [happy path] counts shards, streams on demand and channels',
  through(async (door) => {
    await onDemand(door);
    expect(await door.call('DescribeLimits')).toEqual({
      ShardLimit: 20_000,
      OpenShardCount: 1,
      OnDemandStreamCount: 1,
      OnDemandStreamCountLimit: 50,
      ChannelCount: 0,
      ChannelCountLimit: 100,
    });
  }),
);

test(
  'UpdateStreamMode [happy path] keeps the shards both ways',
  through(async (door) => {
    await door.call('CreateStream', { StreamName: 'p', ShardCount: 6 });
    const change = (StreamMode: string) =>
      door.call('UpdateStreamMode', { StreamARN: arnOf('stream/p'), StreamModeDetails: { StreamMode } });
    const summary = async () =>
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
  }),
);
test(
  'UpdateStreamMode [states] does not take AUTO distribution from those who rely on it',
  through(async (door) => {
    await onDemand(door);
    await door.call('UpdateStreamRecordDistributionStrategy', {
      StreamARN: streamArn,
      RecordDistributionStrategy: 'AUTO',
    });
    const back = { StreamARN: streamArn, StreamModeDetails: { StreamMode: 'PROVISIONED' } };
    expect(await door.failure('UpdateStreamMode', back)).toMatch(/^InvalidArgumentException: .*AUTO/);
  }),
);
test(
  'UpdateStreamMode [limits] changes twice in 24 hours',
  through(
    async (door) => {
      await door.call('UpdateStreamMode', modeOf('ON_DEMAND'));
      await door.call('UpdateStreamMode', modeOf('PROVISIONED'));
      expect(await door.failure('UpdateStreamMode', modeOf('ON_DEMAND'))).toMatch(/^LimitExceededException/);
    },
    { enforceLimits: true },
  ),
);

test(
  'UpdateStreamWarmThroughput [happy path] scales to the target, and back to a lower one',
  through(async (door) => {
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
  }),
);
test(
  'UpdateStreamWarmThroughput [states] is UPDATING on its way',
  through(
    async (door) => {
      await commitment(door, 'ENABLED');
      await onDemand(door);
      await door.clock.advance(1000);
      const answer = await door.call('UpdateStreamWarmThroughput', {
        StreamName: 's',
        WarmThroughputMiBps: 6,
      });
      expect(answer.WarmThroughput).toEqual({ TargetMiBps: 6, CurrentMiBps: 1 });
      expect(await summaryOf(door)).toMatchObject({ StreamStatus: 'UPDATING', OpenShardCount: 1 });
      await door.clock.advance(1000);
      expect(await summaryOf(door)).toMatchObject({ StreamStatus: 'ACTIVE', OpenShardCount: 6 });
    },
    { updateStreamTime: 1000 },
  ),
);
test(
  'UpdateStreamWarmThroughput [validation] wants a commitment, on demand, and 10 GiB/s at most',
  through(async (door) => {
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
  }),
);
test(
  'UpdateStreamRecordDistributionStrategy [validation] is for streams on demand',
  through(async (door) => {
    const auto = { StreamARN: streamArn, RecordDistributionStrategy: 'AUTO' };
    expect(await door.failure('UpdateStreamRecordDistributionStrategy', auto)).toMatch(
      /^InvalidArgumentException/,
    );
    await onDemand(door);
    await door.call('UpdateStreamRecordDistributionStrategy', auto);
    expect(await summaryOf(door)).toMatchObject({ RecordDistributionStrategy: 'AUTO' });
  }),
);
test(
  'UpdateMaxRecordSize [validation] takes 1,024 to 10,240 KiB',
  through(async (door) => {
    const failure = (size: number): Promise<string> =>
      door.failure('UpdateMaxRecordSize', { StreamARN: streamArn, MaxRecordSizeInKiB: size });
    expect(await failure(1023)).toMatch(/at 'maxRecordSizeInKiB'.*greater than or equal to 1024$/);
    expect(await failure(10_241)).toMatch(/at 'maxRecordSizeInKiB'.*less than or equal to 10240$/);
    await door.call('UpdateMaxRecordSize', { StreamARN: streamArn, MaxRecordSizeInKiB: 10_240 });
    expect(await summaryOf(door)).toMatchObject({ MaxRecordSizeInKiB: 10_240 });
  }),
);

for (const [operation, rate, input] of [
  ['ListStreams', 5, {}],
  ['DescribeLimits', 1, {}],
  ['DescribeAccountSettings', 5, {}],
] as const) {
  test(
    `${operation} [limits] answers ${rate} calls a second and account`,
    through(
      async (door) => {
        for (let call = 0; call < rate; call++) await door.call(operation, input);
        expect(await door.failure(operation, input)).toBe(
          `LimitExceededException: Rate exceeded under account ${account}.`,
        );
        await door.clock.advance(1000);
        await expect(door.call(operation, input)).resolves.toBeTypeOf('object');
      },
      { enforceLimits: true },
    ),
  );
}
test(
  'DescribeStream [limits] answers ten calls a second and account',
  through(
    async (door) => {
      for (let call = 0; call < 10; call++) await door.call('DescribeStream', { StreamName: 's' });
      expect(await door.failure('DescribeStream', { StreamARN: streamArn })).toBe(
        `LimitExceededException: Rate exceeded for stream s under account ${account}.`,
      );
    },
    { enforceLimits: true },
  ),
);
test(
  'DescribeStreamSummary [limits] answers twenty calls a second and stream',
  through(
    async (door) => {
      await door.call('CreateStream', { StreamName: 'other', ShardCount: 1 });
      for (let call = 0; call < 20; call++) await door.call('DescribeStreamSummary', { StreamName: 's' });
      expect(await door.failure('DescribeStreamSummary', { StreamName: 's' })).toMatch(
        /^LimitExceededException/,
      );
      await expect(door.call('DescribeStreamSummary', { StreamName: 'other' })).resolves.toBeTypeOf('object');
    },
    { enforceLimits: true },
  ),
);
