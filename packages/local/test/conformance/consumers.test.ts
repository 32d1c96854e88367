import { expect, test } from 'vitest';

import { account, arnOf, through, required, streamArn, type Door } from './door.ts';

const shard = { ShardId: 'shardId-000000000000' };

const register = async (door: Door, ConsumerName: string) =>
  (await door.call('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName })).Consumer;

const subscribe = async (door: Door, ConsumerARN: string, type: string) => {
  const { EventStream } = await door.call('SubscribeToShard', {
    ConsumerARN,
    ...shard,
    StartingPosition: { Type: type },
  });
  return EventStream[Symbol.asyncIterator]();
};

test(
  'RegisterStreamConsumer [happy path] answers the consumer, and keeps its tags',
  through(async (door) => {
    const { Consumer } = await door.call('RegisterStreamConsumer', {
      StreamARN: streamArn,
      ConsumerName: 'c',
      Tags: { a: '1' },
    });
    const seconds = Math.floor(door.clock.now() / 1000);
    expect(Consumer).toMatchObject({
      ConsumerName: 'c',
      ConsumerARN: `${streamArn}/consumer/c:${seconds}`,
      ConsumerCreationTimestamp: new Date(door.clock.now()),
    });
    const tags = await door.call('ListTagsForResource', { ResourceARN: Consumer.ConsumerARN });
    expect(tags.Tags).toEqual([{ Key: 'a', Value: '1' }]);
    const summary = await door.call('DescribeStreamSummary', { StreamName: 's' });
    expect(summary.StreamDescriptionSummary.ConsumerCount).toBe(1);
  }),
);
test(
  'RegisterStreamConsumer [states] refuses a name that is taken',
  through(async (door) => {
    await register(door, 'c');
    expect(await door.failure('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' })).toBe(
      `ResourceInUseException: Consumer c under stream: s , account ${account} already exists.`,
    );
  }),
);
test(
  'RegisterStreamConsumer [limits] has twenty consumers of a stream',
  through(async (door) => {
    for (let count = 0; count < 20; count++) await register(door, `c${count}`);
    expect(
      await door.failure('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'more' }),
    ).toMatch(/^LimitExceededException: /);
  }),
);
for (const operation of ['DescribeStreamConsumer', 'DeregisterStreamConsumer']) {
  test(
    `${operation} [ARN] takes the ARN of the consumer`,
    through(async (door) => {
      const { ConsumerARN } = await register(door, 'c');
      await expect(door.call(operation, { ConsumerARN })).resolves.toBeTypeOf('object');
    }),
  );
  test(
    `${operation} [unknown resource] refuses a consumer that is not there`,
    through(async (door) => {
      const message = `ResourceNotFoundException: Consumer c under stream: s , account ${account} not found.`;
      expect(await door.failure(operation, { StreamARN: streamArn, ConsumerName: 'c' })).toBe(message);
      expect(await door.failure(operation, { ConsumerARN: `${streamArn}/consumer/c:1` })).toBe(message);
    }),
  );
}
test(
  'DescribeStreamConsumer [states] sees a consumer CREATING, ACTIVE, DELETING and gone',
  through(
    async (door) => {
      const { ConsumerARN } = await register(door, 'c');
      const status = async (): Promise<string> =>
        (await door.call('DescribeStreamConsumer', { ConsumerARN })).ConsumerDescription.ConsumerStatus;
      expect(await status()).toBe('CREATING');
      await door.clock.advance(1000);
      expect(await status()).toBe('ACTIVE');
      await door.call('DeregisterStreamConsumer', { ConsumerARN });
      expect(await status()).toBe('DELETING');
      await door.clock.advance(1000);
      expect(await door.failure('DescribeStreamConsumer', { ConsumerARN })).toMatch(/^ResourceNotFound/);
    },
    { registerConsumerTime: 1000, deregisterConsumerTime: 1000 },
  ),
);
test(
  'ListStreamConsumers [pagination] goes on by token',
  through(async (door) => {
    for (const name of ['c', 'a', 'b']) await register(door, name);
    const first = await door.call('ListStreamConsumers', { StreamARN: streamArn, MaxResults: 2 });
    expect(first.Consumers).toMatchObject([{ ConsumerName: 'a' }, { ConsumerName: 'b' }]);
    const rest = await door.call('ListStreamConsumers', {
      StreamARN: streamArn,
      NextToken: first.NextToken,
    });
    expect(rest.Consumers).toMatchObject([{ ConsumerName: 'c' }]);
    expect(rest.NextToken).toBeUndefined();
  }),
);

test(
  'SubscribeToShard [happy path] sends records as they are put',
  through(async (door) => {
    const { ConsumerARN } = await register(door, 'c');
    await door.call('PutRecord', { StreamName: 's', Data: Buffer.from('x'), PartitionKey: 'k' });
    const events = await subscribe(door, ConsumerARN, 'TRIM_HORIZON');
    const { value } = await events.next();
    expect(value.SubscribeToShardEvent).toMatchObject({
      Records: [{ PartitionKey: 'k', SequenceNumber: expect.stringMatching(/^\d{56}$/) }],
      MillisBehindLatest: 0,
      ContinuationSequenceNumber: expect.stringMatching(/^\d{56}$/),
    });
    await events.return?.();
  }),
);
test(
  'SubscribeToShard [happy path] ends a closed shard with its children',
  through(async (door) => {
    const { ConsumerARN } = await register(door, 'c');
    await door.call('UpdateShardCount', {
      StreamName: 's',
      TargetShardCount: 2,
      ScalingType: 'UNIFORM_SCALING',
    });
    const events = await subscribe(door, ConsumerARN, 'TRIM_HORIZON');
    const { value } = await events.next();
    expect(value.SubscribeToShardEvent.ChildShards).toMatchObject([
      { ShardId: 'shardId-000000000001' },
      { ShardId: 'shardId-000000000002' },
    ]);
    expect((await events.next()).done).toBe(true);
  }),
);
test(
  'SubscribeToShard [states] is one for a consumer and shard, and again after five seconds',
  through(async (door) => {
    const { ConsumerARN } = await register(door, 'c');
    await subscribe(door, ConsumerARN, 'LATEST');
    const again = { ConsumerARN, ...shard, StartingPosition: { Type: 'LATEST' } };
    expect(await door.failure('SubscribeToShard', again)).toMatch(/^ResourceInUseException: Another active/);
    await door.clock.advance(5000);
    await expect(door.call('SubscribeToShard', again)).resolves.toHaveProperty('EventStream');
  }),
);
test(
  'SubscribeToShard [unknown resource] refuses a consumer or shard that is not there',
  through(async (door) => {
    const input = {
      ConsumerARN: `${streamArn}/consumer/c:1`,
      ...shard,
      StartingPosition: { Type: 'LATEST' },
    };
    expect(await door.failure('SubscribeToShard', input)).toMatch(/^ResourceNotFoundException: Consumer c/);
    const { ConsumerARN } = await register(door, 'c');
    const nowhere = { ...input, ConsumerARN, ShardId: 'shardId-000000000009' };
    expect(await door.failure('SubscribeToShard', nowhere)).toMatch(/^ResourceNotFoundException: Shard /);
  }),
);
test(
  'SubscribeToShard [validation] wants a kind of position, and the ARN of a consumer',
  through(async (door) => {
    const { ConsumerARN } = await register(door, 'c');
    expect(await door.failure('SubscribeToShard', { ConsumerARN, ...shard, StartingPosition: {} })).toBe(
      required('startingPosition.type'),
    );
    const wrong = { ConsumerARN: arnOf('stream/s'), ...shard, StartingPosition: { Type: 'LATEST' } };
    expect(await door.failure('SubscribeToShard', wrong)).toMatch(
      /at 'consumerARN' failed to satisfy constraint/,
    );
  }),
);
test(
  'SubscribeToShard [dry run] checks everything and begins nothing',
  through(async (door) => {
    const { ConsumerARN } = await register(door, 'c');
    const input = { ConsumerARN, ...shard, StartingPosition: { Type: 'LATEST' }, DryRun: true };
    expect(await door.failure('SubscribeToShard', input)).toMatch(/^DryRunOperationException: /);
    expect(await door.failure('SubscribeToShard', { ...input, ShardId: 'shardId-9' })).toMatch(
      /^ResourceNotFound/,
    );
    const real = await door.call('SubscribeToShard', { ...input, DryRun: false });
    expect(real).toHaveProperty('EventStream');
    expect(await door.failure('SubscribeToShard', input)).toMatch(/^ResourceInUseException/);
  }),
);
