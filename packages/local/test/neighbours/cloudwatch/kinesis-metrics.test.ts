import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type Datapoint,
} from '@aws-sdk/client-cloudwatch';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import { createLocalKinesis, type LocalKinesisOptions } from '../../../src/index.ts';

const start = Date.UTC(2026, 0, 1);

async function open(options: LocalKinesisOptions = {}) {
  const clock = createManualClock({ start });
  const local = await createLocalKinesis({ clock, streams: { s: { shards: 2 } }, ...options });
  const kinesis = new KinesisClient({ ...local.clientConfig, maxAttempts: 1 });
  const cloudwatch = new CloudWatchClient(local.clientConfig);
  /** The statistics of the first hour, as one. */
  const metric = async (
    MetricName: string,
    dimensions: Readonly<Record<string, string>> = {},
  ): Promise<Datapoint | undefined> => {
    const { Datapoints = [] } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/Kinesis',
        MetricName,
        Dimensions: Object.entries({ StreamName: 's', ...dimensions }).map(([Name, Value]) => ({
          Name,
          Value,
        })),
        StartTime: new Date(start),
        EndTime: new Date(start + 3_600_000),
        Period: 3600,
        Statistics: ['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'],
      }),
    );
    expect(Datapoints.length).toBeLessThanOrEqual(1);
    return Datapoints[0];
  };
  return { clock, local, kinesis, cloudwatch, metric, [Symbol.asyncDispose]: () => local.close() };
}

type Kit = Awaited<ReturnType<typeof open>>;

/** Ten bytes of data under keys of five. */
function records(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    PartitionKey: `key-${index % 10}`,
    Data: Buffer.from('0123456789'),
  }));
}

async function readAll({ kinesis }: Kit, ShardId: string) {
  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({ StreamName: 's', ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  return (await kinesis.send(new GetRecordsCommand({ ShardIterator }))).Records?.length ?? 0;
}

describe('what is put', () => {
  test('is counted by operation and by stream', async () => {
    await using kit = await open();
    await kit.kinesis.send(new PutRecordsCommand({ StreamName: 's', Records: records(6) }));
    await kit.kinesis.send(new PutRecordsCommand({ StreamName: 's', Records: records(4) }));
    await kit.kinesis.send(
      new PutRecordCommand({ StreamName: 's', PartitionKey: 'ä', Data: Buffer.from('0123456789') }),
    );
    expect(await kit.metric('IncomingRecords')).toMatchObject({
      Unit: 'Count',
      Sum: 11,
      SampleCount: 3,
      Minimum: 1,
      Maximum: 6,
    });
    // UTF-8 makes two bytes of the last key.
    expect(await kit.metric('IncomingBytes')).toMatchObject({ Unit: 'Bytes', Sum: 10 * 15 + 12 });
    expect(await kit.metric('PutRecords.Bytes')).toMatchObject({ Unit: 'Bytes', Sum: 150, SampleCount: 2 });
    expect(await kit.metric('PutRecords.Records')).toMatchObject({ Sum: 10 });
    expect(await kit.metric('PutRecords.TotalRecords')).toMatchObject({ Unit: 'Count', Sum: 10, Maximum: 6 });
    expect(await kit.metric('PutRecords.SuccessfulRecords')).toMatchObject({ Sum: 10 });
    expect(await kit.metric('PutRecords.FailedRecords')).toMatchObject({ Sum: 0, SampleCount: 2 });
    expect(await kit.metric('PutRecords.ThrottledRecords')).toMatchObject({ Sum: 0, SampleCount: 2 });
    expect(await kit.metric('PutRecords.Success')).toMatchObject({ Average: 1, SampleCount: 2 });
    expect(await kit.metric('PutRecords.Latency')).toMatchObject({ Unit: 'Milliseconds', SampleCount: 2 });
    expect(await kit.metric('PutRecord.Bytes')).toMatchObject({ Sum: 12 });
    expect(await kit.metric('PutRecord.Success')).toMatchObject({ Average: 1, SampleCount: 1 });
    expect(await kit.metric('PutRecord.Latency')).toMatchObject({ Unit: 'Milliseconds', SampleCount: 1 });
    expect(await kit.metric('WriteProvisionedThroughputExceeded')).toMatchObject({ Sum: 0, SampleCount: 3 });
  });

  test('and throttled or failed is told apart', async () => {
    await using kit = await open({
      faults: [
        { records: 3, calls: 1 },
        { records: 2, error: 'InternalFailure', calls: 1 },
      ],
    });
    await kit.kinesis.send(new PutRecordsCommand({ StreamName: 's', Records: records(10) }));
    const { Sum: throttled = 0 } = (await kit.metric('PutRecords.ThrottledRecords')) ?? {};
    const { Sum: failed = 0 } = (await kit.metric('PutRecords.FailedRecords')) ?? {};
    expect(throttled).toBe(3);
    // A record that both rules picked was throttled.
    expect(failed).toBeGreaterThan(0);
    expect(await kit.metric('WriteProvisionedThroughputExceeded')).toMatchObject({ Sum: 3 });
    const stored = 10 - throttled - failed;
    expect(await kit.metric('PutRecords.SuccessfulRecords')).toMatchObject({ Sum: stored });
    expect(await kit.metric('IncomingBytes')).toMatchObject({ Sum: stored * 15 });
    expect(await kit.metric('PutRecords.Success')).toMatchObject({ Sum: 1 });
  });

  test('over the rate of its shard is counted as throttled', async () => {
    await using kit = await open({ enforceLimits: true });
    const Records = Array.from({ length: 500 }, () => ({ PartitionKey: 'hot', Data: Buffer.from('x') }));
    for (let call = 0; call < 3; call++) {
      await kit.kinesis.send(new PutRecordsCommand({ StreamName: 's', Records }));
    }
    expect(await kit.metric('PutRecords.ThrottledRecords')).toMatchObject({
      Sum: 500,
      Maximum: 500,
      Minimum: 0,
    });
    expect(await kit.metric('PutRecords.Success')).toMatchObject({ Sum: 2, SampleCount: 3 });
    const one = new PutRecordCommand({ StreamName: 's', PartitionKey: 'hot', Data: Buffer.from('x') });
    await expect(kit.kinesis.send(one)).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
    expect(await kit.metric('PutRecord.Success')).toMatchObject({ Sum: 0, SampleCount: 1 });
    expect(await kit.metric('WriteProvisionedThroughputExceeded')).toMatchObject({
      Sum: 501,
      SampleCount: 4,
    });
  });

  test('with an error is no success, and its delay is latency', async () => {
    await using kit = await open({
      faults: [{ operation: 'PutRecords', error: 'InternalFailure', latency: 250, calls: 1 }],
    });
    const put = kit.kinesis
      .send(new PutRecordsCommand({ StreamName: 's', Records: records(2) }))
      .catch((error: unknown) => error);
    while (kit.clock.pending === 0) await kit.clock.settle();
    await kit.clock.advance(250);
    expect(await put).toBeInstanceOf(Error);
    expect(await kit.metric('PutRecords.Success')).toMatchObject({ Sum: 0, SampleCount: 1 });
    expect(await kit.metric('PutRecords.Latency')).toMatchObject({ Average: 250 });
    expect(await kit.metric('IncomingRecords')).toBeUndefined();
  });
});

describe('what is read', () => {
  test('is counted with the age of its last record', async () => {
    await using kit = await open();
    await kit.kinesis.send(new PutRecordsCommand({ StreamName: 's', Records: records(10) }));
    await kit.clock.advance(1500);
    const counts = [await readAll(kit, 'shardId-000000000000'), await readAll(kit, 'shardId-000000000001')];
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(await kit.metric('GetRecords.Records')).toMatchObject({ Unit: 'Count', Sum: 10, SampleCount: 2 });
    expect(await kit.metric('GetRecords.Bytes')).toMatchObject({ Unit: 'Bytes', Sum: 150 });
    expect(await kit.metric('GetRecords.Success')).toMatchObject({ Average: 1, SampleCount: 2 });
    expect(await kit.metric('GetRecords.Latency')).toMatchObject({ Unit: 'Milliseconds', SampleCount: 2 });
    expect(await kit.metric('GetRecords.IteratorAgeMilliseconds')).toMatchObject({
      Unit: 'Milliseconds',
      Maximum: 1500,
      Minimum: 1500,
    });
    expect(await kit.metric('ReadProvisionedThroughputExceeded')).toMatchObject({ Sum: 0, SampleCount: 2 });
  });

  test('too often is counted as throttled', async () => {
    await using kit = await open({ enforceLimits: true });
    const { ShardIterator } = await kit.kinesis.send(
      new GetShardIteratorCommand({
        StreamName: 's',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    for (let call = 0; call < 7; call++) {
      await kit.kinesis.send(new GetRecordsCommand({ ShardIterator })).catch(() => undefined);
    }
    expect(await kit.metric('ReadProvisionedThroughputExceeded')).toMatchObject({ Sum: 2, SampleCount: 7 });
    expect(await kit.metric('GetRecords.Success')).toMatchObject({ Sum: 5, SampleCount: 7 });
  });
});

test('what a consumer is sent is counted for it', async () => {
  await using kit = await open();
  await kit.kinesis.send(new PutRecordsCommand({ StreamName: 's', Records: records(10) }));
  const StreamARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/s';
  const { Consumer } = await kit.kinesis.send(
    new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'app' }),
  );
  const subscribe = () =>
    kit.kinesis.send(
      new SubscribeToShardCommand({
        ConsumerARN: Consumer?.ConsumerARN,
        ShardId: 'shardId-000000000000',
        StartingPosition: { Type: 'TRIM_HORIZON' },
      }),
    );
  const { EventStream } = await subscribe();
  await expect(subscribe()).rejects.toMatchObject({ name: 'ResourceInUseException' });
  let received = 0;
  for await (const { SubscribeToShardEvent } of EventStream ?? []) {
    received = SubscribeToShardEvent?.Records?.length ?? 0;
    break;
  }
  const consumer = { ConsumerName: 'app' };
  expect(received).toBeGreaterThan(0);
  expect(await kit.metric('SubscribeToShardEvent.Records', consumer)).toMatchObject({ Sum: received });
  expect(await kit.metric('SubscribeToShardEvent.Bytes', consumer)).toMatchObject({ Sum: received * 15 });
  expect(await kit.metric('SubscribeToShardEvent.Success', consumer)).toMatchObject({
    Unit: 'Count',
    Average: 1,
  });
  expect(await kit.metric('SubscribeToShardEvent.MillisBehindLatest', consumer)).toMatchObject({
    Unit: 'Milliseconds',
    Maximum: 0,
  });
  expect(await kit.metric('SubscribeToShard.Success', consumer)).toMatchObject({ Sum: 1, SampleCount: 2 });
  expect(await kit.metric('SubscribeToShard.RateExceeded', consumer)).toMatchObject({
    Sum: 0,
    SampleCount: 2,
  });
  expect(await kit.metric('GetRecords.Records')).toBeUndefined();
});

test('the metrics of shards are counted once they are asked for', async () => {
  await using kit = await open();
  const shardId = 'shardId-000000000000';
  const put = () => kit.kinesis.send(new PutRecordsCommand({ StreamName: 's', Records: records(10) }));
  await put();
  expect(await kit.metric('IncomingRecords', { ShardId: shardId })).toBeUndefined();
  for (const name of ['IncomingRecords', 'OutgoingBytes']) {
    kit.local.engine.stream('s').shardLevelMetrics.add(name);
  }
  await put();
  const read = await readAll(kit, shardId);
  const incoming = await kit.metric('IncomingRecords', { ShardId: shardId });
  expect(incoming?.Sum).toBe(read / 2);
  const other = await kit.metric('IncomingRecords', { ShardId: 'shardId-000000000001' });
  expect((incoming?.Sum ?? 0) + (other?.Sum ?? 0)).toBe(10);
  expect(await kit.metric('OutgoingBytes', { ShardId: shardId })).toMatchObject({
    Unit: 'Bytes',
    Sum: read * 15,
  });
  expect(await kit.metric('IncomingBytes', { ShardId: shardId })).toBeUndefined();
});

test('a call to a stream that is not there leaves no metric', async () => {
  await using kit = await open();
  const put = new PutRecordsCommand({ StreamName: 'nobody', Records: records(1) });
  await expect(kit.kinesis.send(put)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  const { Metrics } = await kit.cloudwatch.send(new ListMetricsCommand({ Namespace: 'AWS/Kinesis' }));
  expect(Metrics).toEqual([]);
});

test('minutes are those of the clock', async () => {
  await using kit = await open();
  for (let minute = 0; minute < 3; minute++) {
    await kit.kinesis.send(new PutRecordsCommand({ StreamName: 's', Records: records(minute + 1) }));
    await kit.clock.advance(60_000);
  }
  const { Datapoints } = await kit.cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/Kinesis',
      MetricName: 'IncomingRecords',
      Dimensions: [{ Name: 'StreamName', Value: 's' }],
      StartTime: new Date(start),
      EndTime: new Date(start + 600_000),
      Period: 60,
      Statistics: ['Sum'],
    }),
  );
  expect(Datapoints?.map(({ Timestamp, Sum }) => [Timestamp?.getTime(), Sum])).toEqual(
    [1, 2, 3].map((sum, minute) => [start + minute * 60_000, sum]),
  );
});
