import { PassThrough } from 'node:stream';

import { expect, test } from 'vitest';

import { createLocalCli } from '../support/local.ts';
import { Collector } from '../support/run-cli.ts';

test('streams are created, listed, described and deleted', async () => {
  await using cli = await createLocalCli();
  const created = await cli.run(['streams', 'create', 'orders', '--shards', '3', '--json']);
  expect(created.code).toBe(0);
  expect(created.lines).toMatchObject([
    { name: 'orders', status: 'ACTIVE', mode: 'PROVISIONED', openShards: 3 },
  ]);
  expect((await cli.run(['streams', 'ls'])).lines).toMatchObject([{ name: 'orders', status: 'ACTIVE' }]);
  expect((await cli.run(['streams', 'describe', 'orders'])).lines).toEqual(created.lines);
  const deleted = await cli.run(['streams', 'delete', 'orders', '--yes']);
  expect(deleted).toMatchObject({ code: 0, lines: [{ name: 'orders', status: 'DELETED' }] });
  expect((await cli.run(['streams', 'ls', '--json'])).stdout).toBe('[]\n');
});

test('on a terminal a list is a table and a description is fields', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  const look = { tty: { stdout: true }, env: { MILLRACE_LOCAL: '1', NO_COLOR: '1' } };
  expect((await cli.run(['streams', 'ls'], look)).stdout).toBe(
    'STREAM  STATUS  MODE         CREATED\norders  ACTIVE  PROVISIONED  2026-01-01T00:00:00.000Z\n',
  );
  expect((await cli.run(['streams', 'describe', 'orders'], look)).stdout).toContain('open shards        2\n');
});

test('a list goes past the first page', async () => {
  const names = Array.from({ length: 130 }, (_, n) => `s${String(n).padStart(3, '0')}`);
  await using cli = await createLocalCli({ streams: Object.fromEntries(names.map((name) => [name, {}])) });
  const { lines } = await cli.run(['streams', 'ls']);
  expect(lines.map(({ name }) => name)).toEqual(names);
});

test('create waits until the stream is ACTIVE, or not', async () => {
  await using cli = await createLocalCli({ createStreamTime: '10s' });
  const early = await cli.run(['streams', 'create', 'a', '--no-wait']);
  expect(early.lines).toMatchObject([{ status: 'CREATING' }]);
  const before = cli.clock.monotonic();
  const late = await cli.run(['streams', 'create', 'b']);
  expect(late.lines).toMatchObject([{ status: 'ACTIVE' }]);
  expect(cli.clock.monotonic() - before).toBeGreaterThanOrEqual(10_000);
});

test('waiting longer than --timeout is exit code 8, with how to look later', async () => {
  await using cli = await createLocalCli({ createStreamTime: '10m' });
  const { code, stderr } = await cli.run(['streams', 'create', 'orders', '--timeout', '30s']);
  expect(code).toBe(8);
  expect(stderr).toContain('still CREATING after 30 s');
  expect(stderr).toContain('millrace streams describe orders');
});

test('a stream that is there is an error, unless --if-not-exists', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const refused = await cli.run(['streams', 'create', 'orders']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('--if-not-exists');
  const taken = await cli.run(['streams', 'create', 'orders', '--if-not-exists']);
  expect(taken).toMatchObject({ code: 0, lines: [{ name: 'orders' }] });
});

test('--on-demand and --max-record-kib reach the service', async () => {
  await using cli = await createLocalCli();
  const { lines } = await cli.run(['streams', 'create', 'big', '--on-demand', '--max-record-kib', '10240']);
  expect(lines).toMatchObject([{ mode: 'ON_DEMAND', maxRecordKiB: 10_240 }]);
  const both = await cli.run(['streams', 'create', 'x', '--on-demand', '--shards', '2']);
  expect(both.code).toBe(2);
});

test('nothing is deleted when the question is left without an answer', { timeout: 2000 }, async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const { code, stderr } = await cli.run(['streams', 'delete', 'orders'], {
    stdin: '',
    tty: { stdin: true, stderr: true },
  });
  expect(code).toBe(130);
  expect(stderr).toContain('Nobody answered; nothing was done.');
  expect(cli.kinesis.engine.find('orders')).toBeDefined();
});

test('nothing is deleted without --yes where nobody can be asked', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const { code, stderr } = await cli.run(['streams', 'delete', 'orders']);
  expect(code).toBe(2);
  expect(stderr).toContain('--yes');
  expect(cli.kinesis.engine.find('orders')).toBeDefined();
});

test.each([
  ['orders', 0, true],
  ['ordres', 130, false],
])('at a terminal, typing %s answers %d', async (typed, code, deleted) => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const stdin = new PassThrough();
  stdin.write(`${typed}\n`);
  const result = await cli.run(['streams', 'delete', 'orders'], {
    stdin,
    stdout: new Collector(),
    tty: { stdin: true, stderr: true },
  });
  expect(result.code).toBe(code);
  expect(result.stderr).toContain('Delete stream orders and all its records?');
  expect(cli.kinesis.engine.find('orders') === undefined).toBe(deleted);
});
