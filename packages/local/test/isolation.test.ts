import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListStreamsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { createLocalKinesis } from '../src/index.ts';

test('instances of one process share nothing: streams, records, leases, tables, time, faults', async () => {
  expect.hasAssertions();
  await Promise.all(Array.from({ length: 40 }, (_, at) => expectAlone(at)));
});

async function expectAlone(at: number): Promise<void> {
  const clock = createManualClock();
  await clock.advance(at * 1000);
  await using kinesis = await createLocalKinesis({
    clock,
    streams: { orders: {}, [`only-${at}`]: {} },
    faults: at % 2 === 0 ? [] : [{ operation: 'SplitShard', error: 'InternalFailure' }],
  });
  const client = new KinesisClient({ ...kinesis.clientConfig, maxAttempts: 1 });
  const tables = new DynamoDBClient({ ...kinesis.clientConfig, maxAttempts: 1 });
  const name = `table-${at}`;
  await tables.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
    }),
  );
  for (let each = 0; each < 5; each++) {
    await client.send(
      new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'a', Data: Buffer.from(`${at}/${each}`) }),
    );
  }
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: 'orders',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
  expect(Records.map(({ Data }) => Buffer.from(Data ?? []).toString())).toEqual(
    [0, 1, 2, 3, 4].map((each) => `${at}/${each}`),
  );
  expect(Records[0]?.ApproximateArrivalTimestamp?.getTime()).toBe(clock.now());
  expect((await client.send(new ListStreamsCommand({}))).StreamNames).toEqual([`only-${at}`, 'orders']);
  expect((await tables.send(new ListTablesCommand({}))).TableNames).toEqual([name]);
  expect(kinesis.faults.active).toHaveLength(at % 2);
  expect(await kinesis.connection.leases('group').list()).toEqual([]);
  await kinesis.connection.leases('group').create({
    leaseKey: 'shardId-000000000000',
    shardId: 'shardId-000000000000',
    counter: 0,
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
    parentShardIds: [],
    childShardIds: [],
  });
}
