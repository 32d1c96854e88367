import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  KinesisClient,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  StartStreamEncryptionCommand,
} from '@aws-sdk/client-kinesis';
import { createLocalKinesis, type PolicyDocument } from '@millrace/local';

import { policyDocument, toLiteral, type Statement } from '../../src/iam/index.ts';

export const accountId = '000000000000';
export const streamArn = `arn:aws:kinesis:us-east-1:${accountId}:stream/orders`;
export const kmsKeyArn = `arn:aws:kms:us-east-1:${accountId}:key/7a3f1c52-0000-4000-8000-000000000000`;

/** What was refused, for example `kinesis:PutRecords`; and the clients that were. */
export interface World extends AsyncDisposable {
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
  readonly refused: Set<string>;
  put(count: number): Promise<void>;
  split(): Promise<void>;
}

export interface WorldOptions {
  readonly encrypted?: boolean;
  /** Whether records are put before the role goes to work. Default true. */
  readonly puts?: boolean;
  readonly table?: boolean;
  readonly registered?: boolean;
}

/** What makes the world ready, and that no role under test uses: it is allowed beside the role. */
const setup: Statement = {
  sid: 'Setup',
  actions: ['kinesis:SplitShard', 'kinesis:StartStreamEncryption'],
  resources: ['*'],
};

export function policyOf(statements: readonly Statement[]): PolicyDocument {
  const deployment = {
    account: accountId,
    partition: 'aws',
    region: 'us-east-1',
    urlSuffix: 'amazonaws.com',
  };
  return toLiteral(policyDocument(statements), deployment) as unknown as PolicyDocument;
}

/** A stream, and what else there is before a role goes to work. */
export async function createWorld(
  statements: readonly Statement[],
  { encrypted = false, puts = true, table = true, registered = false }: WorldOptions = {},
): Promise<World> {
  const used = new Set(statements.flatMap(({ actions }) => actions));
  const extra = [
    ...setup.actions,
    ...(puts ? ['kinesis:PutRecord', 'kms:GenerateDataKey'] : []),
    ...(table ? ['dynamodb:CreateTable'] : []),
    ...(registered ? ['kinesis:RegisterStreamConsumer'] : []),
  ].filter((action) => !used.has(action));
  const local = await createLocalKinesis({
    streams: { orders: { maxRecordKiB: 2048 } },
    policy: policyOf([...statements, { ...setup, actions: extra }]),
  });
  const refused = new Set<string>();
  const kinesis = new KinesisClient({ ...local.clientConfig, maxAttempts: 1 });
  const dynamodb = new DynamoDBClient({ ...local.clientConfig, maxAttempts: 1 });
  const note = (error: unknown): never => {
    const action = /not authorized to perform: (\S+)/.exec(error instanceof Error ? error.message : '')?.[1];
    if (action !== undefined) refused.add(action);
    throw error;
  };
  kinesis.middlewareStack.add((next) => (args) => next(args).catch(note), { step: 'initialize' });
  dynamodb.middlewareStack.add((next) => (args) => next(args).catch(note), { step: 'initialize' });
  if (encrypted) {
    await kinesis.send(
      new StartStreamEncryptionCommand({ StreamName: 'orders', EncryptionType: 'KMS', KeyId: kmsKeyArn }),
    );
  }
  if (table) {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: 'billing',
        AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  }
  if (registered) {
    await kinesis.send(new RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: 'billing' }));
  }
  return {
    kinesis,
    dynamodb,
    refused,
    async put(count) {
      for (let id = 0; id < count; id++) {
        const Data = Buffer.from(JSON.stringify({ id }));
        await kinesis.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: String(id), Data }));
      }
    },
    async split() {
      const half = String(2n ** 127n);
      await kinesis.send(
        new SplitShardCommand({
          StreamName: 'orders',
          ShardToSplit: 'shardId-000000000000',
          NewStartingHashKey: half,
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      kinesis.destroy();
      dynamodb.destroy();
      await local.close();
    },
  };
}
