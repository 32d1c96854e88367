import { expect, test } from 'vitest';

import { account, arnOf, through, streamArn, type Door } from './door.ts';

const shard = { StreamName: 's', ShardId: 'shardId-000000000000' };
const record = { Data: Buffer.from('{}'), PartitionKey: 'k' };

const iterator = async (door: Door, input: object): Promise<string> =>
  (await door.call('GetShardIterator', { ...shard, ...input })).ShardIterator;

const oldest = (door: Door): Promise<string> => iterator(door, { ShardIteratorType: 'TRIM_HORIZON' });

test(
  'PutRecord [happy path] stores bytes that GetRecords hands back',
  through(async (door) => {
    const put = await door.call('PutRecord', { StreamName: 's', ...record });
    expect(put).toEqual({ ShardId: shard.ShardId, SequenceNumber: expect.stringMatching(/^\d{56}$/) });
    const { Records } = await door.call('GetRecords', { ShardIterator: await oldest(door) });
    expect(Records).toHaveLength(1);
    expect(Buffer.from(Records[0]?.Data ?? []).toString()).toBe('{}');
    expect(Records[0]).toMatchObject({
      SequenceNumber: put.SequenceNumber,
      PartitionKey: 'k',
      ApproximateArrivalTimestamp: new Date(door.clock.now()),
    });
    expect(Records[0]).not.toHaveProperty('EncryptionType');
  }),
);
test(
  'PutRecord [validation] refuses a record larger than the stream takes',
  through(async (door) => {
    const large = { StreamName: 's', PartitionKey: 'k', Data: Buffer.alloc(1024 * 1024) };
    expect(await door.failure('PutRecord', large)).toMatch(
      /^ValidationException: 1 validation error detected: Value 'java\.nio\.HeapByteBuffer\[pos=0 lim=1048576 /,
    );
    await door.call('UpdateMaxRecordSize', { StreamARN: streamArn, MaxRecordSizeInKiB: 2048 });
    await expect(door.call('PutRecord', large)).resolves.toMatchObject({ ShardId: shard.ShardId });
  }),
);
test(
  'PutRecords [happy path] answers each record in order',
  through(async (door) => {
    const answer = await door.call('PutRecords', { StreamName: 's', Records: [record, record, record] });
    expect(answer.FailedRecordCount).toBe(0);
    const numbers = answer.Records.map((one) => BigInt(one.SequenceNumber));
    expect(numbers).toHaveLength(3);
    expect(numbers.toSorted((a: bigint, b: bigint) => (a < b ? -1 : 1))).toEqual(numbers);
  }),
);
test(
  'PutRecords [validation] takes 1 to 500 records of 10 MiB in all',
  through(async (door) => {
    const failure = (records: readonly object[]): Promise<string> =>
      door.failure('PutRecords', { StreamName: 's', Records: records });
    expect(await failure([])).toMatch(/Member must have length greater than or equal to 1$/);
    expect(await failure(Array.from({ length: 501 }, () => record))).toMatch(
      /Member must have length less than or equal to 500$/,
    );
    const mebibyte = { PartitionKey: 'k', Data: Buffer.alloc(1024 * 1024 - 1) };
    expect(await failure(Array.from({ length: 11 }, () => mebibyte))).toBe(
      'InvalidArgumentException: Records size exceeds 10 MB limit',
    );
  }),
);
test(
  'PutRecords [limits] stores what the shard has room for and refuses the rest',
  through(
    async (door) => {
      const Records = Array.from({ length: 500 }, () => ({ PartitionKey: 'k', Data: Buffer.alloc(2100) }));
      const { FailedRecordCount, Records: answers } = await door.call('PutRecords', {
        StreamName: 's',
        Records,
      });
      expect(FailedRecordCount).toBe(500 - Math.floor(1024 ** 2 / 2101));
      expect(answers.at(-1)).toEqual({
        ErrorCode: 'ProvisionedThroughputExceededException',
        ErrorMessage: `Rate exceeded for shard ${shard.ShardId} in stream s under account ${account}.`,
      });
    },
    { enforceLimits: true },
  ),
);

for (const [operation, input] of [
  ['PutRecord', { StreamName: 's', ...record }],
  ['PutRecords', { StreamName: 's', Records: [record] }],
] as const) {
  test(
    `${operation} [dry run] checks everything and stores nothing`,
    through(async (door) => {
      expect(await door.failure(operation, { ...input, DryRun: true })).toBe(
        'DryRunOperationException: The request was rejected because the DryRun parameter was specified.',
      );
      expect((await door.call('GetRecords', { ShardIterator: await oldest(door) })).Records).toEqual([]);
      expect(await door.failure(operation, { ...input, StreamName: 'nowhere', DryRun: true })).toMatch(
        /^ResourceNotFoundException/,
      );
      await expect(door.call(operation, { ...input, DryRun: false })).resolves.toBeTypeOf('object');
    }),
  );
  test(
    `${operation} [happy path] spreads records without a key over the shards when AUTO`,
    through(async (door) => {
      await door.call('CreateStream', {
        StreamName: 'a',
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        RecordDistributionStrategy: 'AUTO',
      });
      const put = async (one: object): Promise<string> => {
        const answer =
          operation === 'PutRecord'
            ? await door.call('PutRecord', { StreamName: 'a', ...one })
            : (await door.call('PutRecords', { StreamName: 'a', Records: [one] })).Records[0];
        return answer?.ShardId ?? '';
      };
      const shards: string[] = [];
      for (let count = 0; count < 8; count++) shards.push(await put({ Data: Buffer.from('x') }));
      expect(new Set(shards).size).toBe(4);
      expect(new Set(shards.slice(0, 4)).size).toBe(4);
      const kept = await put({ Data: Buffer.from('y'), PartitionKey: 'kept' });
      const records: { readonly PartitionKey?: string; readonly ShardId: string }[] = [];
      for (const ShardId of new Set(shards)) {
        const { ShardIterator } = await door.call('GetShardIterator', {
          StreamName: 'a',
          ShardId,
          ShardIteratorType: 'TRIM_HORIZON',
        });
        const { Records } = await door.call('GetRecords', { ShardIterator });
        records.push(...Records.map((one) => ({ ...one, ShardId })));
      }
      expect(records).toHaveLength(9);
      const withKey = records.filter((one) => one.PartitionKey !== undefined);
      expect(withKey).toMatchObject([{ PartitionKey: 'kept', ShardId: kept }]);
    }),
  );
}
test(
  'PutRecords [validation] wants a key for each record unless AUTO',
  through(async (door) => {
    expect(await door.failure('PutRecords', { StreamName: 's', Records: [{ Data: Buffer.from('x') }] })).toBe(
      "ValidationException: 1 validation error detected: Value null at 'records.1.member.partitionKey' failed to " +
        'satisfy constraint: Member must not be null',
    );
  }),
);

test(
  'GetShardIterator [happy path] knows every kind of position',
  through(async (door) => {
    const first = await door.call('PutRecord', { StreamName: 's', ...record });
    await door.clock.advance(10_000);
    const second = await door.call('PutRecord', { StreamName: 's', ...record });
    await door.clock.advance(10_000);
    const read = async (position: object): Promise<readonly string[]> => {
      const ShardIterator = await iterator(door, position);
      const { Records } = await door.call('GetRecords', { ShardIterator });
      return Records.map((one) => one.SequenceNumber);
    };
    const numbers = [first.SequenceNumber, second.SequenceNumber];
    const at = { StartingSequenceNumber: numbers[0] };
    expect(await read({ ShardIteratorType: 'TRIM_HORIZON' })).toEqual(numbers);
    expect(await read({ ShardIteratorType: 'LATEST' })).toEqual([]);
    expect(await read({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', ...at })).toEqual(numbers);
    expect(await read({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', ...at })).toEqual(numbers.slice(1));
    const Timestamp = new Date(door.clock.now() - 15_000);
    expect(await read({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp })).toEqual(numbers.slice(1));
  }),
);
test(
  'GetShardIterator [validation] refuses a position that does not go together',
  through(async (door) => {
    const failure = (input: object): Promise<string> =>
      door.failure('GetShardIterator', { ...shard, ...input });
    expect(await failure({ ShardIteratorType: 'AT_SEQUENCE_NUMBER' })).toMatch(
      /^InvalidArgumentException: Must either specify \(1\) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER/,
    );
    expect(await failure({ ShardIteratorType: 'AT_TIMESTAMP' })).toMatch(
      /^InvalidArgumentException: Must specify/,
    );
    expect(await failure({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: '12' })).toMatch(
      /^InvalidArgumentException: StartingSequenceNumber 12 used in GetShardIterator on shard/,
    );
  }),
);
test(
  'GetShardIterator [dry run] checks everything and hands out no iterator',
  through(async (door) => {
    const input = { ...shard, ShardIteratorType: 'LATEST', DryRun: true };
    expect(await door.failure('GetShardIterator', input)).toMatch(/^DryRunOperationException: /);
    const unknown = { ...input, ShardId: 'shardId-000000000009' };
    expect(await door.failure('GetShardIterator', unknown)).toMatch(/^ResourceNotFoundException: Shard /);
  }),
);
test(
  'GetShardIterator [limits] answers five calls a second and shard',
  through(
    async (door) => {
      for (let call = 0; call < 5; call++) await oldest(door);
      expect(await door.failure('GetShardIterator', { ...shard, ShardIteratorType: 'LATEST' })).toMatch(
        /^ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000/,
      );
    },
    { enforceLimits: true },
  ),
);

test(
  'GetRecords [happy path] says how far behind it is, and what a closed shard became',
  through(async (door) => {
    await door.call('PutRecords', { StreamName: 's', Records: [record, record] });
    await door.clock.advance(5000);
    const first = await door.call('GetRecords', { ShardIterator: await oldest(door), Limit: 1 });
    expect(first).toMatchObject({ Records: [{}], MillisBehindLatest: 5000 });
    const split = { StreamName: 's', ShardToSplit: shard.ShardId, NewStartingHashKey: '1000' };
    await door.call('SplitShard', split);
    const last = await door.call('GetRecords', { ShardIterator: first.NextShardIterator });
    expect(last.Records).toHaveLength(1);
    expect(last).toMatchObject({
      MillisBehindLatest: 0,
      ChildShards: [
        { ShardId: 'shardId-000000000001', ParentShards: [shard.ShardId] },
        { ShardId: 'shardId-000000000002', ParentShards: [shard.ShardId] },
      ],
    });
    expect(last.NextShardIterator).toBeUndefined();
  }),
);
test(
  'GetRecords [happy path] hands out nothing older than the retention period',
  through(async (door) => {
    await door.call('PutRecord', { StreamName: 's', ...record });
    await door.clock.advance(24 * 3_600_000 + 1);
    expect((await door.call('GetRecords', { ShardIterator: await oldest(door) })).Records).toEqual([]);
  }),
);
test(
  'GetRecords [ARN] takes the ARN of the stream of its iterator, and no other',
  through(async (door) => {
    await door.call('CreateStream', { StreamName: 'other', ShardCount: 1 });
    const ShardIterator = await oldest(door);
    await expect(door.call('GetRecords', { ShardIterator, StreamARN: streamArn })).resolves.toMatchObject({
      Records: [],
    });
    expect(await door.failure('GetRecords', { ShardIterator, StreamARN: arnOf('stream/other') })).toBe(
      'InvalidArgumentException: Invalid ShardIterator.',
    );
  }),
);
test(
  'GetRecords [unknown resource] refuses an iterator of a stream that is gone, though there is another of its name',
  through(async (door) => {
    const ShardIterator = await oldest(door);
    await door.call('DeleteStream', { StreamName: 's' });
    const gone =
      /^ResourceNotFoundException: Shard shardId-0{12} in stream s under account 0{12} does not exist$/;
    expect(await door.failure('GetRecords', { ShardIterator })).toMatch(gone);
    await door.clock.advance(1000);
    await door.call('CreateStream', { StreamName: 's', ShardCount: 1 });
    expect(await door.failure('GetRecords', { ShardIterator })).toMatch(gone);
  }),
);
test(
  'GetRecords [validation] refuses an iterator that is none, or is five minutes old',
  through(async (door) => {
    expect(await door.failure('GetRecords', { ShardIterator: 'x' })).toBe(
      'InvalidArgumentException: Invalid ShardIterator.',
    );
    const ShardIterator = await oldest(door);
    await door.clock.advance(300_001);
    expect(await door.failure('GetRecords', { ShardIterator })).toMatch(
      /^ExpiredIteratorException: Iterator expired\. The iterator was created at time /,
    );
  }),
);
test(
  'GetRecords [dry run] checks everything and hands out no records',
  through(async (door) => {
    await door.call('PutRecord', { StreamName: 's', ...record });
    const ShardIterator = await oldest(door);
    expect(await door.failure('GetRecords', { ShardIterator, DryRun: true })).toMatch(
      /^DryRunOperationException/,
    );
    expect(await door.failure('GetRecords', { ShardIterator: 'x', DryRun: true })).toMatch(
      /^InvalidArgument/,
    );
  }),
);
test(
  'GetRecords [limits] answers five calls a second and shard',
  through(
    async (door) => {
      const ShardIterator = await oldest(door);
      for (let call = 0; call < 5; call++) await door.call('GetRecords', { ShardIterator });
      expect(await door.failure('GetRecords', { ShardIterator })).toMatch(/^ProvisionedThroughputExceeded/);
    },
    { enforceLimits: true },
  ),
);
