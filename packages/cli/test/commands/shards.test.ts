import { hashKeyOf } from '@millrace/kinesis/record';
import { expect, test } from 'vitest';

import { createLocalCli } from '../support/local.ts';

const look = { tty: { stdout: true }, env: { MILLRACE_LOCAL: '1', NO_COLOR: '1' } };

test('split, merge and tree show the whole lineage', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  const split = await cli.run(['shards', 'split', 'orders', '0', '--json']);
  expect(split).toMatchObject({
    code: 0,
    lines: [
      {
        change: 'split',
        status: 'ACTIVE',
        closed: ['shardId-000000000000'],
        opened: ['shardId-000000000002', 'shardId-000000000003'],
      },
    ],
  });
  const merge = await cli.run(['shards', 'merge', 'orders', '3', '1']);
  expect(merge).toMatchObject({ code: 0, lines: [{ opened: ['shardId-000000000004'] }] });
  expect((await cli.run(['shards', 'tree', 'orders'])).stdout).toBe(
    [
      'shardId-000000000000  closed  50.0 %',
      '├─ shardId-000000000002  open  25.0 %',
      '└─ shardId-000000000003  closed  25.0 %',
      '   └─ shardId-000000000004  open  75.0 %  merged from shardId-000000000003 and shardId-000000000001',
      'shardId-000000000001  closed  50.0 %',
      '',
    ].join('\n'),
  );
  const tree = await cli.run(['shards', 'tree', 'orders', '--json']);
  expect(
    (JSON.parse(tree.stdout) as { shardId: string; children: string[] }[]).map(({ children }) => children),
  ).toEqual([
    ['shardId-000000000002', 'shardId-000000000003'],
    ['shardId-000000000004'],
    [],
    ['shardId-000000000004'],
    [],
  ]);
  const open = await cli.run(['shards', 'ls', 'orders', '--open']);
  expect(open.lines.map(({ shardId }) => shardId)).toEqual(['shardId-000000000002', 'shardId-000000000004']);
});

test('on a terminal shards are a table', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  expect((await cli.run(['shards', 'ls', 'orders'], look)).stdout).toBe(
    [
      'SHARD                 STATE   SHARE  PARENTS                           FIRST HASH KEY',
      'shardId-000000000000  open   50.0 %                                                 0',
      'shardId-000000000001  open   50.0 %           170141183460469231731687303715884105728',
      '',
    ].join('\n'),
  );
});

test('a dry run changes nothing', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  const { lines } = await cli.run(['shards', 'split', 'orders', '0', '--at', '1000', '--dry-run']);
  expect(lines).toMatchObject([{ dryRun: true, opens: [{ start: '0', end: '999' }, { start: '1000' }] }]);
  await cli.run(['shards', 'merge', 'orders', '0', '1', '--dry-run']);
  expect(cli.kinesis.engine.stream('orders').openShards).toHaveLength(2);
});

test('split and merge wait for the stream, or not', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } }, updateStreamTime: '5s' });
  const before = cli.clock.monotonic();
  expect((await cli.run(['shards', 'split', 'orders', '0', '--no-wait'])).lines).toMatchObject([
    { status: 'UPDATING' },
  ]);
  expect(cli.clock.monotonic()).toBe(before);
  await cli.clock.advance(5000);
  await cli.run(['shards', 'split', 'orders', '1']);
  expect(cli.clock.monotonic() - before).toBeGreaterThanOrEqual(10_000);
});

test('map-key shows the shard that takes a key', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 4 } } });
  const keys = ['ada', 'grace', 'größe', '😀'];
  const { lines } = await cli.run(['shards', 'map-key', 'orders', ...keys]);
  expect(lines.map(({ hashKey }) => hashKey)).toEqual(keys.map((key) => String(hashKeyOf(key))));
  for (const { key, shardId } of lines) {
    const [outcome] = await cli.kinesis.connection.writer.write(
      'orders',
      [{ partitionKey: String(key), data: new Uint8Array(1) }],
      {},
    );
    expect(outcome).toMatchObject({ ok: true, shardId });
  }
});

test.each([
  [['split', 'orders', '9'], 3, 'It has 0, 1, 2'],
  [['split', 'nope', '0'], 3, 'millrace streams ls'],
  [['split', 'orders', '0', '--at', '-5'], 2, '--at'],
  [['split', 'orders', '0', '--at', '340282366920938463463374607431768211455'], 2, 'inside the shard'],
  [['merge', 'orders', '0', '2'], 2, 'side by side'],
  [['merge', 'orders', '0', '0'], 2, 'side by side'],
  [['map-key', 'orders', ''], 2, '1 to 256'],
] as const)('shards %j is exit code %d and says: %s', async (argv, code, told) => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 3 } } });
  const result = await cli.run(['shards', ...argv]);
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(told);
});

test('a closed shard cannot be split again', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.run(['shards', 'split', 'orders', '0']);
  const { code, stderr } = await cli.run(['shards', 'split', 'orders', '0']);
  expect(code).toBe(2);
  expect(stderr).toContain('is closed');
});
