import {
  CreateTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb';

import { createLocalKinesis, startServer } from '../../src/index.ts';

export const table = 'billing';

export interface LeaseTable extends AsyncDisposable {
  readonly client: DynamoDBClient;
}

export async function inProcess(): Promise<LeaseTable> {
  const kinesis = await createLocalKinesis();
  return openTable(kinesis.clientConfig, () => kinesis.close());
}

export async function overSocket(): Promise<LeaseTable> {
  const server = await startServer({ port: 0 });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return openTable({ endpoint: server.endpoint, region: 'us-east-1', credentials }, () => server.close());
}

async function openTable(config: DynamoDBClientConfig, close: () => Promise<void>): Promise<LeaseTable> {
  const client = new DynamoDBClient({ ...config, maxAttempts: 1 });
  await client.send(createTable);
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.01 }, { TableName: table });
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await close();
    },
  };
}

export const createTable = new CreateTableCommand({
  TableName: table,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
});

export function lease(key: string) {
  return {
    leaseKey: { S: key },
    leaseCounter: { N: '0' },
    checkpoint: { S: 'TRIM_HORIZON' },
    ownerSwitchesSinceCheckpoint: { N: '0' },
    parentShardId: { SS: ['p1', 'p2'] },
  };
}
