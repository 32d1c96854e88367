import {
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';

import { createTable, inProcess, lease, overSocket, table } from './lease-table.ts';

/** The operations the KCL keeps its leases with, through the unmodified SDK client and whichever door. */
describe.each([
  { door: 'in the same process', open: inProcess },
  { door: 'over a socket', open: overSocket },
])('the lease table $door', ({ open }) => {
  test('is created on demand, and only once', async () => {
    await using leases = await open();
    const { Table } = await leases.client.send(new DescribeTableCommand({ TableName: table }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    });
    await expect(leases.client.send(createTable)).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await expect(
      leases.client.send(new DescribeTableCommand({ TableName: 'nowhere' })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('takes a new lease only when there is none', async () => {
    await using leases = await open();
    const put = new PutItemCommand({
      TableName: table,
      Item: lease('shardId-000000000000'),
      ConditionExpression: 'attribute_not_exists(leaseKey)',
    });
    await leases.client.send(put);
    await expect(leases.client.send(put)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  test('changes a lease with SET, REMOVE and ADD while the counter is the one last seen', async () => {
    await using leases = await open();
    await leases.client.send(new PutItemCommand({ TableName: table, Item: lease('a') }));
    const take = new UpdateItemCommand({
      TableName: table,
      Key: { leaseKey: { S: 'a' } },
      UpdateExpression:
        'SET leaseOwner = :owner, leaseCounter = leaseCounter + :one, #checkpoint = :checkpoint REMOVE parentShardId ' +
        'ADD ownerSwitchesSinceCheckpoint :one',
      ConditionExpression:
        'leaseCounter = :seen AND (attribute_not_exists(leaseOwner) OR leaseOwner = :owner)',
      ExpressionAttributeNames: { '#checkpoint': 'checkpoint' },
      ExpressionAttributeValues: {
        ':owner': { S: 'worker' },
        ':one': { N: '1' },
        ':seen': { N: '0' },
        ':checkpoint': { S: '42' },
      },
      ReturnValues: 'ALL_NEW',
    });
    const { Attributes } = await leases.client.send(take);
    expect(Attributes).toEqual({
      leaseKey: { S: 'a' },
      leaseOwner: { S: 'worker' },
      leaseCounter: { N: '1' },
      checkpoint: { S: '42' },
      ownerSwitchesSinceCheckpoint: { N: '1' },
    });
    await expect(leases.client.send(take)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  test('understands the older forms of condition and update that the KCL still sends', async () => {
    await using leases = await open();
    await leases.client.send(
      new PutItemCommand({ TableName: table, Item: lease('a'), Expected: { leaseKey: { Exists: false } } }),
    );
    const { Attributes } = await leases.client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { leaseKey: { S: 'a' } },
        Expected: { leaseCounter: { Value: { N: '0' } } },
        AttributeUpdates: {
          leaseCounter: { Action: 'PUT', Value: { N: '1' } },
          childShardIds: { Action: 'PUT', Value: { SS: ['c1', 'c2'] } },
          leaseOwner: { Action: 'DELETE' },
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    expect(Attributes).toMatchObject({ leaseCounter: { N: '1' }, childShardIds: { SS: ['c1', 'c2'] } });
  });

  test('keeps string sets, reads consistently, pages a scan and deletes conditionally', async () => {
    await using leases = await open();
    for (const key of ['a', 'b', 'c']) {
      await leases.client.send(new PutItemCommand({ TableName: table, Item: lease(key) }));
    }
    const { Item } = await leases.client.send(
      new GetItemCommand({ TableName: table, Key: { leaseKey: { S: 'b' } }, ConsistentRead: true }),
    );
    expect(Item?.['parentShardId']).toEqual({ SS: ['p1', 'p2'] });
    const keys = new Set<string | undefined>();
    let start: Record<string, { S: string }> | undefined;
    do {
      const page = await leases.client.send(
        new ScanCommand({ TableName: table, Limit: 1, ConsistentRead: true, ExclusiveStartKey: start }),
      );
      for (const item of page.Items ?? []) keys.add(item['leaseKey']?.S);
      start = page.LastEvaluatedKey as typeof start;
    } while (start !== undefined);
    expect(keys).toEqual(new Set(['a', 'b', 'c']));
    await expect(leases.client.send(remove('7'))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
    await leases.client.send(remove('0'));
    const { Count } = await leases.client.send(new ScanCommand({ TableName: table }));
    expect(Count).toBe(2);
  });

  test('finds leases by owner through an index it was created with', async () => {
    await using leases = await open();
    await leases.client.send(
      new CreateTableCommand({
        TableName: 'indexed',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
        AttributeDefinitions: [
          { AttributeName: 'leaseKey', AttributeType: 'S' },
          { AttributeName: 'leaseOwner', AttributeType: 'S' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'LeaseOwnerToLeaseKeyIndex',
            KeySchema: [
              { AttributeName: 'leaseOwner', KeyType: 'HASH' },
              { AttributeName: 'leaseKey', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
    );
    await waitUntilTableExists(
      { client: leases.client, maxWaitTime: 10, minDelay: 0.01 },
      { TableName: 'indexed' },
    );
    await leases.client.send(
      new PutItemCommand({
        TableName: 'indexed',
        Item: { leaseKey: { S: 'a' }, leaseOwner: { S: 'worker' } },
      }),
    );
    const { Items } = await leases.client.send(
      new QueryCommand({
        TableName: 'indexed',
        IndexName: 'LeaseOwnerToLeaseKeyIndex',
        KeyConditionExpression: 'leaseOwner = :owner',
        ExpressionAttributeValues: { ':owner': { S: 'worker' } },
      }),
    );
    expect(Items).toEqual([{ leaseKey: { S: 'a' }, leaseOwner: { S: 'worker' } }]);
  });
});

function remove(counter: string): DeleteItemCommand {
  return new DeleteItemCommand({
    TableName: table,
    Key: { leaseKey: { S: 'a' } },
    ConditionExpression: 'leaseCounter = :seen',
    ExpressionAttributeValues: { ':seen': { N: counter } },
  });
}
