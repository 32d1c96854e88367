import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterAll, expect, test } from 'vitest';

import { account, arnOf, through, required, type Answers, type Door } from './door.ts';

const folder = mkdtempSync(join(tmpdir(), 'channels-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const role = 'arn:aws:iam::000000000000:role/delivery';
const unknown = arnOf('channel/nowhere/1');

/** A channel of its own bucket, so that tests do not see each other's objects. */
function channelTo(bucket: string, change: { format?: string; stream?: string; storage?: object } = {}) {
  return {
    ChannelName: `to-${bucket}`,
    ServiceExecutionRoleARN: role,
    StreamConfigurationList: [
      {
        StreamARN: arnOf(`stream/${change.stream ?? 'd'}`),
        RecordConfiguration: { RecordFormatType: change.format ?? 'JSON' },
      },
    ],
    S3DestinationConfiguration: {
      StorageConfiguration: {
        BucketARN: `arn:aws:s3:::${bucket}`,
        ExpectedBucketOwner: account,
        CompressionType: 'NONE',
        ...change.storage,
      },
    },
  };
}

async function create(door: Door, input: object) {
  await door.call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
  return (await door.call('CreateChannel', input)).ChannelDescription;
}

const put = (door: Door, text: string | Uint8Array) =>
  door.call('PutRecord', { StreamName: 'd', Data: Buffer.from(text), PartitionKey: 'k' });

/** Keys of a bucket. */
function objects(bucket: string): readonly string[] {
  const root = join(folder, bucket);
  const all = readdirSync(folder).includes(bucket) ? readdirSync(root, { recursive: true }) : [];
  return all.map(String).filter((path) => statSync(join(root, path)).isFile());
}

const bodyOf = (bucket: string, key: string): Buffer => readFileSync(join(folder, bucket, key));

const options = { channelFolder: folder };

test(
  'CreateChannel [happy path] answers everything the channel is',
  through(async (door) => {
    const channel = await create(door, { ...channelTo('all'), Tags: { team: 'a' } });
    expect(channel).toMatchObject({
      ChannelName: 'to-all',
      ChannelARN: expect.stringMatching(/^arn:aws:kinesis:us-east-1:0{12}:channel\/to-all\//),
      ChannelId: expect.any(String),
      ChannelStatus: 'ACTIVE',
      ChannelCreationTimestamp: new Date(door.clock.now()),
      ServiceExecutionRoleARN: role,
      StreamConfigurationList: [
        { StreamARN: arnOf('stream/d'), RecordConfiguration: { RecordFormatType: 'JSON' } },
      ],
      S3DestinationConfiguration: {
        DataFreshnessInSeconds: 300,
        DeadLetterQueueS3Configuration: { BucketARN: 'arn:aws:s3:::all', ErrorOutputPrefix: 'error/' },
        StorageConfiguration: { StorageClass: 'STANDARD', CompressionType: 'NONE' },
      },
      LoggingConfiguration: { CloudWatchLogs: { Enabled: false, LogStreamName: 'DestinationDelivery' } },
    });
    expect((await door.call('ListTagsForResource', { ResourceARN: channel.ChannelARN })).Tags).toEqual([
      { Key: 'team', Value: 'a' },
    ]);
    const summary = await door.call('DescribeStreamSummary', { StreamName: 'd' });
    expect(summary.StreamDescriptionSummary.ChannelCount).toBe(1);
    expect(await door.call('DescribeLimits')).toMatchObject({ ChannelCount: 1 });
  }, options),
);
test(
  'CreateChannel [happy path] delivers what is put from then on, a line each, within its freshness',
  through(async (door) => {
    await door.call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
    await put(door, '"before"');
    await door.call('CreateChannel', channelTo('fresh'));
    await put(door, '{"n":1}');
    await door.clock.advance(299_000);
    await put(door, '{"n":2}');
    expect(objects('fresh')).toEqual([]);
    await door.clock.advance(1000);
    const [key = '', ...more] = objects('fresh');
    expect(more).toEqual([]);
    expect(key).toMatch(
      /^kinesis-channel\/to-fresh\/[\da-f-]{36}\/\d{4}\/\d\d\/\d\d\/\d\d\/to-fresh-.*\.json$/,
    );
    expect(bodyOf('fresh', key).toString()).toBe('{"n":1}\n{"n":2}\n');
    await put(door, '{"n":3}');
    await door.clock.advance(300_000);
    expect(objects('fresh')).toHaveLength(2);
    expect(door.clock.pending).toBe(0);
  }, options),
);
test(
  'CreateChannel [happy path] delivers every record once through splits and merges',
  through(async (door) => {
    await door.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } });
    await create(door, channelTo('reshard', { format: 'STRING' }));
    const texts = Array.from({ length: 60 }, (_, index) => `record ${index}`);
    for (const [index, text] of texts.entries()) {
      if (index === 20)
        await door.call('UpdateStreamWarmThroughput', { StreamName: 'd', WarmThroughputMiBps: 7 });
      if (index === 40)
        await door.call('UpdateStreamWarmThroughput', { StreamName: 'd', WarmThroughputMiBps: 4 });
      await door.call('PutRecord', { StreamName: 'd', Data: Buffer.from(text), PartitionKey: `k${index}` });
      await door.clock.advance(30_000);
    }
    await door.clock.advance(300_000);
    const lines = objects('reshard').flatMap((key) =>
      bodyOf('reshard', key).toString().trimEnd().split('\n'),
    );
    expect(lines.toSorted()).toEqual(texts.toSorted());
  }, options),
);
test(
  'CreateChannel [happy path] compresses, and lays out keys by a template',
  through(async (door) => {
    const storage = { CompressionType: 'GZIP', OutputKeyTemplate: 'x/!{yyyy}/!{channel-name}!{extension}' };
    await create(door, channelTo('packed', { format: 'BYTE_ARRAY', storage }));
    await put(door, new Uint8Array([0, 255, 1]));
    await put(door, new Uint8Array([2]));
    await door.clock.advance(300_000);
    const [key = ''] = objects('packed');
    expect(key).toMatch(/^x\/\d{4}\/to-packed-000000-[\da-f]{11}\.bin\.gz$/);
    expect([...gunzipSync(bodyOf('packed', key))]).toEqual([0, 255, 1, 2]);
  }, options),
);
test(
  'CreateChannel [happy path] notes records that are not of the format, and delivers the others',
  through(async (door) => {
    await create(door, channelTo('errors'));
    const { SequenceNumber } = await put(door, 'no json');
    await put(door, '{}');
    await door.clock.advance(300_000);
    const noted = objects('errors').filter((key) => key.startsWith('error/'));
    const delivered = objects('errors').filter((key) => !key.startsWith('error/'));
    expect(noted).toHaveLength(1);
    expect(JSON.parse(bodyOf('errors', noted[0] ?? '').toString())).toMatchObject({
      sequenceNumber: SequenceNumber,
      streamArn: arnOf('stream/d'),
      error: 'Record is not valid JSON.',
    });
    expect(delivered.map((key) => bodyOf('errors', key).toString())).toEqual(['{}\n']);
  }, options),
);
test(
  'CreateChannel [happy path] delivers what waits when the embedded Kinesis closes',
  through(async (door) => {
    await create(door, channelTo('closing'));
    await put(door, '{}');
    await door.kinesis.close();
    expect(objects('closing')).toHaveLength(1);
  }, options),
);
test(
  'CreateChannel [validation] says what is missing, and what does not go together',
  through(async (door) => {
    expect(await door.failure('CreateChannel', {})).toBe(
      required('channelName', 'serviceExecutionRoleARN', 'streamConfigurationList'),
    );
    await door.call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
    const good = channelTo('never');
    const failure = (change: object): Promise<string> =>
      door.failure('CreateChannel', { ...good, ...change });
    expect(await failure({ S3DestinationConfiguration: undefined })).toMatch(
      /^InvalidArgumentException: Either/,
    );
    expect(await failure({ ServiceExecutionRoleARN: 'me' })).toMatch(/at 'serviceExecutionRoleARN' failed/);
    expect(
      await failure({
        StreamConfigurationList: [...good.StreamConfigurationList, good.StreamConfigurationList[0]],
      }),
    ).toMatch(/exactly one stream/);
    expect(
      await failure({
        S3DestinationConfiguration: { ...good.S3DestinationConfiguration, DataFreshnessInSeconds: 60 },
      }),
    ).toMatch(/must be between 300 and 900/);
    expect(await door.failure('CreateChannel', channelTo('never', { format: 'GSR_JSON' }))).toMatch(
      /GSR_JSON/,
    );
    for (const OutputKeyTemplate of ['/x', '../x', 'a//b', '!{nothing}', '!{yyyy']) {
      expect(
        await door.failure('CreateChannel', channelTo('never', { storage: { OutputKeyTemplate } })),
      ).toMatch(/^InvalidArgumentException: OutputKeyTemplate /);
    }
    expect(await door.failure('CreateChannel', channelTo('never', { stream: 's' }))).toBe(
      `ValidationException: Request is invalid. Stream s under account ${account} is in Provisioned mode.`,
    );
  }, options),
);
test(
  'CreateChannel [unknown resource] refuses a stream that is not there',
  through(async (door) => {
    expect(await door.failure('CreateChannel', channelTo('never', { stream: 'nowhere' }))).toMatch(
      /^ResourceNotFoundException: Stream nowhere under account/,
    );
  }, options),
);
test(
  'CreateChannel [limits] is one to S3 for a stream, of one name in the account',
  through(async (door) => {
    await create(door, channelTo('one'));
    expect(await door.failure('CreateChannel', channelTo('one'))).toMatch(
      /^ResourceInUseException: Channel to-one/,
    );
    expect(await door.failure('CreateChannel', channelTo('two'))).toMatch(
      /^LimitExceededException: Stream d/,
    );
  }, options),
);
test(
  "CreateChannel [KMS] takes a key of one's own that works",
  through(
    async (door) => {
      await door.call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
      const failure = (KeyId: string): Promise<string> =>
        door.failure('CreateChannel', {
          ...channelTo('never'),
          EncryptionConfiguration: { EncryptionType: 'KMS', KeyId },
        });
      expect(await failure('alias/off')).toMatch(/^KMSDisabledException/);
      expect(await failure('alias/aws/kinesis')).toMatch(/^InvalidArgumentException/);
    },
    { ...options, kmsKeys: { 'alias/off': 'disabled' } },
  ),
);
test(
  'CreateChannel [states] fails, saying why, when its objects cannot be kept',
  through(
    async (door) => {
      const channel = await create(door, channelTo('stuck'));
      await put(door, '{}');
      await door.clock.advance(300_000);
      const { ChannelDescription } = await door.call('DescribeChannel', { ChannelARN: channel.ChannelARN });
      expect(ChannelDescription).toMatchObject({
        ChannelStatus: 'FAILED',
        ChannelStatusReason: expect.stringMatching(/ENOTDIR|EEXIST/),
      });
    },
    { channelFolder: import.meta.filename },
  ),
);
test(
  'CreateChannel [not emulated] says which option channels need',
  through(async (door) => {
    expect(await door.failure('CreateChannel', channelTo('never'))).toMatch(
      /^InvalidArgumentException: Channels are not emulated unless .* the option channelFolder/,
    );
  }),
);
test(
  'CreateChannel [not emulated] delivers to no S3 Tables',
  through(async (door) => {
    const { S3DestinationConfiguration: _, ...input } = channelTo('never');
    const tables = {
      DeadLetterQueueS3Configuration: { BucketARN: 'arn:aws:s3:::dead', ExpectedBucketOwner: account },
      S3TablesConfigurationList: [
        {
          TableBucketARN: 'arn:aws:s3tables:us-east-1:000000000000:bucket/tables',
          Namespace: 'n',
          TableName: 't',
          CompressionType: 'NONE',
        },
      ],
    };
    expect(
      await door.failure('CreateChannel', { ...input, S3TablesDestinationConfiguration: tables }),
    ).toMatch(/^InvalidArgumentException: S3TablesDestinationConfiguration is not emulated/);
  }, options),
);

test(
  'DescribeChannel [happy path] shows a channel',
  through(async (door) => {
    const channel = await create(door, channelTo('shown'));
    const answer = await door.call('DescribeChannel', { ChannelARN: channel.ChannelARN });
    expect(answer).toEqual({ ChannelDescription: channel });
  }, options),
);
test(
  'UpdateChannel [happy path] changes freshness and logging',
  through(async (door) => {
    const { ChannelARN } = await create(door, channelTo('changed'));
    await door.call('UpdateChannel', {
      ChannelARN,
      S3DestinationConfiguration: { DataFreshnessInSeconds: 900 },
      LoggingConfiguration: { CloudWatchLogs: { Enabled: true, LogGroupName: 'g' } },
    });
    const { ChannelDescription } = await door.call('DescribeChannel', { ChannelARN });
    expect(ChannelDescription).toMatchObject({
      S3DestinationConfiguration: { DataFreshnessInSeconds: 900 },
      LoggingConfiguration: { CloudWatchLogs: { Enabled: true, LogGroupName: 'g' } },
    });
  }, options),
);
test(
  'UpdateChannel [states] is UPDATING for its time and refuses another change meanwhile',
  through(
    async (door) => {
      const { ChannelARN } = await create(door, channelTo('updating'));
      const change = { ChannelARN, S3DestinationConfiguration: { DataFreshnessInSeconds: 600 } };
      const { ChannelDescription } = await door.call('UpdateChannel', change);
      expect(ChannelDescription.ChannelStatus).toBe('UPDATING');
      expect(await door.failure('UpdateChannel', change)).toMatch(
        /^ResourceInUseException: .*in state UPDATING$/,
      );
      await door.clock.advance(1000);
      const after = await door.call('DescribeChannel', { ChannelARN });
      expect(after.ChannelDescription.ChannelStatus).toBe('ACTIVE');
    },
    { ...options, updateStreamTime: 1000 },
  ),
);
test(
  'UpdateChannel [validation] wants something to change, within bounds',
  through(async (door) => {
    const { ChannelARN } = await create(door, channelTo('bounds'));
    expect(await door.failure('UpdateChannel', { ChannelARN })).toMatch(/^InvalidArgumentException: Either/);
    const wrong = { ChannelARN, S3DestinationConfiguration: { DataFreshnessInSeconds: 901 } };
    expect(await door.failure('UpdateChannel', wrong)).toMatch(/must be between 300 and 900/);
  }, options),
);
test(
  'DeleteChannel [happy path] delivers what waits, and sets the stream free',
  through(async (door) => {
    const { ChannelARN } = await create(door, channelTo('deleted'));
    expect(await door.failure('DeleteStream', { StreamName: 'd' })).toMatch(
      /^ResourceInUseException: .*channels/,
    );
    expect(
      await door.failure('UpdateStreamMode', {
        StreamARN: arnOf('stream/d'),
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
      }),
    ).toMatch(/^ResourceInUseException: .*channels/);
    await put(door, '{}');
    await door.call('DeleteChannel', { ChannelARN });
    expect(objects('deleted')).toHaveLength(1);
    expect(await door.failure('DescribeChannel', { ChannelARN })).toMatch(/^ResourceNotFoundException/);
    await expect(door.call('DeleteStream', { StreamName: 'd' })).resolves.toBeTypeOf('object');
  }, options),
);
for (const operation of ['DescribeChannel', 'UpdateChannel', 'DeleteChannel']) {
  test(
    `${operation} [unknown resource] refuses a channel that is not there`,
    through(async (door) => {
      expect(await door.failure(operation, { ChannelARN: unknown })).toBe(
        `ResourceNotFoundException: Channel ${unknown} not found.`,
      );
    }, options),
  );
  test(
    `${operation} [validation] wants the ARN of a channel`,
    through(async (door) => {
      expect(await door.failure(operation, {})).toBe(required('channelARN'));
      expect(await door.failure(operation, { ChannelARN: arnOf('stream/s') })).toMatch(
        /at 'channelARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws/,
      );
    }, options),
  );
}
test(
  'ListChannels [pagination] goes on by token, with the filter it began with',
  through(async (door) => {
    for (const name of ['a', 'b', 'c']) {
      const StreamName = `d${name}`;
      await door.call('CreateStream', { StreamName, StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
      await door.call('CreateChannel', { ...channelTo(`list-${name}`), ...source(StreamName) });
    }
    const first = await door.call('ListChannels', { MaxResults: 2 });
    expect(names(first)).toEqual(['to-list-a', 'to-list-b']);
    expect(first.ChannelSummaries[0]).toMatchObject({
      ChannelDestinationType: 'S3',
      Streams: [{ StreamARN: arnOf('stream/da') }],
    });
    expect(names(await door.call('ListChannels', { NextToken: first.NextToken }))).toEqual(['to-list-c']);
    const StreamFilter = [{ StreamARN: arnOf('stream/db') }, { StreamARN: arnOf('stream/dc') }];
    const filtered = await door.call('ListChannels', { StreamFilter, MaxResults: 1 });
    expect(names(filtered)).toEqual(['to-list-b']);
    expect(names(await door.call('ListChannels', { NextToken: filtered.NextToken }))).toEqual(['to-list-c']);
  }, options),
);

const names = (answer: Answers['ListChannels']): readonly string[] =>
  answer.ChannelSummaries.map((one) => one.ChannelName);

function source(name: string): object {
  return {
    StreamConfigurationList: [
      { StreamARN: arnOf(`stream/${name}`), RecordConfiguration: { RecordFormatType: 'JSON' } },
    ],
  };
}
