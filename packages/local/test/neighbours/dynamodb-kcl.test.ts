import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  DynamoDBClient,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeLimitsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';

import { createLocalKinesis } from '../../src/index.ts';
import { createTable, inProcess, lease, table } from './lease-table.ts';

/** What KCL 3 does at its start and in its life that dynalite leaves out. */
describe('the lease table of KCL 3', () => {
  test('gets an index when it has items already, and keeps it', async () => {
    await using leases = await inProcess();
    const { client } = leases;
    for (const [key, owner] of [
      ['a', 'me'],
      ['b', 'you'],
      ['c', 'me'],
    ] as const) {
      await client.send(
        new PutItemCommand({ TableName: table, Item: { ...lease(key), leaseOwner: { S: owner } } }),
      );
    }
    await client.send(new PutItemCommand({ TableName: table, Item: lease('unowned') }));
    await client.send(
      new PutItemCommand({ TableName: table, Item: { leaseKey: { S: 'odd' }, leaseOwner: { N: '1' } } }),
    );
    const { TableDescription: answered } = await client.send(addIndex());
    expect(answered?.GlobalSecondaryIndexes?.[0]?.IndexStatus).toBe('ACTIVE');
    expect(await keysOf(client, 'me')).toEqual(['a', 'c']);

    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { leaseKey: { S: 'b' } },
        AttributeUpdates: { leaseOwner: { Action: 'PUT', Value: { S: 'me' } } },
      }),
    );
    await client.send(new DeleteItemCommand({ TableName: table, Key: { leaseKey: { S: 'a' } } }));
    expect(await keysOf(client, 'me')).toEqual(['b', 'c']);
    expect(await keysOf(client, 'you')).toEqual([]);
    const { Count } = await client.send(new ScanCommand({ TableName: table }));
    expect(Count).toBe(4);
    await expect(client.send(addIndex())).rejects.toMatchObject({ name: 'ValidationException' });

    await client.send(
      new UpdateTableCommand({
        TableName: table,
        GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: indexName } }],
      }),
    );
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    expect(Table?.GlobalSecondaryIndexes).toBeUndefined();
    await expect(keysOf(client, 'me')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('gets an index on provisioned throughput too', async () => {
    await using leases = await inProcess();
    await leases.client.send(
      new CreateTableCommand({
        ...createTable.input,
        TableName: 'provisioned',
        BillingMode: 'PROVISIONED',
        ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
      }),
    );
    const throughput = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
    await leases.client.send(addIndex('provisioned', throughput));
    const { Table } = await leases.client.send(new DescribeTableCommand({ TableName: 'provisioned' }));
    expect(Table?.GlobalSecondaryIndexes).toMatchObject([
      { IndexName: indexName, IndexStatus: 'ACTIVE', ProvisionedThroughput: throughput },
    ]);
  });

  test.each([
    ['PutItem', new PutItemCommand({ TableName: table, Item: lease('a'), ...unlessThere() })],
    [
      'UpdateItem of the older form',
      new UpdateItemCommand({
        TableName: table,
        Key: { leaseKey: { S: 'a' } },
        Expected: { leaseCounter: { Value: { N: '7' } }, checkpointOwner: { Exists: false } },
        AttributeUpdates: { leaseCounter: { Action: 'PUT', Value: { N: '8' } } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ],
    [
      'DeleteItem',
      new DeleteItemCommand({ TableName: table, Key: { leaseKey: { S: 'a' } }, ...unlessThere() }),
    ],
  ])('answers the item that failed the condition of %s', async (_name, command) => {
    await using leases = await inProcess();
    await leases.client.send(new PutItemCommand({ TableName: table, Item: lease('a') }));
    await expect(leases.client.send(command as PutItemCommand)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: lease('a'),
    });
  });

  test('answers no item when none was asked for, or none is there', async () => {
    await using leases = await inProcess();
    const { ReturnValuesOnConditionCheckFailure: _all, ...condition } = unlessThere();
    await leases.client.send(new PutItemCommand({ TableName: table, Item: lease('a') }));
    const unasked = new PutItemCommand({ TableName: table, Item: lease('a'), ...condition });
    const absent = new DeleteItemCommand({
      TableName: table,
      Key: { leaseKey: { S: 'b' } },
      ConditionExpression: 'attribute_exists(leaseKey)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    for (const command of [unasked, absent]) {
      const failure: unknown = await leases.client
        .send(command as PutItemCommand)
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'ConditionalCheckFailedException' });
      expect((failure as { Item?: unknown }).Item).toBeUndefined();
    }
  });

  test('writes a transaction whole', async () => {
    await using leases = await inProcess();
    await leases.client.send(new PutItemCommand({ TableName: table, Item: lease('leader') }));
    await leases.client.send(new PutItemCommand({ TableName: table, Item: lease('old') }));
    await leases.client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          checkCounter('leader', '0'),
          {
            Put: {
              TableName: table,
              Item: lease('new'),
              ConditionExpression: 'attribute_not_exists(leaseKey)',
            },
          },
          { Delete: { TableName: table, Key: { leaseKey: { S: 'old' } } } },
        ],
      }),
    );
    const { Responses } = await leases.client.send(
      new TransactGetItemsCommand({
        TransactItems: ['new', 'old'].map((key) => ({
          Get: { TableName: table, Key: { leaseKey: { S: key } } },
        })),
      }),
    );
    expect(Responses).toEqual([{ Item: lease('new') }, {}]);
  });

  test('writes nothing of a transaction one part of which fails, and says which', async () => {
    await using leases = await inProcess();
    await leases.client.send(new PutItemCommand({ TableName: table, Item: lease('leader') }));
    const put = { Put: { TableName: table, Item: lease('new') } };
    await expect(
      leases.client.send(
        new TransactWriteItemsCommand({ TransactItems: [put, checkCounter('leader', '7')] }),
      ),
    ).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: lease('leader') }],
    });
    const addToText = {
      Update: {
        TableName: table,
        Key: { leaseKey: { S: 'leader' } },
        UpdateExpression: 'ADD #c :one',
        ExpressionAttributeNames: { '#c': 'checkpoint' },
        ExpressionAttributeValues: { ':one': { N: '1' } },
      },
    };
    await expect(
      leases.client.send(new TransactWriteItemsCommand({ TransactItems: [put, addToText] })),
    ).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError' }],
    });
    const { Items } = await leases.client.send(new ScanCommand({ TableName: table }));
    expect(Items).toEqual([lease('leader')]);
  });

  test('does a transaction once for its token, and refuses another with the same', async () => {
    await using leases = await inProcess();
    await leases.client.send(count('1'));
    await leases.client.send(count('1'));
    await expect(leases.client.send(count('2'))).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    });
    const { Item } = await leases.client.send(
      new GetItemCommand({ TableName: table, Key: { leaseKey: { S: 'a' } } }),
    );
    expect(Item?.['hits']).toEqual({ N: '1' });
  });

  test('loses no count to writers at the same time, however each of them writes', async () => {
    await using leases = await inProcess();
    await leases.client.send(new PutItemCommand({ TableName: table, Item: lease('a') }));
    const update = {
      TableName: table,
      Key: { leaseKey: { S: 'a' } },
      UpdateExpression: 'ADD leaseCounter :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    };
    await Promise.all(
      Array.from({ length: 30 }, async (_, turn) => {
        if (turn % 3 === 0) await leases.client.send(new UpdateItemCommand(update));
        else if (turn % 3 === 1)
          await leases.client.send(
            new UpdateItemCommand({ ...update, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
          );
        else await leases.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: update }] }));
      }),
    );
    const { Item } = await leases.client.send(
      new GetItemCommand({ TableName: table, Key: { leaseKey: { S: 'a' } } }),
    );
    expect(Item?.['leaseCounter']).toEqual({ N: '30' });
  });

  test('keeps tags, protection, time to live and recovery, also across a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-dynamodb-'));
    try {
      const before = await createLocalKinesis({
        path: folder,
        region: 'eu-west-1',
        accountId: '123456789012',
      });
      const first = new DynamoDBClient({ ...before.clientConfig, maxAttempts: 1 });
      await first.send(
        new CreateTableCommand({
          ...createTable.input,
          Tags: [{ Key: 'team', Value: 'billing' }],
          DeletionProtectionEnabled: true,
        }),
      );
      await first.send(
        new UpdateTimeToLiveCommand({
          TableName: table,
          TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
        }),
      );
      await first.send(
        new UpdateContinuousBackupsCommand({
          TableName: table,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      );
      await first.send(addIndex());
      await first.send(
        new PutItemCommand({ TableName: table, Item: { ...lease('a'), leaseOwner: { S: 'me' } } }),
      );
      await before.close();

      await using after = await createLocalKinesis({ path: folder });
      const client = new DynamoDBClient({ ...after.clientConfig, maxAttempts: 1 });
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      expect(Table).toMatchObject({
        TableArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/billing',
        DeletionProtectionEnabled: true,
        GlobalSecondaryIndexes: [{ IndexName: indexName }],
      });
      expect(Table).not.toHaveProperty('settings');
      const { Tags } = await client.send(new ListTagsOfResourceCommand({ ResourceArn: Table?.TableArn }));
      expect(Tags).toEqual([{ Key: 'team', Value: 'billing' }]);
      const { TimeToLiveDescription } = await client.send(
        new DescribeTimeToLiveCommand({ TableName: table }),
      );
      expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
      const { ContinuousBackupsDescription } = await client.send(
        new DescribeContinuousBackupsCommand({ TableName: table }),
      );
      expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe(
        'ENABLED',
      );
      expect(await keysOf(client, 'me')).toEqual(['a']);
      const remove = new DeleteTableCommand({ TableName: table });
      await expect(client.send(remove)).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining('protected against deletion'),
      });
      await client.send(new UpdateTableCommand({ TableName: table, DeletionProtectionEnabled: false }));
      await client.send(remove);
      await expect(client.send(new DescribeTableCommand({ TableName: table }))).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.each([
    [
      'an unknown table',
      new DescribeContinuousBackupsCommand({ TableName: 'nowhere' }),
      'ResourceNotFoundException',
    ],
    [
      'an index whose key has no type',
      new UpdateTableCommand({ TableName: table, GlobalSecondaryIndexUpdates: [{ Create: index }] }),
      'ValidationException',
    ],
    [
      'an index that is not there',
      new UpdateTableCommand({
        TableName: table,
        GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'nothing' } }],
      }),
      'ResourceNotFoundException',
    ],
    ['no change at all', new UpdateTableCommand({ TableName: table }), 'ValidationException'],
    ['an empty transaction', new TransactWriteItemsCommand({ TransactItems: [] }), 'ValidationException'],
    [
      'a transaction that writes an item twice',
      new TransactWriteItemsCommand({
        TransactItems: [checkCounter('a', '0'), { Put: { TableName: table, Item: lease('a') } }],
      }),
      'ValidationException',
    ],
    [
      'time to live off that is not on',
      new UpdateTimeToLiveCommand({
        TableName: table,
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: false },
      }),
      'ValidationException',
    ],
    ['what it does not do', new DescribeLimitsCommand({}), 'UnknownOperationException'],
  ])('refuses %s by name', async (_what, command, name) => {
    await using leases = await inProcess();
    await expect(leases.client.send(command as UpdateTableCommand)).rejects.toMatchObject({ name });
  });
});

const indexName = 'LeaseOwnerToLeaseKeyIndex';
const index = {
  IndexName: indexName,
  KeySchema: [
    { AttributeName: 'leaseOwner', KeyType: 'HASH' as const },
    { AttributeName: 'leaseKey', KeyType: 'RANGE' as const },
  ],
  Projection: { ProjectionType: 'KEYS_ONLY' as const },
};

function addIndex(
  name = table,
  throughput?: { readonly ReadCapacityUnits: number; readonly WriteCapacityUnits: number },
): UpdateTableCommand {
  return new UpdateTableCommand({
    TableName: name,
    AttributeDefinitions: [
      { AttributeName: 'leaseOwner', AttributeType: 'S' },
      { AttributeName: 'leaseKey', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexUpdates: [{ Create: { ...index, ProvisionedThroughput: throughput } }],
  });
}

async function keysOf(client: DynamoDBClient, owner: string): Promise<readonly (string | undefined)[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: indexName,
      KeyConditionExpression: 'leaseOwner = :owner',
      ExpressionAttributeValues: { ':owner': { S: owner } },
    }),
  );
  return Items.map((item) => item['leaseKey']?.S);
}

function unlessThere() {
  return {
    ConditionExpression: 'attribute_not_exists(leaseKey)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

function checkCounter(key: string, counter: string) {
  return {
    ConditionCheck: {
      TableName: table,
      Key: { leaseKey: { S: key } },
      ConditionExpression: 'leaseCounter = :seen',
      ExpressionAttributeValues: { ':seen': { N: counter } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    },
  };
}

function count(by: string): TransactWriteItemsCommand {
  const Update = {
    TableName: table,
    Key: { leaseKey: { S: 'a' } },
    UpdateExpression: 'ADD hits :by',
    ExpressionAttributeValues: { ':by': { N: by } },
  };
  return new TransactWriteItemsCommand({ ClientRequestToken: 'token', TransactItems: [{ Update }] });
}
