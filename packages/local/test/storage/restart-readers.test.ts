import { join } from 'node:path';

import * as sdk from '@aws-sdk/client-kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import { createLocalKinesis, type LocalKinesis } from '../../src/index.ts';
import { newFolder, type Clock } from './door.ts';

const shardId = 'shardId-000000000000';

/** Everything but the records, through the unmodified SDK client on both sides of a restart. */
describe('a restart with a folder keeps', () => {
  test('stream consumers, with their ARNs, times and tags, and those being made are there', async () => {
    const life = await begin({ registerConsumerTime: '10s', deregisterConsumerTime: '10s' });
    const { StreamDescriptionSummary: summary } = await life.client.send(
      new sdk.DescribeStreamSummaryCommand({ StreamName: 'orders' }),
    );
    const register = (ConsumerName: string) =>
      life.client.send(
        new sdk.RegisterStreamConsumerCommand({
          StreamARN: summary?.StreamARN,
          ConsumerName,
          Tags: { team: ConsumerName },
        }),
      );
    const [billing, leaving] = [await register('billing'), await register('leaving')];
    await life.clock.advance(10_000);
    await register('fresh');
    await life.client.send(
      new sdk.DeregisterStreamConsumerCommand({ ConsumerARN: leaving.Consumer?.ConsumerARN }),
    );
    const before = await life.client.send(
      new sdk.DescribeStreamConsumerCommand({ ConsumerARN: billing.Consumer?.ConsumerARN }),
    );

    const { client } = await life.restart();
    const after = await client.send(
      new sdk.DescribeStreamConsumerCommand({ ConsumerARN: billing.Consumer?.ConsumerARN }),
    );
    expect(after.ConsumerDescription).toEqual(before.ConsumerDescription);
    expect(after.ConsumerDescription?.ConsumerStatus).toBe('ACTIVE');
    const { Consumers } = await client.send(
      new sdk.ListStreamConsumersCommand({ StreamARN: summary?.StreamARN }),
    );
    expect(Consumers?.map(({ ConsumerName, ConsumerStatus }) => [ConsumerName, ConsumerStatus])).toEqual([
      ['billing', 'ACTIVE'],
      ['fresh', 'ACTIVE'],
    ]);
    const { Tags } = await client.send(
      new sdk.ListTagsForResourceCommand({ ResourceARN: billing.Consumer?.ConsumerARN }),
    );
    expect(Tags).toEqual([{ Key: 'team', Value: 'billing' }]);
  });

  test('where a subscription was: it goes on after its continuation sequence number', async () => {
    const life = await begin();
    const consumer = await life.client.send(
      new sdk.RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: 'billing' }),
    );
    const arn = consumer.Consumer?.ConsumerARN;
    await put(life.client, 'a', 'b', 'c');
    const first = await nextEvent(life.client, arn, { Type: 'TRIM_HORIZON' });
    expect(textsOf(first)).toEqual(['a', 'b', 'c']);

    const { client } = await life.restart();
    await put(client, 'd', 'e');
    // A new process knows nothing of the five seconds between two subscriptions.
    const second = await nextEvent(client, arn, {
      Type: 'AFTER_SEQUENCE_NUMBER',
      SequenceNumber: first.ContinuationSequenceNumber,
    });
    expect(textsOf(second)).toEqual(['d', 'e']);
    const [last] = first.Records?.slice(-1) ?? [];
    const [next] = second.Records ?? [];
    expect(BigInt(next?.SequenceNumber ?? 0)).toBeGreaterThan(BigInt(last?.SequenceNumber ?? 0));
  });

  test('channels', async () => {
    const folder = newFolder();
    const life = await begin({ channelFolder: join(folder, 's3') });
    await life.client.send(
      new sdk.CreateStreamCommand({ StreamName: 'clicks', StreamModeDetails: { StreamMode: 'ON_DEMAND' } }),
    );
    const { ChannelDescription: made } = await life.client.send(
      new sdk.CreateChannelCommand({
        ChannelName: 'to-lake',
        ServiceExecutionRoleARN: 'arn:aws:iam::000000000000:role/delivery',
        StreamConfigurationList: [
          {
            StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/clicks',
            RecordConfiguration: { RecordFormatType: 'JSON' },
          },
        ],
        S3DestinationConfiguration: {
          StorageConfiguration: {
            BucketARN: 'arn:aws:s3:::lake',
            ExpectedBucketOwner: '000000000000',
            CompressionType: 'NONE',
          },
        },
      }),
    );
    const { client } = await life.restart();
    const { ChannelDescription: found } = await client.send(
      new sdk.DescribeChannelCommand({ ChannelARN: made?.ChannelARN }),
    );
    expect(found?.ChannelARN).toBe(made?.ChannelARN);
    expect(found?.ChannelStatus).toBe('ACTIVE');
  });

  test('policies, tags, encryption, marked keys and the commitment of the account', async () => {
    const life = await begin();
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: '*', Action: 'kinesis:DescribeStreamSummary', Resource: streamArn },
      ],
    });
    await life.client.send(new sdk.PutResourcePolicyCommand({ ResourceARN: streamArn, Policy }));
    await life.client.send(new sdk.TagResourceCommand({ ResourceARN: streamArn, Tags: { team: 'billing' } }));
    await life.client.send(
      new sdk.StartStreamEncryptionCommand({
        StreamName: 'orders',
        EncryptionType: 'KMS',
        KeyId: 'alias/orders',
      }),
    );
    await life.client.send(
      new sdk.UpdateAccountSettingsCommand({
        MinimumThroughputBillingCommitment: { Status: 'ENABLED' },
      }),
    );
    const settings = await life.client.send(new sdk.DescribeAccountSettingsCommand({}));
    life.kinesis.engine.kms.mark('alias/orders', 'disabled');

    const { client, kinesis } = await life.restart();
    const policy = await client.send(new sdk.GetResourcePolicyCommand({ ResourceARN: streamArn }));
    expect(policy.Policy).toBe(Policy);
    const { Tags } = await client.send(new sdk.ListTagsForResourceCommand({ ResourceARN: streamArn }));
    expect(Tags).toEqual([{ Key: 'team', Value: 'billing' }]);
    const { StreamDescriptionSummary: summary } = await client.send(
      new sdk.DescribeStreamSummaryCommand({ StreamName: 'orders' }),
    );
    expect(summary).toMatchObject({ EncryptionType: 'KMS', KeyId: 'alias/orders' });
    const kept = await client.send(new sdk.DescribeAccountSettingsCommand({}));
    expect(kept.MinimumThroughputBillingCommitment).toEqual(settings.MinimumThroughputBillingCommitment);
    await life.clock.advance(10_000);
    await expect(put(client, 'a')).rejects.toMatchObject({ name: 'KMSDisabledException' });
    kinesis.engine.kms.mark('alias/orders', undefined);
    await put(client, 'a');
  });
});

interface Life {
  readonly kinesis: LocalKinesis;
  readonly client: sdk.KinesisClient;
  readonly clock: Clock;
  restart(): Promise<Life>;
}

async function begin(options: Parameters<typeof createLocalKinesis>[0] = {}): Promise<Life> {
  const clock = createManualClock();
  return live({ path: newFolder(), streams: { orders: {} }, ...options, clock }, clock);
}

async function live(options: Parameters<typeof createLocalKinesis>[0], clock: Clock): Promise<Life> {
  const kinesis = await createLocalKinesis(options);
  const client = new sdk.KinesisClient({ ...kinesis.clientConfig, maxAttempts: 1 });
  return {
    kinesis,
    client,
    clock,
    async restart() {
      await kinesis.close();
      return live(options, clock);
    },
  };
}

const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';

async function put(client: sdk.KinesisClient, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await client.send(
      new sdk.PutRecordCommand({ StreamName: 'orders', PartitionKey: 'k', Data: Buffer.from(text) }),
    );
  }
}

async function nextEvent(
  client: sdk.KinesisClient,
  arn: string | undefined,
  start: sdk.StartingPosition,
): Promise<sdk.SubscribeToShardEvent> {
  const { EventStream = [] } = await client.send(
    new sdk.SubscribeToShardCommand({ ConsumerARN: arn, ShardId: shardId, StartingPosition: start }),
  );
  for await (const { SubscribeToShardEvent: event } of EventStream) {
    if (event !== undefined && (event.Records?.length ?? 0) > 0) return event;
  }
  throw new Error('The subscription ended without an event.');
}

function textsOf(event: sdk.SubscribeToShardEvent): readonly string[] {
  return (event.Records ?? []).map(({ Data }) => Buffer.from(Data ?? []).toString());
}
