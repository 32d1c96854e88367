import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListStreamsCommand,
  PutRecordCommand,
  StartStreamEncryptionCommand,
} from '@aws-sdk/client-kinesis';
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';

import { createLocalKinesis, type PolicyDocument } from '../../../src/index.ts';

const allow = (...actions: readonly string[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});
const deny = (action: string): PolicyDocument => ({
  Statement: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: action, Resource: '*' },
  ],
});

const refused = (action: string, resource: string): object => ({
  name: 'AccessDeniedException',
  message: expect.stringContaining(
    `not authorized to perform: lambda:${action} on resource: arn:aws:lambda:us-east-1:000000000000:${resource} because`,
  ) as unknown,
  $metadata: { httpStatusCode: 403 },
});

test("a call that is not allowed is refused in the service's words, by stream name, ARN and iterator alike", async () => {
  await using kinesis = await createLocalKinesis({
    streams: { orders: {} },
    policy: allow('kinesis:GetShardIterator'),
  });
  const client = new KinesisClient(kinesis.clientConfig);
  const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';
  const message = (action: string): string =>
    `User: arn:aws:iam::000000000000:user/local is not authorized to perform: kinesis:${action} on resource: ${arn} ` +
    `because no identity-based policy allows the kinesis:${action} action`;
  for (const named of [{ StreamName: 'orders' }, { StreamARN: arn }]) {
    await expect(client.send(new DescribeStreamSummaryCommand(named))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: message('DescribeStreamSummary'),
      $metadata: { httpStatusCode: 400 },
    });
  }
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: 'orders',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  await expect(client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: message('GetRecords'),
  });
  await expect(client.send(new ListStreamsCommand({}))).rejects.toMatchObject({
    message:
      'User: arn:aws:iam::000000000000:user/local is not authorized to perform: kinesis:ListStreams ' +
      'because no identity-based policy allows the kinesis:ListStreams action',
  });
});

test('an explicit deny says so', async () => {
  await using kinesis = await createLocalKinesis({ policy: deny('kinesis:ListStreams') });
  const client = new KinesisClient(kinesis.clientConfig);
  await expect(client.send(new ListStreamsCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('with an explicit deny in an identity-based policy') as unknown,
  });
});

test('the connection of the same process is under the policy as well', async () => {
  await using kinesis = await createLocalKinesis({
    streams: { orders: {} },
    policy: allow('kinesis:PutRecords'),
  });
  const entry = { partitionKey: 'a', data: new Uint8Array(1) };
  expect(await kinesis.connection.writer.write('orders', [entry], {})).toMatchObject([{ ok: true }]);
  await expect(kinesis.connection.reader.listShards('orders')).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
  });
});

test('the key of an encrypted stream is under the policy, the key of AWS is not', async () => {
  const key = 'arn:aws:kms:us-east-1:000000000000:key/7a3f1c52-0000-4000-8000-000000000000';
  await using kinesis = await createLocalKinesis({
    streams: { orders: {} },
    policy: allow('kinesis:*', 'kms:Decrypt'),
  });
  const client = new KinesisClient(kinesis.clientConfig);
  const encrypt = (KeyId: string): Promise<unknown> =>
    client.send(new StartStreamEncryptionCommand({ StreamName: 'orders', EncryptionType: 'KMS', KeyId }));
  const put = (): Promise<unknown> =>
    client.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'a', Data: new Uint8Array(1) }));
  await encrypt('alias/aws/kinesis');
  await put();
  await encrypt(key);
  await expect(put()).rejects.toMatchObject({
    name: 'KMSAccessDeniedException',
    message: expect.stringContaining(`kms:GenerateDataKey on resource: ${key}`) as unknown,
  });
});

test('DynamoDB and CloudWatch beside it are under the same policy', async () => {
  await using kinesis = await createLocalKinesis({
    policy: {
      Statement: [
        { Effect: 'Allow', Action: 'dynamodb:ListTables', Resource: '*' },
        {
          Effect: 'Allow',
          Action: 'cloudwatch:PutMetricData',
          Resource: '*',
          Condition: { StringEquals: { 'cloudwatch:namespace': 'Orders' } },
        },
      ],
    },
  });
  const dynamodb = new DynamoDBClient(kinesis.clientConfig);
  expect(await dynamodb.send(new ListTablesCommand({}))).toMatchObject({ TableNames: [] });
  await expect(
    dynamodb.send(new GetItemCommand({ TableName: 'billing', Key: { leaseKey: { S: 'a' } } })),
  ).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining(
      'dynamodb:GetItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/billing because',
    ) as unknown,
  });
  const cloudwatch = new CloudWatchClient(kinesis.clientConfig);
  const put = (Namespace: string): Promise<unknown> =>
    cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: 'm', Value: 1 }] }));
  await put('Orders');
  await expect(put('Others')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(cloudwatch.send(new DescribeAlarmsCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
});

test('Lambda beside it is under the same policy, by the function or mapping a call is about', async () => {
  await using kinesis = await createLocalKinesis({
    streams: { orders: {} },
    functions: { bill: () => 'billed', search: () => 'found' },
    policy: {
      Statement: [
        { Effect: 'Allow', Action: 'lambda:CreateEventSourceMapping', Resource: '*' },
        {
          Effect: 'Allow',
          Action: ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'],
          Resource: 'arn:aws:lambda:us-east-1:000000000000:function:bill',
        },
      ],
    },
  });
  const lambda = new LambdaClient(kinesis.clientConfig);
  const { UUID } = await lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName: 'bill',
      EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
      StartingPosition: 'TRIM_HORIZON',
      Enabled: false,
    }),
  );
  for (const FunctionName of ['bill', 'arn:aws:lambda:us-east-1:000000000000:function:bill']) {
    expect((await lambda.send(new InvokeCommand({ FunctionName }))).StatusCode).toBe(200);
  }
  await expect(lambda.send(new InvokeCommand({ FunctionName: 'search' }))).rejects.toMatchObject(
    refused('InvokeFunction', 'function:search'),
  );
  await expect(lambda.send(new DeleteEventSourceMappingCommand({ UUID }))).rejects.toMatchObject(
    refused('DeleteEventSourceMapping', `event-source-mapping:${UUID}`),
  );
});

test('a policy that cannot be enforced is refused at once, and nothing is started', async () => {
  await expect(
    createLocalKinesis({ policy: { Statement: [{ Effect: 'Allow', Action: 'nonsense', Resource: '*' }] } }),
  ).rejects.toMatchObject({ code: 'OPTION_INVALID', details: { path: 'local.policy.Statement[0].Action' } });
});
