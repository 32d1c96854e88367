import { rmSync } from 'node:fs';

import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { newFolder, open, plain, recordsOf, type Door } from './door.ts';

describe('a server started anew on its folder', () => {
  test('answers as one that never ended, after any operations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const folder = newFolder();
        const clock = createManualClock();
        let kept = open(folder, clock);
        const twin = plain(clock);
        const answers: (readonly [unknown, unknown])[] = [];
        for (const one of steps) {
          if (one.do === 'restart') {
            kept.close();
            kept = open(folder, clock);
          } else if (one.do === 'wait') await clock.advance(one.ms);
          else answers.push([await attempt(kept, one), await attempt(twin, one)]);
        }
        kept.close();
        kept = open(folder, clock);
        expect(answers.map(([ours]) => ours)).toEqual(answers.map(([, theirs]) => theirs));
        expect(await everything(kept)).toEqual(await everything(twin));
        kept.close();
        rmSync(folder, { recursive: true, force: true });
      }),
      { numRuns: 60 },
    );
  });
});

const name = fc.constantFrom('a', 'b');
const shardAt = fc.nat(5);
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 999, 3_600_000 * 13) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('CreateStream' as const),
      name,
      shards: fc.integer({ min: 1, max: 3 }),
    }),
  },
  fc.record({ do: fc.constant('DeleteStream' as const), name }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('PutRecords' as const),
      name,
      records: fc.array(
        fc.tuple(
          fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
          fc.uint8Array({ maxLength: 50 }),
          fc.boolean(),
        ),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
    }),
  },
  fc.record({ do: fc.constant('SplitShard' as const), name, shard: shardAt }),
  fc.record({ do: fc.constant('MergeShards' as const), name, shard: shardAt }),
  fc.record({
    do: fc.constant('AddTagsToStream' as const),
    name,
    value: fc.string({ maxLength: 5, unit: fc.constantFrom('x', 'y') }),
  }),
  fc.record({
    do: fc.constant('IncreaseStreamRetentionPeriod' as const),
    name,
    hours: fc.integer({ min: 24, max: 100 }),
  }),
  fc.record({
    do: fc.constant('RegisterStreamConsumer' as const),
    name,
    value: fc.constantFrom('one', 'two'),
  }),
  fc.record({ do: fc.constant('EnableEnhancedMonitoring' as const), name }),
  fc.record({ do: fc.constant('StartStreamEncryption' as const), name }),
);

type Operation = Exclude<typeof step extends fc.Arbitrary<infer S> ? S : never, { do: 'restart' | 'wait' }>;

async function attempt(door: Door, one: Operation): Promise<unknown> {
  try {
    return (await door.service.call(one.do, inputOf(door, one))) ?? 'done';
  } catch (error) {
    return String(error);
  }
}

function inputOf({ engine }: Door, one: Operation): object {
  const input = { StreamName: one.name };
  const shards = engine.find(one.name)?.openShards ?? [];
  switch (one.do) {
    case 'CreateStream':
      return { ...input, ShardCount: one.shards };
    case 'PutRecords':
      return {
        ...input,
        Records: one.records.map(([PartitionKey, bytes, binary]) => ({
          PartitionKey,
          Data: binary ? bytes : Buffer.from(bytes).toString('base64'),
        })),
      };
    case 'SplitShard': {
      const shard = shards[one.shard % Math.max(1, shards.length)];
      const { start, end } = shard?.range ?? { start: 0n, end: 0n };
      return {
        ...input,
        ShardToSplit: shard?.id ?? 'none-0',
        NewStartingHashKey: String((start + end) / 2n),
      };
    }
    case 'MergeShards':
      return {
        ...input,
        ShardToMerge: shards[one.shard]?.id ?? 'shardId-000000000000',
        AdjacentShardToMerge: shards[one.shard + 1]?.id ?? 'shardId-000000000001',
      };
    case 'AddTagsToStream':
      return { ...input, Tags: { tag: one.value } };
    case 'IncreaseStreamRetentionPeriod':
      return { ...input, RetentionPeriodHours: one.hours };
    case 'RegisterStreamConsumer':
      return {
        StreamARN: engine.find(one.name)?.arn ?? 'arn:aws:kinesis:us-east-1:000000000000:stream/none',
        ConsumerName: one.value,
      };
    case 'EnableEnhancedMonitoring':
      return { ...input, ShardLevelMetrics: ['IncomingBytes'] };
    case 'StartStreamEncryption':
      return { ...input, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' };
    case 'DeleteStream':
      return input;
    default:
      throw new Error('Every operation has an input.');
  }
}

/** All there is to see. */
async function everything(door: Door): Promise<unknown> {
  const seen: unknown[] = [];
  for (const stream of door.engine.streams) {
    const input = { StreamName: stream.name };
    for (const operation of ['DescribeStream', 'DescribeStreamSummary', 'ListTagsForStream', 'ListShards']) {
      seen.push(await door.service.call(operation, input));
    }
    seen.push(await door.service.call('ListStreamConsumers', { StreamARN: stream.arn }));
    for (const shard of stream.shards(door.engine.now)) {
      const records = await recordsOf(door, stream.name, shard.id);
      seen.push(
        records.map(({ Data, ...rest }) => ({
          ...rest,
          Data: Buffer.from(Data as string, typeof Data === 'string' ? 'base64' : undefined).toString('hex'),
        })),
      );
    }
  }
  return seen;
}
