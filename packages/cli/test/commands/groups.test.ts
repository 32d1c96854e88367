import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { leaseKeyOf } from '@millrace/kinesis/lease';
import { expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createGroups } from '../support/group.ts';
import { createLocalCli } from '../support/local.ts';

const hashKeyTable = (name: string, ...keys: string[]): CreateTableCommand =>
  new CreateTableCommand({
    TableName: name,
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    KeySchema: keys.map((AttributeName, index) => ({
      AttributeName,
      KeyType: index === 0 ? ('HASH' as const) : ('RANGE' as const),
    })),
    BillingMode: 'PAY_PER_REQUEST',
  });

test('a stream that is not there is exit code 3 and not the groups of others', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  const { code, stdout, stderr } = await cli.run(['groups', '--stream', 'nope']);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain('There is no stream nope');
});

test('groups are found among all tables, with their stream, workers, shards and lag', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 }, other: { shards: 3 } } });
  await using groups = createGroups(cli);
  const dynamodb = new DynamoDBClient(cli.kinesis.clientConfig);
  await dynamodb.send(hashKeyTable('customers', 'id'));
  await dynamodb.send(hashKeyTable('sorted', 'leaseKey', 'more'));
  dynamodb.destroy();
  for (let n = 0; n < 10; n++) await cli.put('orders', `k${n}`, 'x');
  await groups.handle('billing', 'orders', 10);
  await cli.clock.advance(60_000);
  for (let n = 0; n < 6; n++) await cli.put('orders', `k${n}`, 'x');
  await cli.clock.advance(30_000);
  const { code, lines, stderr } = await cli.run(['groups']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(lines).toEqual([
    {
      group: 'billing',
      streams: ['orders'],
      workers: [],
      shards: 2,
      free: 2,
      behindMs: expect.any(Number) as number,
      records: 6,
      exact: true,
    },
  ]);
  expect(lines[0]?.['behindMs']).toBeGreaterThanOrEqual(30_000);
  expect(lines[0]?.['behindMs']).toBeLessThan(32_000);
  const table = await cli.run(['groups', 'billing', '-o', 'table']);
  expect(table.stdout).toMatch(/billing +orders +0 +2 +2 +30\.\d s +6/);
});

test('a group of several streams is shown for each of them, by the names in its lease keys', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 1 }, refunds: { shards: 2 } } });
  await using groups = createGroups(cli);
  const store = groups.connection.leases('both');
  await drive(cli.clock, store.prepare());
  for (const [stream, count] of [
    ['orders', 1],
    ['refunds', 2],
    ['gone', 1],
  ] as const) {
    for (let index = 0; index < count; index++) {
      const shardId = `shardId-00000000000${index}`;
      const streamIdentifier = `000000000000:${stream}:1767225600`;
      await store.create({
        leaseKey: leaseKeyOf(shardId, streamIdentifier),
        shardId,
        streamIdentifier,
        owner: `worker-${index}`,
        counter: 1,
        ownerSwitchesSinceCheckpoint: 0,
        checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
        parentShardIds: [],
        childShardIds: [],
      });
    }
  }
  await cli.put('refunds', 'a', 'x');
  const { lines } = await cli.run(['groups', 'both']);
  expect(lines).toMatchObject(
    [
      { streams: [], workers: ['worker-0'], shards: 1 },
      { streams: ['orders'], workers: ['worker-0'], shards: 1, records: 0 },
      { streams: ['refunds'], workers: ['worker-0', 'worker-1'], shards: 2, records: 1 },
    ].toSorted((a, b) => ((a.streams[0] ?? 'gone') < (b.streams[0] ?? 'gone') ? -1 : 1)),
  );
  const leases = await cli.run(['leases', 'ls', 'both']);
  expect(leases.lines.map(({ stream, shardId }) => `${String(stream)}/${String(shardId).slice(-1)}`)).toEqual(
    ['gone/0', 'orders/0', 'refunds/0', 'refunds/1'],
  );
  const ambiguous = await cli.run(['leases', 'show', 'both', '0']);
  expect(ambiguous.code).toBe(2);
  expect(ambiguous.stderr).toContain('000000000000:orders:1767225600:shardId-000000000000');
});

test('streams that cannot be told apart are all named', async () => {
  await using cli = await createLocalCli({ streams: { orders: {}, copies: {} } });
  await using groups = createGroups(cli);
  await drive(cli.clock, groups.connection.leases('fresh').prepare());
  await groups.connection.leases('fresh').create({
    leaseKey: 'shardId-000000000000',
    shardId: 'shardId-000000000000',
    counter: 0,
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
    parentShardIds: [],
    childShardIds: [],
  });
  expect((await cli.run(['groups'])).lines).toMatchObject([{ streams: ['copies', 'orders'] }]);
  expect((await cli.run(['groups', '--stream', 'orders'])).lines).toMatchObject([
    { streams: ['orders'], records: 0 },
  ]);
});

test.each([
  [['groups', 'nobody'], 3],
  [['leases', 'ls', 'nobody'], 3],
  [['leases', 'ls', 'x'], 3],
  [['leases', 'ls', 'bad name'], 3],
  [['lag', 'nope'], 3],
  [['lag', 'orders', '--group', 'nobody'], 3],
  [['lag'], 2],
  [['leases', 'release', 'billing'], 2],
  [['leases', 'reset', 'billing', '--yes'], 2],
  [['leases', 'reset', 'billing', '--yes', '--to', 'after:5'], 2],
  [['leases', 'reset', 'billing', '--to', '-1h'], 2],
])('%j is exit code %i, without a stack trace', async (argv, code) => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const result = await cli.run(argv);
  expect(result.code).toBe(code);
  expect(result.stderr).toMatch(/^error: .+\n(?: {2}asked: .+\n)? {2}try: .+\n$/su);
  expect(result.stderr).not.toMatch(/\n\s+at /);
});
