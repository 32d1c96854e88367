import { expect, test } from 'vitest';

import { account, arnOf, required, streamArn, through, type Answers, type Door } from './door.ts';

type ShardAnswer = Answers['ListShards']['Shards'][number];

const summaryOf = async (door: Door, name: string) => {
  const { StreamDescriptionSummary } = await door.call('DescribeStreamSummary', { StreamName: name });
  return StreamDescriptionSummary;
};

const split = (hashKey: string): object => ({
  StreamName: 's',
  ShardToSplit: 'shardId-000000000000',
  NewStartingHashKey: hashKey,
});

/** To two shards and to one in turn. */
const reshardOf = (round: number): object => ({
  StreamName: 's',
  TargetShardCount: 1 + ((round + 1) % 2),
  ScalingType: 'UNIFORM_SCALING',
});

test(
  'SplitShard [happy path] makes two children of a parent',
  through(async (door) => {
    await door.call('SplitShard', {
      StreamName: 's',
      ShardToSplit: 'shardId-000000000000',
      NewStartingHashKey: '1000',
    });
    const { Shards } = await door.call('ListShards', { StreamName: 's' });
    expect(Shards).toMatchObject([
      {
        ShardId: 'shardId-000000000000',
        SequenceNumberRange: { EndingSequenceNumber: expect.any(String) },
      },
      {
        ParentShardId: 'shardId-000000000000',
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: '999' },
      },
      { ParentShardId: 'shardId-000000000000', HashKeyRange: { StartingHashKey: '1000' } },
    ]);
  }),
);
test(
  'SplitShard [validation] refuses a hash key outside the shard, and a shard split before',
  through(async (door) => {
    expect(await door.failure('SplitShard', split('1'))).toMatch(
      /^InvalidArgumentException: NewStartingHashKey 1 used in SplitShard\(\) on shard shardId-000000000000/,
    );
    await door.call('SplitShard', split('1000'));
    expect(await door.failure('SplitShard', split('500'))).toMatch(/has already been merged or split/);
  }),
);
test(
  'SplitShard [unknown resource] refuses a shard that is not there',
  through(async (door) => {
    const input = { StreamName: 's', ShardToSplit: 'shardId-000000000009', NewStartingHashKey: '1000' };
    expect(await door.failure('SplitShard', input)).toBe(
      `ResourceNotFoundException: Could not find shard shardId-000000000009 in stream s under account ${account}.`,
    );
  }),
);

const merge = { ShardToMerge: 'shardId-000000000000', AdjacentShardToMerge: 'shardId-000000000001' };
test(
  'MergeShards [happy path] makes one child of two parents',
  through(async (door) => {
    await door.call('CreateStream', { StreamName: 'p', ShardCount: 2 });
    await door.call('MergeShards', { StreamName: 'p', ...merge });
    const { Shards } = await door.call('ListShards', { StreamName: 'p' });
    expect(Shards[2]).toMatchObject({
      ParentShardId: 'shardId-000000000000',
      AdjacentParentShardId: 'shardId-000000000001',
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: (2n ** 128n - 1n).toString() },
    });
  }),
);
test(
  'MergeShards [ARN] takes the ARN of the stream',
  through(async (door) => {
    await door.call('CreateStream', { StreamName: 'p', ShardCount: 2 });
    await door.call('MergeShards', { StreamARN: arnOf('stream/p'), ...merge });
    expect((await door.call('ListShards', { StreamName: 'p' })).Shards).toHaveLength(3);
  }),
);
test(
  'MergeShards [validation] says what is missing, and refuses shards apart',
  through(async (door) => {
    expect(await door.failure('MergeShards', {})).toBe(required('shardToMerge', 'adjacentShardToMerge'));
    await door.call('CreateStream', { StreamName: 'p', ShardCount: 3 });
    const apart = { ...merge, AdjacentShardToMerge: 'shardId-000000000002' };
    expect(await door.failure('MergeShards', { StreamName: 'p', ...apart })).toMatch(
      /^InvalidArgumentException: Shards shardId-000000000000 and shardId-000000000002 in stream p/,
    );
  }),
);
test(
  'MergeShards [unknown resource] refuses a stream that is not there',
  through(async (door) => {
    expect(await door.failure('MergeShards', { StreamName: 'nowhere', ...merge })).toMatch(
      /^ResourceNotFound/,
    );
  }),
);
test(
  'MergeShards [states] is refused while the stream is UPDATING',
  through(
    async (door) => {
      await door.call('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 48 });
      expect(await door.failure('MergeShards', { StreamName: 's', ...merge })).toMatch(/in state UPDATING$/);
    },
    { updateStreamTime: 1000 },
  ),
);

test(
  'UpdateShardCount [happy path] answers the counts before and after',
  through(async (door) => {
    const input = { StreamName: 's', TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' };
    expect(await door.call('UpdateShardCount', input)).toEqual({
      StreamName: 's',
      CurrentShardCount: 1,
      TargetShardCount: 2,
      StreamARN: streamArn,
    });
    expect(await summaryOf(door, 's')).toMatchObject({ OpenShardCount: 2 });
  }),
);
test.each([6, 3])(
  'UpdateShardCount [happy path] ends with %i shards of equal size, each of parents that held its keys',
  (target) =>
    through(async (door) => {
      await door.call('CreateStream', { StreamName: 'p', ShardCount: 4 });
      const input = { StreamName: 'p', TargetShardCount: target, ScalingType: 'UNIFORM_SCALING' };
      await door.call('UpdateShardCount', input);
      const { Shards } = await door.call('ListShards', { StreamName: 'p' });
      const shards = Shards.map((shard: ShardAnswer) => ({
        id: shard.ShardId,
        parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
        start: BigInt(shard.HashKeyRange.StartingHashKey),
        end: BigInt(shard.HashKeyRange.EndingHashKey),
        open: shard.SequenceNumberRange.EndingSequenceNumber === undefined,
      }));
      const open = shards.filter((shard) => shard.open).toSorted((a, b) => (a.start < b.start ? -1 : 1));
      expect(open).toHaveLength(target);
      expect(open.map(({ start }) => start)).toEqual([0n, ...open.slice(0, -1).map(({ end }) => end + 1n)]);
      const sizes = open.map(({ start, end }) => Number((end - start) / 2n ** 100n));
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      for (const shard of shards.slice(4)) {
        const parents = shards.filter(({ id }) => shard.parents.includes(id));
        expect(parents.map((parent) => parent.open)).not.toContain(true);
        expect(parents.length).toBe(shard.parents.length);
        expect(parents.some(({ start, end }) => start <= shard.start && shard.start <= end)).toBe(true);
        expect(parents.some(({ start, end }) => start <= shard.end && shard.end <= end)).toBe(true);
      }
    })(),
);
test(
  'UpdateShardCount [limits] at most doubles and at least halves',
  through(async (door) => {
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
  }),
);
test(
  'UpdateShardCount [limits] may be called ten times in 24 hours',
  through(
    async (door) => {
      for (let round = 0; round < 10; round++) await door.call('UpdateShardCount', reshardOf(round));
      await door.clock.advance(1000);
      expect(await door.failure('UpdateShardCount', reshardOf(10))).toMatch(
        /^LimitExceededException: .*10 times/,
      );
      await door.clock.advance(86_400_000);
      await expect(door.call('UpdateShardCount', reshardOf(10))).resolves.toBeTypeOf('object');
    },
    { enforceLimits: true },
  ),
);
for (const [operation, input] of [
  ['SplitShard', { ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '1000' }],
  ['MergeShards', merge],
  ['UpdateShardCount', { TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' }],
] as const) {
  test(
    `${operation} [states] is refused for a stream on demand`,
    through(async (door) => {
      await door.call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
      expect(await door.failure(operation, { StreamName: 'd', ...input })).toBe(
        `ValidationException: Request is invalid. Stream d under account ${account} is in On-Demand mode.`,
      );
    }),
  );
}

test(
  'IncreaseStreamRetentionPeriod [happy path] keeps records for 365 days by the clock, and not longer',
  through(async (door) => {
    const day = 86_400_000;
    const read = async () => {
      const position = { ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' };
      const { ShardIterator } = await door.call('GetShardIterator', { StreamName: 's', ...position });
      return (await door.call('GetRecords', { ShardIterator })).Records;
    };
    await door.call('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 8760 });
    await door.call('PutRecord', { StreamName: 's', PartitionKey: 'k', Data: Buffer.from('x') });
    await door.clock.advance(365 * day - 1);
    expect(await read()).toHaveLength(1);
    await door.clock.advance(2);
    expect(await read()).toEqual([]);
  }),
);
test(
  'IncreaseStreamRetentionPeriod [validation] only increases, up to 8,760 hours',
  through(async (door) => {
    const failure = (hours: number): Promise<string> =>
      door.failure('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: hours });
    expect(await failure(8761)).toMatch(
      /^InvalidArgumentException: Maximum allowed retention period is 8760 hours/,
    );
    await door.call('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 48 });
    expect(await failure(24)).toMatch(/can not be shorter than existing retention period \(48 hours\)/);
    expect(await summaryOf(door, 's')).toMatchObject({ RetentionPeriodHours: 48 });
  }),
);
test(
  'DecreaseStreamRetentionPeriod [validation] only decreases, down to 24 hours',
  through(async (door) => {
    const failure = (hours: number): Promise<string> =>
      door.failure('DecreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: hours });
    expect(await failure(23)).toMatch(
      /^InvalidArgumentException: Minimum allowed retention period is 24 hours/,
    );
    expect(await failure(48)).toMatch(/can not be longer than existing retention period \(24 hours\)/);
  }),
);
