import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createManualClock } from '@millrace/kinesis/testing';
import { afterAll, expect, test } from 'vitest';

import { createLocalKinesis } from '../../src/index.ts';
import { Service } from '../../src/api/service.ts';
import { arnOf } from '../conformance/door.ts';

const root = mkdtempSync(join(tmpdir(), 'restart-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const channelFolder = join(root, 'buckets');
const clock = createManualClock();

/** A life on the folder: whatever it does, then an orderly end. */
async function live(
  options: { readonly channelFolder?: string },
  act: (call: (operation: string, input: object) => unknown) => Promise<void> | void,
): Promise<void> {
  await using kinesis = await createLocalKinesis({ path: join(root, 'data'), clock, ...options });
  const service = new Service(kinesis.engine);
  await act((operation, input) => service.call(operation, input));
}

function bodies(): readonly string[] {
  return readdirSync(channelFolder, { recursive: true })
    .map((path) => join(channelFolder, String(path)))
    .filter((path) => statSync(path).isFile())
    .toSorted()
    .map((path) => readFileSync(path, 'utf8'));
}

const record = (text: string): object => ({
  StreamName: 'd',
  PartitionKey: 'k',
  Data: Buffer.from(text).toString('base64'),
});

test('a channel goes on after a restart where it got to, and says so when its folder is gone', async () => {
  await live({ channelFolder }, (call) => {
    call('CreateStream', { StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
    call('CreateChannel', {
      ChannelName: 'c',
      ServiceExecutionRoleARN: 'arn:aws:iam::000000000000:role/r',
      StreamConfigurationList: [
        { StreamARN: arnOf('stream/d'), RecordConfiguration: { RecordFormatType: 'STRING' } },
      ],
      S3DestinationConfiguration: {
        StorageConfiguration: {
          BucketARN: 'arn:aws:s3:::bucket',
          ExpectedBucketOwner: '000000000000',
          CompressionType: 'NONE',
        },
      },
    });
    call('PutRecord', record('one'));
  });
  expect(bodies()).toEqual(['one\n']);
  await live({ channelFolder }, async (call) => {
    expect(call('ListChannels', {})).toMatchObject({
      ChannelSummaries: [{ ChannelName: 'c', ChannelStatus: 'ACTIVE' }],
    });
    call('PutRecord', record('two'));
    await clock.advance(300_000);
    expect(bodies()).toEqual(['one\n', 'two\n']);
  });
  await live({}, (call) => {
    expect(call('ListChannels', {})).toMatchObject({
      ChannelSummaries: [
        { ChannelStatus: 'FAILED', ChannelStatusReason: expect.stringContaining('channelFolder') },
      ],
    });
  });
});
