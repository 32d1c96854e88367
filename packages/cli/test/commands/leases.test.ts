import { expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createGroups, type Groups } from '../support/group.ts';
import { createLocalCli, type LocalCli } from '../support/local.ts';

const shard = (index: number): string => `shardId-00000000000${index}`;

/** Twenty records, one a minute, all of them handled by the group. */
async function handled(cli: LocalCli, groups: Groups): Promise<void> {
  for (let n = 0; n < 20; n++) {
    await cli.put('orders', `k${n % 5}`, String(n));
    await cli.clock.advance(60_000);
  }
  await groups.handle('billing', 'orders', 20);
}

/** What a new worker of the group is given, in the order it gets it. */
async function valuesFrom(cli: LocalCli, groups: Groups, count: number): Promise<string[]> {
  const worker = groups.start('billing', 'orders');
  const seen: string[] = [];
  const eachRecord = ({ value }: { readonly value: Uint8Array }): void => {
    seen.push(Buffer.from(value).toString());
    if (seen.length === count) void worker.close();
  };
  await drive(cli.clock, worker.run({ eachRecord }));
  return seen;
}

test('leases are listed and shown with owner, counter and the time of the checkpoint', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  const { lines } = await cli.run(['leases', 'ls', 'billing']);
  expect(lines).toMatchObject([
    { group: 'billing', shardId: shard(0), state: 'free', parents: [], children: [] },
    { group: 'billing', shardId: shard(1), state: 'free' },
  ]);
  const shown = await cli.run(['leases', 'show', 'billing', '1']);
  expect(shown.lines).toMatchObject([{ stream: 'orders', shardId: shard(1), behindMs: 0 }]);
  expect(shown.lines[0]?.['checkpointArrivedAt']).toMatch(/^2026-01-01T00:/);
  const table = await cli.run(['leases', 'show', 'billing', '1', '-o', 'table']);
  expect(table.stdout).toMatch(/owner +nobody\n/);
});

test('a reset to a time lets exactly the records from then on be handled again', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  const to = new Date(Date.UTC(2026, 0, 1, 0, 12)).toISOString();
  const reset = await cli.run(['leases', 'reset', 'billing', '--to', to, '--yes']);
  expect(reset.code).toBe(0);
  expect(reset.lines).toMatchObject([{ shardId: shard(0), records: 8, exact: true }]);
  expect(await valuesFrom(cli, groups, 8)).toEqual(['12', '13', '14', '15', '16', '17', '18', '19']);
});

test('a reset to a time is a sequence number in the table, which a Java worker understands as well', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  await cli.run(['leases', 'reset', 'billing', '--to', '2026-01-01T00:05:00Z', '--yes']);
  const [lease] = await groups.connection.leases('billing').list();
  expect(lease?.checkpoint.sequenceNumber).toMatch(/^\d{20,}$/);
  await cli.run(['leases', 'reset', 'billing', '--to', '2025-12-31', '--yes']);
  const [oldest] = await groups.connection.leases('billing').list();
  expect(oldest?.checkpoint.sequenceNumber).toBe('TRIM_HORIZON');
});

test('a reset behind a split opens the finished parent again, before its children', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  for (let n = 0; n < 30; n++) {
    await cli.put('orders', 'k', String(n));
    if (n === 9) cli.kinesis.engine.splitShard('orders', shard(0));
    await cli.clock.advance(60_000);
  }
  await groups.handle('billing', 'orders', 30);
  const dry = await cli.run(['leases', 'reset', 'billing', '--to', '2026-01-01T00:05:00Z', '--dry-run']);
  expect(dry.lines.reduce((sum, { records }) => sum + Number(records), 0)).toBe(25);
  expect(dry.lines.every(({ dryRun }) => dryRun === true)).toBe(true);
  const before = await groups.connection.leases('billing').list();
  await cli.run(['leases', 'reset', 'billing', '--to', '2026-01-01T00:05:00Z', '--yes']);
  expect(await groups.connection.leases('billing').list()).not.toEqual(before);
  expect(await valuesFrom(cli, groups, 25)).toEqual(Array.from({ length: 25 }, (_, n) => String(n + 5)));
});

test('children nothing of which is handled have the parked keys of a parent that is opened again, though some were unparked', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  cli.kinesis.engine.splitShard('orders', shard(0));
  const worker = groups.start('billing', 'orders');
  const running = worker.run({ eachRecord: () => {} });
  await drive(
    cli.clock,
    cli.clock.advance(10_000).then(() => worker.close()),
  );
  await running;
  const store = groups.connection.leases('billing');
  const children = async () => (await store.list()).filter(({ shardId }) => shardId !== shard(0));
  for (const child of await children()) {
    const mine = await store.take(child, 'worker');
    const unparked = mine && (await store.checkpoint(mine, mine.checkpoint, { parked: new Map() }));
    await store.release(unparked ?? child);
  }
  expect((await children()).map(({ parked }) => parked?.size)).toEqual([0, 0]);
  const { code, lines } = await cli.run(['leases', 'reset', 'billing', '--to', 'oldest', '--yes']);
  expect(code).toBe(0);
  expect(lines).toHaveLength(3);
  expect((await children()).map(({ parked }) => parked)).toEqual([undefined, undefined]);
});

test('a reset to now skips what is unread, finishes what is closed, and says how much is skipped', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  await cli.put('orders', 'k', 'unread');
  cli.kinesis.engine.splitShard('orders', shard(0));
  // The clock of the command is a little ahead of the service's, which counts in whole milliseconds.
  await cli.clock.advance(1000.6);
  const { lines, code, stderr } = await cli.run(['leases', 'reset', 'billing', '--to', 'now', '--yes']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(lines).toContainEqual(
    expect.objectContaining({ shardId: shard(0), checkpoint: 'SHARD_END', records: -1 }),
  );
  await cli.put('orders', 'k', 'next');
  expect(await valuesFrom(cli, groups, 1)).toEqual(['next']);
});

test('at a terminal a reset says how many records it is about before it asks, and without an answer does nothing', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  const before = await groups.connection.leases('billing').list();
  const { code, stderr } = await cli.run(['leases', 'reset', 'billing', '--to', 'oldest'], {
    stdin: '',
    tty: { stdin: true, stderr: true },
  });
  expect(code).toBe(130);
  expect(stderr).toContain('Move the checkpoints of billing to oldest (records: 20 again)? Type its name');
  expect(await groups.connection.leases('billing').list()).toEqual(before);
});

test('a reset to a record of one shard goes on behind it', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  const all = await cli.run(['tail', 'orders', '--from', 'oldest', '-e']);
  const after = `after:${String(all.lines[16]?.['sequenceNumber'])}`;
  await cli.run(['leases', 'reset', 'billing', '--shard', '0', '--to', after, '--yes']);
  expect(await valuesFrom(cli, groups, 3)).toEqual(['17', '18', '19']);
});

test('a dry run changes nothing', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  const before = await groups.connection.leases('billing').list();
  expect((await cli.run(['leases', 'reset', 'billing', '--to', 'oldest', '--dry-run'])).lines).toHaveLength(
    2,
  );
  await cli.run(['leases', 'release', 'billing', '0', '--dry-run']);
  expect(await groups.connection.leases('billing').list()).toEqual(before);
});

test('a live owner is not robbed: neither released nor reset, unless forced', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  const worker = groups.start('billing', 'orders', { workerId: 'alive' });
  const running = worker.run({ eachRecord: () => {} });
  const store = groups.connection.leases('billing');
  const held = async (): Promise<boolean> => (await store.list())[0]?.owner === 'alive';
  while (!(await held())) await cli.clock.advance(500);
  for (const argv of [
    ['leases', 'release', 'billing', '0'],
    ['leases', 'reset', 'billing', '--to', 'oldest', '--yes'],
  ]) {
    const refused = await cli.run(argv);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('alive is alive and holds shardId-000000000000; nothing was done');
    expect(await held()).toBe(true);
  }
  const forced = await cli.run(['leases', 'release', 'billing', '0', '--force']);
  expect(forced.lines).toMatchObject([{ shardId: shard(0), heldBy: 'alive' }]);
  await drive(cli.clock, worker.close());
  await running;
});

test('a dead owner is released after a lease duration without a heartbeat, and the next worker goes on', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await using groups = createGroups(cli);
  await handled(cli, groups);
  const store = groups.connection.leases('billing');
  const [lease] = await store.list();
  if (lease === undefined) throw new Error('no lease');
  await store.take(lease, 'dead');
  const startedAt = cli.clock.now();
  const released = await cli.run(['leases', 'release', 'billing', '--owner', 'dead']);
  expect(released.lines).toMatchObject([{ shardId: shard(0), heldBy: 'dead' }]);
  expect(cli.clock.now() - startedAt).toBeGreaterThanOrEqual(10_000);
  expect((await store.list())[0]?.owner).toBe(undefined);
  await cli.put('orders', 'k', 'next');
  expect(await valuesFrom(cli, groups, 1)).toEqual(['next']);
});
