import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  type KinesisClientConfig,
} from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';

import { createLocalKinesis, startServer } from '../../src/index.ts';

/** The same round for an unmodified SDK client, whatever door it comes through. */
const doors: readonly {
  name: string;
  open: () => Promise<{ config: KinesisClientConfig } & AsyncDisposable>;
}[] = [
  {
    name: 'in the same process',
    open: async () => {
      const kinesis = await createLocalKinesis();
      return { config: kinesis.clientConfig, [Symbol.asyncDispose]: () => kinesis.close() };
    },
  },
  {
    name: 'over HTTP/2 on a cleartext port',
    open: async () => {
      const server = await startServer({ port: 0 });
      return {
        config: {
          endpoint: server.endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        },
        [Symbol.asyncDispose]: () => server.close(),
      };
    },
  },
];

describe.each(doors)('the AWS SDK $name', ({ open }) => {
  test('creates a stream, puts records and reads the same bytes back', async () => {
    await using door = await open();
    const client = new KinesisClient(door.config);
    await client.send(new CreateStreamCommand({ StreamName: 'orders', ShardCount: 2 }));
    const { StreamNames } = await client.send(new ListStreamsCommand({}));
    expect(StreamNames).toEqual(['orders']);
    const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'orders' }));
    expect(summary.StreamDescriptionSummary).toMatchObject({
      StreamStatus: 'ACTIVE',
      OpenShardCount: 2,
      StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
    });
    const data = Array.from({ length: 50 }, (_, index) => Buffer.from(`record ${index} ü`));
    const put = await client.send(
      new PutRecordsCommand({
        StreamName: 'orders',
        Records: data.map((Data, index) => ({ Data, PartitionKey: `key-${index}` })),
      }),
    );
    expect(put.FailedRecordCount).toBe(0);
    const one = await client.send(
      new PutRecordCommand({ StreamName: 'orders', Data: Buffer.from('one'), PartitionKey: '"\\é\n' }),
    );
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: 'orders' }));
    expect(Shards).toHaveLength(2);
    const read = [];
    for (const { ShardId } of Shards) {
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({ StreamName: 'orders', ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      );
      const { Records = [], MillisBehindLatest } = await client.send(
        new GetRecordsCommand({ ShardIterator }),
      );
      expect(MillisBehindLatest).toBe(0);
      read.push(...Records);
    }
    expect(read).toHaveLength(51);
    for (const [index, Data] of data.entries()) {
      const stored = read.find((record) => record.SequenceNumber === put.Records?.[index]?.SequenceNumber);
      expect(stored?.PartitionKey).toBe(`key-${index}`);
      expect(Buffer.from(stored?.Data ?? []).equals(Data)).toBe(true);
    }
    expect(read.find((record) => record.SequenceNumber === one.SequenceNumber)?.PartitionKey).toBe('"\\é\n');
    client.destroy();
  });

  test('gets errors by the name of the service', async () => {
    await using door = await open();
    const client = new KinesisClient(door.config);
    await expect(
      client.send(new DescribeStreamSummaryCommand({ StreamName: 'nowhere' })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Stream nowhere under account 000000000000 not found.',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[\da-f]{8}-/) },
    });
    client.destroy();
  });
});
