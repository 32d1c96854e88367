import {
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  StartStreamEncryptionCommand,
} from '@aws-sdk/client-kinesis';
import type { KinesisStreamHandler } from 'aws-lambda';
import { createAggregator } from '@millrace/kinesis/codec';
import { describe, expect, test } from 'vitest';

import type { KinesisEvent } from '../../src/event-source/event.ts';
import { mapOrders, openKit, start, streamArn, type Kit } from './kit.ts';

describe('an event', () => {
  test('[event/shape] has a record as AWS gives it, its members in AWS’s order', async () => {
    await using kit = await openKit();
    await kit.clock.advance(123);
    const sequenceNumber = await kit.put('{"id":1}', 'ada');
    const seen: KinesisEvent[] = [];
    await mapOrders(kit, (_data, event) => void seen.push(event), { function: { name: 'bill' } });
    await kit.clock.settle();
    expect(JSON.stringify(seen)).toBe(
      JSON.stringify([
        {
          Records: [
            {
              kinesis: {
                kinesisSchemaVersion: '1.0',
                partitionKey: 'ada',
                sequenceNumber,
                data: 'eyJpZCI6MX0=',
                approximateArrivalTimestamp: 1767225600.123,
              },
              eventSource: 'aws:kinesis',
              eventVersion: '1.0',
              eventID: `shardId-000000000000:${sequenceNumber}`,
              eventName: 'aws:kinesis:record',
              invokeIdentityArn: 'arn:aws:iam::000000000000:role/bill',
              awsRegion: 'us-east-1',
              eventSourceARN: streamArn,
            },
          ],
        },
      ]),
    );
  });
  test('[event/encryption] says so of records of an encrypted stream only', async () => {
    await using kit = await openKit();
    const seen: KinesisEvent[] = [];
    await kit.put('open');
    await kit.clock.advance(1000);
    await kit.client.send(
      new StartStreamEncryptionCommand({
        StreamName: 'orders',
        EncryptionType: 'KMS',
        KeyId: 'alias/aws/kinesis',
      }),
    );
    await kit.put('closed');
    await mapOrders(kit, (_data, event) => void seen.push(event));
    await kit.clock.settle();
    const types = seen.flatMap(({ Records }) =>
      Records.map(({ kinesis }) => ['encryptionType' in kinesis, kinesis.encryptionType]),
    );
    expect(types).toEqual([
      [false, undefined],
      [true, 'KMS'],
    ]);
  });
  test('[event/one-shard] has records of one shard only', async () => {
    await using kit = await openKit({ streams: { orders: { shards: 4 } } });
    for (let count = 0; count < 40; count++) await kit.put(`order-${count}`);
    const shards: number[] = [];
    const all: string[] = [];
    await mapOrders(kit, (data, { Records }) => {
      shards.push(new Set(Records.map(({ eventID }) => eventID.split(':')[0])).size);
      all.push(...data);
    });
    await kit.clock.settle();
    expect(shards).toEqual([1, 1, 1, 1]);
    expect(all).toHaveLength(40);
  });
  test('[event/source-arn] names its source as it is told to', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const seen: string[] = [];
    await mapOrders(kit, (_data, { Records }) => void seen.push(Records[0]?.eventSourceARN ?? ''), {
      choices: { eventSourceArn: 'arn:other' },
    });
    await kit.clock.settle();
    expect(seen).toEqual(['arn:other']);
  });
});

describe('a mapping begins', () => {
  test('[start/latest] with what comes after it, and with later shards at their beginning', async () => {
    await using kit = await openKit();
    await kit.put('before');
    const { invocations } = await mapOrders(kit, () => ({}), { StartingPosition: 'LATEST' });
    await kit.clock.settle();
    await kit.put('after');
    await split(kit, 'shardId-000000000000');
    await kit.put('later');
    await kit.clock.advance(3000);
    expect(invocations.flat()).toEqual(['after', 'later']);
  });
  test('[start/trim-horizon] with the oldest record, of a closed shard first', async () => {
    await using kit = await openKit();
    await kit.put('parent');
    await split(kit, 'shardId-000000000000');
    await kit.put('child');
    const seen: string[] = [];
    await mapOrders(
      kit,
      async ([data]) => {
        seen.push(`${data} begins`);
        await new Promise<void>((resolve) => kit.clock.timer(1000, resolve));
        seen.push(`${data} ends`);
      },
      { StartingPosition: 'TRIM_HORIZON' },
    );
    await kit.clock.advance(5000);
    expect(seen).toEqual(['parent begins', 'parent ends', 'child begins', 'child ends']);
  });
  test('[start/timestamp] with the first record of that time or later', async () => {
    await using kit = await openKit();
    await kit.put('early');
    await kit.clock.advance(5000);
    await kit.put('late');
    const { invocations } = await mapOrders(kit, () => ({}), {
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: start / 1000 + 1,
    });
    await kit.clock.settle();
    expect(invocations.flat()).toEqual(['late']);
  });
});

describe('a shard', () => {
  test('[poll/interval] is looked at once a second', async () => {
    await using kit = await openKit();
    const { invocations, events } = await mapOrders(kit, () => ({}));
    await kit.clock.settle();
    await kit.put('a');
    await kit.clock.advance(999);
    expect(invocations).toEqual([]);
    await kit.clock.advance(1);
    expect(invocations).toEqual([['a']]);
    await kit.clock.advance(3000);
    expect(events.filter(({ type }) => type === 'polled')).toHaveLength(5);
  });
  test('[poll/interval] is read without a pause while there is more', async () => {
    await using kit = await openKit();
    for (let put = 0; put < 24; put++) await putMany(kit, 500);
    const { invocations } = await mapOrders(kit, () => ({}), { BatchSize: 10_000 });
    await kit.clock.settle();
    expect(invocations.map((batch) => batch.length)).toEqual([10_000, 2000]);
  });
  test('[poll/arrival] can be looked at as soon as records arrive', async () => {
    await using kit = await openKit();
    const { invocations } = await mapOrders(kit, () => ({}), { choices: { polling: 'arrival' } });
    await kit.clock.settle();
    await kit.put('a');
    await kit.clock.settle();
    expect(invocations).toEqual([['a']]);
  });
  test('[poll/fan-out] [event/source-arn] is read with enhanced fan-out through a consumer’s ARN', async () => {
    const operations = new Set<string>();
    await using kit = await openKit({
      faults: ({ operation }) => {
        operations.add(operation);
        return undefined;
      },
    });
    const { Consumer } = await kit.client.send(
      new RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: 'wide' }),
    );
    const EventSourceArn = Consumer?.ConsumerARN ?? '';
    const sources: string[] = [];
    const { invocations, mapping } = await mapOrders(
      kit,
      (_data, { Records }) => void sources.push(...Records.map(({ eventSourceARN }) => eventSourceARN)),
      { EventSourceArn },
    );
    await kit.clock.settle();
    await kit.put('a');
    await kit.clock.settle();
    // A subscription lasts five minutes; the next goes on behind it.
    await kit.clock.advance(301_000);
    await kit.put('b');
    await kit.clock.settle();
    expect(invocations).toEqual([['a'], ['b']]);
    expect(sources).toEqual([EventSourceArn, EventSourceArn]);
    await mapping.pause();
    await kit.put('c');
    await mapping.resume();
    await kit.clock.advance(10_000);
    expect(invocations).toEqual([['a'], ['b'], ['c']]);
    expect(operations).toContain('SubscribeToShard');
    expect(operations).not.toContain('GetRecords');
  });
  test('[poll/children] is finished before its children begin', async () => {
    await using kit = await openKit();
    await kit.put('first');
    const { invocations } = await mapOrders(
      kit,
      () => {
        if (kit.clock.now() < start + 10_000) throw new Error('not yet');
      },
      { choices: { backoff: { first: '1s', factor: 1 }, shardInterval: '1s' } },
    );
    await kit.clock.settle();
    await split(kit, 'shardId-000000000000');
    for (let count = 0; count < 10; count++) await kit.put(`child-${count}`);
    await kit.clock.advance(9000);
    expect(new Set(invocations.flat())).toEqual(new Set(['first']));
    await kit.clock.advance(3000);
    expect(new Set(invocations.flat()).size).toBe(11);
  });
  test('[poll/expired] is read on behind the last record when its iterator has expired', async () => {
    await using kit = await openKit();
    let blocked = true;
    const { invocations } = await mapOrders(
      kit,
      () => {
        if (blocked) throw new Error('not yet');
      },
      // With room for one record, reading stands still for as long as it is unfinished.
      { StartingPosition: 'LATEST', BatchSize: 1, choices: { readAhead: 1 } },
    );
    await kit.clock.settle();
    await kit.put('a');
    await kit.put('b');
    await kit.clock.advance(400_000);
    blocked = false;
    await kit.clock.advance(120_000);
    expect(new Set(invocations.slice(0, -1).flat())).toEqual(new Set(['a']));
    expect(invocations.at(-1)).toEqual(['b']);
  });
  test('[batch/filtered] moves on over what no filter lets pass, and nothing is invoked for it', async () => {
    await using kit = await openKit();
    const { invocations, mapping } = await mapOrders(kit, () => ({}), {
      FilterCriteria: { Filters: [{ Pattern: '{"data":{"total":[{"numeric":[">",100]}]}}' }] },
    });
    await kit.put('{"total":1}');
    await kit.put('no JSON');
    await kit.clock.advance(1000);
    expect(invocations).toEqual([]);
    await mapping.update({ FilterCriteria: { Filters: [] } });
    await kit.put('{"total":101}');
    await kit.clock.advance(1000);
    expect(invocations).toEqual([['{"total":101}']]);
  });
  test('[filter/aggregated] loses aggregates to a filter on data', async () => {
    await using kit = await openKit();
    const aggregator = createAggregator({ maxBytes: 1000 });
    aggregator.add({ partitionKey: 'ada', data: Buffer.from('{"a":1}') });
    const { data } = aggregator.finish();
    await kit.client.send(
      new PutRecordsCommand({ StreamName: 'orders', Records: [{ PartitionKey: 'a', Data: data }] }),
    );
    await kit.put('{"a":1}');
    const { invocations } = await mapOrders(kit, () => ({}), {
      FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":[1]}}' }] },
    });
    await kit.clock.settle();
    expect(invocations).toEqual([['{"a":1}']]);
  });
});

describe('the position', () => {
  test('[poll/position] is kept over a pause and an update, also before the first record', async () => {
    await using kit = await openKit();
    const { invocations, mapping } = await mapOrders(kit, () => ({}), { StartingPosition: 'LATEST' });
    await kit.clock.advance(1000);
    await mapping.pause();
    await kit.clock.advance(400_000);
    await kit.put('a');
    await kit.clock.advance(400_000);
    await mapping.resume();
    await kit.clock.settle();
    expect(invocations).toEqual([['a']]);
    await mapping.update({ BatchSize: 1 });
    await kit.put('b');
    await kit.put('c');
    await kit.clock.advance(1000);
    expect(invocations).toEqual([['a'], ['b'], ['c']]);
  });
  test('[poll/position] of records not done is kept: they are delivered again, from LATEST too', async () => {
    await using kit = await openKit();
    let broken = true;
    const { invocations, mapping } = await mapOrders(
      kit,
      () => {
        if (broken) throw new Error('broken');
      },
      { StartingPosition: 'LATEST' },
    );
    await kit.clock.settle();
    await kit.put('a');
    await kit.clock.advance(1000);
    await mapping.pause();
    const before = invocations.length;
    broken = false;
    await kit.clock.advance(60_000);
    expect(invocations).toHaveLength(before);
    await mapping.resume();
    await kit.clock.settle();
    expect(invocations.slice(before)).toEqual([['a']]);
  });
  test('[poll/independent] of each mapping is its own', async () => {
    await using kit = await openKit();
    const first = await mapOrders(kit, () => ({}));
    const second = await mapOrders(kit, () => ({}));
    await first.mapping.pause();
    await kit.put('a');
    await kit.clock.advance(1000);
    await first.mapping.resume();
    await kit.clock.advance(1000);
    expect([first.invocations, second.invocations]).toEqual([[['a']], [['a']]]);
  });
});

test('trouble reading is told, and reading goes on', async () => {
  let left = 3;
  await using kit = await openKit({
    faults: ({ operation }) =>
      operation === 'GetRecords' && left-- > 0
        ? { error: { type: 'ProvisionedThroughputExceededException' } }
        : undefined,
  });
  await kit.put('a');
  const { invocations, events, mapping } = await mapOrders(kit, () => ({}));
  await kit.clock.settle();
  expect(mapping.lastProcessingResult).toMatch(/^PROBLEM: /);
  await kit.clock.advance(3000);
  expect(events.filter(({ type }) => type === 'trouble')).toHaveLength(3);
  expect(invocations).toEqual([['a']]);
  expect(mapping.lastProcessingResult).toBe('OK');
});

test('a handler typed for AWS is taken as it is', async () => {
  await using kit = await openKit();
  await kit.put('a');
  const seen: string[] = [];
  const handler: KinesisStreamHandler = async ({ Records }) => {
    seen.push(...Records.map(({ kinesis }) => atob(kinesis.data)));
  };
  await kit.kinesis.mapping('orders', handler);
  await kit.clock.settle();
  expect(seen).toEqual(['a']);
});

test('what is closed leaves no timer behind', async () => {
  const kit = await openKit();
  const { mapping } = await mapOrders(kit, () => ({}), { MaximumBatchingWindowInSeconds: 60 });
  await kit.put('a');
  await kit.clock.advance(1000);
  await mapping.close();
  await kit.kinesis.close();
  expect(kit.clock.pending).toBe(0);
});

async function split({ client }: Kit, ShardToSplit: string): Promise<void> {
  const NewStartingHashKey = (2n ** 127n).toString();
  await client.send(new SplitShardCommand({ StreamName: 'orders', ShardToSplit, NewStartingHashKey }));
}

async function putMany({ client }: Kit, count: number): Promise<void> {
  const Records = Array.from({ length: count }, (_, index) => ({
    PartitionKey: String(index),
    Data: Buffer.from('x'),
  }));
  await client.send(new PutRecordsCommand({ StreamName: 'orders', Records }));
}
