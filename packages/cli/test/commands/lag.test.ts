import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createGroups } from '../support/group.ts';
import { createLocalCli } from '../support/local.ts';
import { Collector } from '../support/run-cli.ts';

test('lag is the age of the oldest record that is not handled, and their number, shard by shard', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  await using groups = createGroups(cli);
  for (let n = 0; n < 10; n++) await cli.put('orders', `k${n}`, 'x');
  await groups.handle('billing', 'orders', 10);
  await cli.put('orders', 'k0', 'x');
  await cli.clock.advance(90_000);
  await cli.put('orders', 'k0', 'x');
  const { lines } = await cli.run(['lag', 'orders']);
  expect(lines).toHaveLength(2);
  const behind = lines.filter(({ records }) => records !== 0);
  expect(behind).toMatchObject([
    { kind: 'group', reader: 'billing', state: 'free', records: 2, exact: true },
  ]);
  expect(behind[0]?.['behindMs']).toBeGreaterThanOrEqual(90_000);
  expect(behind[0]?.['behindMs']).toBeLessThan(92_000);
  expect(lines.filter(({ records }) => records === 0)).toMatchObject([{ behindMs: 0 }]);
});

test('a large backlog is reckoned from a sample, within a few percent where records come evenly', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  for (let n = 0; n < 3000; n++) {
    await cli.put('orders', 'k', 'x'.repeat(500));
    if (n % 2 === 1) await cli.clock.advance(100);
  }
  const { lines } = await cli.run(['lag', '--group', 'billing']);
  expect(lines).toMatchObject([{ stream: 'orders', exact: false }]);
  expect(lines[0]?.['records']).toBeGreaterThan(2850);
  expect(lines[0]?.['records']).toBeLessThan(3150);
});

test('small records are counted up to ten thousand, however long ago the last of them came', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  for (let n = 0; n < 3000; n++) await cli.put('orders', 'k', String(n));
  await cli.clock.advance(3_600_000);
  const { lines } = await cli.run(['lag', '--group', 'billing']);
  expect(lines).toMatchObject([{ stream: 'orders', records: 3000, exact: true }]);
});

test('--max is exit code 7 when passed, and says which', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  await cli.put('orders', 'k', 'x');
  await cli.clock.advance(120_000);
  expect((await cli.run(['lag', 'orders', '--max', '5m'])).code).toBe(0);
  const over = await cli.run(['lag', 'orders', '--max', '1m']);
  expect(over.code).toBe(7);
  expect(over.stderr).toMatch(
    /billing is 2 m \d s behind on shardId-000000000000 of orders, more than 1 m 0 s/,
  );
});

test('--watch looks again and again, redraws in place on a terminal, and ends at --max or Ctrl-C', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  await cli.put('orders', 'k', 'x');
  const watched = await cli.run(['lag', 'orders', '--watch', '--interval', '10s', '--max', '35s']);
  expect(watched.code).toBe(7);
  expect(watched.lines.length).toBeGreaterThanOrEqual(3);
  expect(watched.lines.at(-1)).toMatchObject({ rows: [{ reader: 'billing', records: 1 }] });
  const user = new AbortController();
  const stdout = new Collector();
  const running = cli.run(['lag', 'orders', '--watch'], {
    stdout,
    tty: { stdout: true },
    signal: user.signal,
    env: { NO_COLOR: '1', MILLRACE_LOCAL: '1' },
  });
  await stdout.until((text) => text.includes('\u001b[2A\r\u001b[J'));
  user.abort();
  expect((await running).code).toBe(0);
});

test('children that wait for their parent are shown as waiting, finished shards as finished', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  cli.kinesis.engine.splitShard('orders', 'shardId-000000000000');
  expect((await cli.run(['lag', 'orders'])).lines.map(({ state }) => state)).toEqual([
    'free',
    'waiting',
    'waiting',
  ]);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  const states = (await cli.run(['lag', 'orders'])).lines.map(({ state }) => state);
  expect(states).toEqual(['finished', 'free', 'free']);
});

test('fan-out consumers are shown with what CloudWatch says of them', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.run(['consumers', 'register', 'orders', 'search']);
  expect((await cli.run(['lag', 'orders'])).lines).toMatchObject([
    { kind: 'fan-out', reader: 'search', state: 'unknown' },
  ]);
});

test('--explain tells a dead owner from a handler that hangs', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  await cli.put('orders', 'k', 'poison');
  await cli.clock.advance(60_000);
  const free = await cli.run(['lag', 'orders', '--explain', '--json']);
  expect(free.lines).toMatchObject([{ findings: [{ cause: 'nobody-reads', reader: 'billing' }] }]);
  const store = groups.connection.leases('billing');
  const [lease] = await store.list();
  if (lease === undefined) throw new Error('no lease');
  await store.take(lease, 'dead');
  const dead = await cli.run(['lag', 'orders', '--explain', '--json']);
  expect(dead.lines).toMatchObject([
    {
      findings: [
        { cause: 'owner-dead', advice: expect.stringContaining('leases release billing') as unknown },
      ],
    },
  ]);
  await cli.run(['leases', 'release', 'billing', '0', '--force']);
  const worker = groups.start('billing', 'orders', { maxAttempts: 1000 });
  const tried = { failed: 0 };
  const running = worker.run({
    eachRecord: () => {
      tried.failed++;
      throw new Error('poison');
    },
  });
  while (tried.failed === 0) await cli.clock.advance(500);
  const loop = await cli.run(['lag', 'orders', '--explain', '-o', 'table']);
  expect(loop.stdout).toContain('billing: poison-loop (shard 0)');
  expect(loop.stdout).toContain('does not get nearer');
  await drive(cli.clock, worker.close({ drain: 0 }));
  await running.catch(() => {});
});

test('Ctrl-C before --explain is done says so, and is exit code 130', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const user = new AbortController();
  const running = cli.run(['lag', 'orders', '--explain', '--window', '1h'], { signal: user.signal });
  cli.clock.timer(60_000, () => user.abort());
  const { code, stderr, stdout } = await running;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toContain('error: Interrupted before it was done.\n');
});

test('--explain sees a mapping that is paused and one that fails, as Lambda tells of them', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const failing = await cli.kinesis.mapping('orders', () => Promise.reject(new Error('no')), {
    function: { name: 'bill' },
  });
  await cli.kinesis.mapping('orders', () => undefined, { function: { name: 'rest' }, Enabled: false });
  await cli.put('orders', 'k', 'x');
  while (!failing.lastProcessingResult.startsWith('PROBLEM')) await cli.clock.advance(1000);
  const { lines } = await cli.run(['lag', 'orders', '--explain', '--json']);
  const findings = lines[0]?.['findings'] as { reader: string; cause: string; advice: string }[];
  expect(findings.map(({ reader, cause }) => `${reader}: ${cause}`).toSorted()).toEqual([
    'bill: failing-mapping',
    'rest: paused-mapping',
  ]);
});

test('--explain tells of reads that were throttled, as CloudWatch counted them', async () => {
  await using cli = await createLocalCli({ enforceLimits: true, streams: { orders: {} } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'k', 'x');
  await groups.handle('billing', 'orders', 1);
  await cli.put('orders', 'k', 'x');
  await cli.clock.advance(60_000);
  const client = new KinesisClient({ ...cli.kinesis.clientConfig, maxAttempts: 1 });
  const shard = { StreamName: 'orders', ShardId: 'shardId-000000000000' };
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ ...shard, ShardIteratorType: 'LATEST' }),
  );
  const reads = Array.from({ length: 9 }, () => client.send(new GetRecordsCommand({ ShardIterator })));
  const refused = (await Promise.allSettled(reads)).filter(({ status }) => status === 'rejected').length;
  client.destroy();
  expect(refused).toBe(4);
  await cli.clock.advance(2000);
  const { lines } = await cli.run(['lag', 'orders', '--explain', '--json']);
  expect(lines[0]?.['findings']).toMatchObject([
    { cause: 'nobody-reads' },
    { cause: 'throttled-reads', what: expect.stringContaining(`${refused} reads`) as unknown },
  ]);
});
