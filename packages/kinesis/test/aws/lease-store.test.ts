import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { connect, type ConnectOptions } from '@millrace/kinesis/aws';
import type { Lease, LeaseStore } from '@millrace/kinesis/lease';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { createManualClock, leaseStoreGuarantees } from '@millrace/kinesis/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

type Dynalite = (options: { createTableMs: number }) => Server;
const dynalite = createRequire(import.meta.url)('dynalite') as Dynalite;

let server: Server;
let client: DynamoDBClient;
let tables = 0;

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});

afterAll(async () => {
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** The store as a worker gets it; waiting for the table takes no time here, for the clock runs by itself. */
function createStore(
  table = `group-${++tables}`,
  sender: Pick<DynamoDBClient, 'send' | 'destroy'> = client,
): LeaseStore {
  return openStore(table, { dynamodb: sender });
}

function openStore(table: string, options: ConnectOptions): LeaseStore {
  const clock = createManualClock();
  const running = {
    ...clock,
    timer: (delayMs: number, task: () => void) => {
      const timer = clock.timer(delayMs, task);
      void clock.next();
      return timer;
    },
  };
  return connect({ ...options, clock: running }).leases(table);
}

const fresh: Lease = {
  leaseKey: 'shardId-000000000003',
  shardId: 'shardId-000000000003',
  counter: 0,
  ownerSwitchesSinceCheckpoint: 0,
  checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
  parentShardIds: ['shardId-000000000001'],
  childShardIds: [],
  hashRange: { start: 0n, end: (1n << 127n) - 1n },
};

async function itemOf(table: string, leaseKey = fresh.leaseKey): Promise<Record<string, AttributeValue>> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: { leaseKey: { S: leaseKey } }, ConsistentRead: true }),
  );
  return Item ?? {};
}

async function put(table: string, Item: Record<string, AttributeValue>): Promise<void> {
  await client.send(new PutItemCommand({ TableName: table, Item }));
}

describe('the lease store in DynamoDB', () => {
  test.each(leaseStoreGuarantees)('$name', async ({ run }) => {
    await expect(run(createStore)).resolves.toBeUndefined();
  });
});

describe('the lease store in DynamoDB, whose connection is nobody else’s', () => {
  test.each(leaseStoreGuarantees)('$name', async ({ run }) => {
    const { credentials } = client.config;
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const open = (): LeaseStore =>
      openStore(`group-${++tables}`, { endpoint, region: 'us-east-1', credentials });
    await expect(run(open)).resolves.toBeUndefined();
  });
});

describe('the item of a lease', () => {
  test('a fresh child\u2019s is the one the KCL writes, with nothing empty in it', async () => {
    const store = createStore('layout');
    await store.prepare();
    await store.create(fresh);
    expect(await itemOf('layout')).toEqual({
      leaseKey: { S: 'shardId-000000000003' },
      leaseCounter: { N: '0' },
      ownerSwitchesSinceCheckpoint: { N: '0' },
      checkpoint: { S: 'TRIM_HORIZON' },
      checkpointSubSequenceNumber: { N: '0' },
      parentShardId: { SS: ['shardId-000000000001'] },
      startingHashKey: { S: '0' },
      endingHashKey: { S: '170141183460469231731687303715884105727' },
    });
  });

  test('a whole life leaves what the KCL would have left', async () => {
    const store = createStore('life');
    await store.prepare();
    await store.create({
      ...fresh,
      parentShardIds: [],
      startAt: 1_767_225_600_000,
      checkpoint: { sequenceNumber: 'AT_TIMESTAMP', subSequenceNumber: 0 },
    });
    expect(await itemOf('life')).toMatchObject({
      checkpoint: { S: 'AT_TIMESTAMP' },
      checkpointSubSequenceNumber: { N: '0' },
      millraceStartAt: { N: '1767225600000' },
    });
    const [created] = await store.list();
    const taken = await store.take(present(created), 'worker-a');
    expect(await itemOf('life')).toMatchObject({ leaseOwner: { S: 'worker-a' }, leaseCounter: { N: '1' } });
    const stolen = await store.take(present(taken), 'worker-b');
    expect(await itemOf('life')).toMatchObject({ ownerSwitchesSinceCheckpoint: { N: '1' } });
    const done = await store.checkpoint(present(stolen), {
      sequenceNumber: toSequenceNumber('49590338271490256608559692538361571095921575989136588898'),
      subSequenceNumber: 2,
    });
    expect(await itemOf('life')).toEqual({
      leaseKey: { S: fresh.leaseKey },
      leaseOwner: { S: 'worker-b' },
      millraceOwner: { S: 'worker-b' },
      leaseCounter: { N: '3' },
      ownerSwitchesSinceCheckpoint: { N: '0' },
      checkpoint: { S: '49590338271490256608559692538361571095921575989136588898' },
      checkpointSubSequenceNumber: { N: '2' },
      startingHashKey: { S: '0' },
      endingHashKey: { S: '170141183460469231731687303715884105727' },
    });
    const ended = await store.checkpoint(
      present(done),
      { sequenceNumber: 'SHARD_END', subSequenceNumber: 0 },
      { childShardIds: ['shardId-000000000008', 'shardId-000000000009'] },
    );
    await store.release(present(ended));
    const item = await itemOf('life');
    expect(item).toMatchObject({ checkpoint: { S: 'SHARD_END' }, leaseCounter: { N: '5' } });
    expect(item['childShardIds']?.SS?.toSorted()).toEqual(['shardId-000000000008', 'shardId-000000000009']);
    expect(item).not.toHaveProperty('leaseOwner');
  });

  test('what others keep beside a lease outlives every write of ours', async () => {
    const store = createStore('beside');
    await store.prepare();
    await put('beside', {
      leaseKey: { S: 'a' },
      leaseCounter: { N: '4' },
      checkpoint: { S: 'TRIM_HORIZON' },
      throughputKBps: { N: '12.5' },
      entityType: { S: 'LEASE' },
      somebodyElses: { M: { deep: { L: [{ BOOL: true }] } } },
    });
    const [seen] = await store.list();
    const mine = await store.take(present(seen), 'worker-a');
    const renewed = await store.renew(present(mine));
    const done = await store.checkpoint(present(renewed), {
      sequenceNumber: toSequenceNumber('7'),
      subSequenceNumber: 0,
    });
    await store.release(present(done));
    expect(await itemOf('beside', 'a')).toMatchObject({
      throughputKBps: { N: '12.5' },
      entityType: { S: 'LEASE' },
      somebodyElses: { M: { deep: { L: [{ BOOL: true }] } } },
    });
  });

  test.each<[string, AttributeValue]>([
    ['bytes', { B: new TextEncoder().encode('state') }],
    ['the number a Java bug leaves', { N: '3' }],
  ])(
    'a checkpoint a Java worker had only prepared, with %s as its state, is read past and overtaken',
    async (_, state) => {
      const table = `pending-${++tables}`;
      const store = createStore(table);
      await store.prepare();
      await put(table, {
        leaseKey: { S: 'a' },
        leaseCounter: { N: '4' },
        leaseOwner: { S: 'java' },
        checkpoint: { S: '100' },
        checkpointSubSequenceNumber: { N: '6' },
        pendingCheckpoint: { S: '120' },
        pendingCheckpointSubSequenceNumber: { N: '0' },
        pendingCheckpointState: state,
      });
      const [seen] = await store.list();
      expect(seen).toMatchObject({
        owner: 'java',
        checkpoint: { sequenceNumber: '100', subSequenceNumber: 6 },
      });
      const mine = await store.take(present(seen), 'worker-a');
      expect(await itemOf(table, 'a')).toHaveProperty('pendingCheckpoint');
      await store.checkpoint(present(mine), {
        sequenceNumber: toSequenceNumber('130'),
        subSequenceNumber: 0,
      });
      expect(Object.keys(await itemOf(table, 'a')).filter((name) => name.startsWith('pending'))).toEqual([]);
    },
  );

  test('the leader, worker metrics and migration state of a Java 3.x fleet are no leases', async () => {
    const store = createStore('mixed');
    await store.prepare();
    await put('mixed', { leaseKey: { S: 'Leader' }, ownerName: { S: 'java' }, entityType: { S: 'LEADER' } });
    await put('mixed', { leaseKey: { S: 'Migration3.0' }, cv: { S: 'CLIENT_VERSION_3X' } });
    await put('mixed', { leaseKey: { S: 'odd' }, leaseCounter: { N: '1' }, entityType: { S: 'STREAM' } });
    await store.create(fresh);
    expect(await store.list()).toEqual([fresh]);
    expect(await store.get('Leader')).toBeUndefined();
  });

  test('a start time kept where a sub-sequence number would stand is understood', async () => {
    const store = createStore('hint');
    await store.prepare();
    await put('hint', {
      leaseKey: { S: 'a' },
      leaseCounter: { N: '0' },
      checkpoint: { S: 'AT_TIMESTAMP' },
      checkpointSubSequenceNumber: { N: '1767225600000' },
    });
    expect(await store.get('a')).toMatchObject({
      startAt: 1_767_225_600_000,
      checkpoint: { sequenceNumber: 'AT_TIMESTAMP', subSequenceNumber: 0 },
    });
  });

  test('a key that is more than the shard id keeps its shard id', async () => {
    const store = createStore('multi');
    await store.prepare();
    const leaseKey = '123456789012:orders:1700000000:shardId-000000000003';
    await store.create({ ...fresh, leaseKey });
    expect(await itemOf('multi', leaseKey)).toMatchObject({ shardId: { S: 'shardId-000000000003' } });
    expect(await store.get(leaseKey)).toEqual({ ...fresh, leaseKey });
  });

  test('a lease with an unreadable checkpoint stops the listing: to skip it would skip its shard', async () => {
    const store = createStore('corrupt');
    await store.prepare();
    await put('corrupt', { leaseKey: { S: 'a' }, leaseCounter: { N: '0' }, checkpoint: { S: 'soon' } });
    await expect(store.list()).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      retryable: false,
      details: { shardId: 'a', path: 'checkpoint', got: 'soon' },
    });
  });
});

describe('preparing the table', () => {
  test('a missing table is created with one string key and paid per request', async () => {
    await createStore('made').prepare();
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'made' }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    });
  });

  test('a table that is something else is refused and left alone', async () => {
    await client.send(
      new CreateTableCommand({
        TableName: 'invoices',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    await expect(createStore('invoices').prepare()).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });

  test('it waits while the table is being created, and no longer than told', async () => {
    const asked: string[] = [];
    const statuses = ['CREATING', 'CREATING', 'ACTIVE'];
    const sender = senderOf((command) => {
      asked.push(command);
      return {
        Table: {
          TableStatus: statuses.shift() ?? 'CREATING',
          KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
        },
      };
    });
    await createStore('slow', sender).prepare();
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'DescribeTableCommand'));
    await expect(createStore('slower', sender).prepare()).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      retryable: true,
    });
    expect(asked.length).toBe(3 + 301);
  });

  test('an abort ends the wait', async () => {
    const stop = new AbortController();
    const sender = senderOf(() => {
      stop.abort();
      return { Table: { TableStatus: 'CREATING' } };
    });
    await expect(createStore('stopped', sender).prepare({ signal: stop.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

describe('over a connection that fails', () => {
  test('a heartbeat whose answer is lost is recognised by what the service shows', async () => {
    const store = createStore('lost');
    await store.prepare();
    await store.create(fresh);
    const mine = await store.take(fresh, 'worker-a');
    const losing = createStore('lost', losingAnswersOf('UpdateItemCommand', 1));
    await expect(losing.renew(present(mine))).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      retryable: true,
    });
    expect(await losing.renew(present(mine))).toEqual({ ...mine, counter: 3 });
  });

  test('the item a failed condition carries spares the second read', async () => {
    const asked: string[] = [];
    const sender = senderOf((command) => {
      asked.push(command);
      throw Object.assign(new Error('The conditional request failed'), {
        name: 'ConditionalCheckFailedException',
        Item: {
          leaseKey: { S: 'a' },
          leaseOwner: { S: 'somebody' },
          leaseCounter: { N: '8' },
          checkpoint: { S: 'LATEST' },
        },
      });
    });
    const store = createStore('shown', sender);
    const mine = { ...fresh, leaseKey: 'a', owner: 'me', counter: 7 };
    expect(await store.renew(mine)).toBeUndefined();
    expect(await store.checkpoint(mine, fresh.checkpoint)).toBeUndefined();
    expect(await store.take(mine, 'me')).toBeUndefined();
    expect(await store.release(mine)).toBe(false);
    expect(asked).toEqual(Array.from({ length: 4 }, () => 'UpdateItemCommand'));
  });

  test('a refusal names the table, the action and what to allow', async () => {
    const sender = senderOf(() => {
      throw Object.assign(new Error('not authorized'), { name: 'AccessDeniedException', $fault: 'client' });
    });
    const store = createStore('billing', sender);
    await expect(store.list()).rejects.toMatchObject({ code: 'ACCESS_DENIED', retryable: false });
    await expect(store.list()).rejects.toThrow(/Scan on table "billing".*Allow the Scan action/);
    await expect(store.prepare()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(store.create(fresh)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(store.delete('a')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });

  test('a table deleted under a running worker is an error that no retry mends', async () => {
    await expect(createStore('never-made').renew({ ...fresh, owner: 'me' })).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      retryable: false,
    });
  });
});

test('a listing larger than a page is read to its end', async () => {
  const store = createStore('pages');
  await store.prepare();
  const bulk = { S: 'x'.repeat(300_000) };
  const keys = Array.from({ length: 8 }, (_, index) => `shardId-00000000000${index}`);
  for (const key of keys) {
    await put('pages', { leaseKey: { S: key }, leaseCounter: { N: '0' }, checkpoint: { S: 'LATEST' }, bulk });
  }
  expect((await store.list()).map((lease) => lease.leaseKey).toSorted()).toEqual(keys);
});

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The store lost a lease it had just given.');
  return value;
}

type Sender = Pick<DynamoDBClient, 'send' | 'destroy'>;

function senderOf(answer: (command: string) => unknown): Sender {
  const send = async (command: object): Promise<unknown> => answer(command.constructor.name);
  return { send, destroy: () => undefined };
}

/** Does what it is asked, then loses the first `count` answers to that command. */
function losingAnswersOf(command: string, count: number): Sender {
  let left = count;
  const send = async (given: Parameters<DynamoDBClient['send']>[0]): Promise<unknown> => {
    const answer: unknown = await client.send(given as GetItemCommand);
    if (given.constructor.name !== command || left-- <= 0) return answer;
    throw Object.assign(new Error('socket closed'), { code: 'ECONNRESET' });
  };
  return { send, destroy: () => undefined };
}
