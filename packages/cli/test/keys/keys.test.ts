import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { hashKeyOf } from '@millrace/kinesis/record';
import { evenRanges } from '@millrace/kinesis/shard';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { DistinctCount } from '../../src/keys/distinct-count.ts';
import { KeyPlan, type KeyPlanReport } from '../../src/keys/key-plan.ts';
import { createLocalCli } from '../support/local.ts';
import { runCli } from '../support/run-cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-keys-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
const file = async (lines: readonly object[]): Promise<string> => {
  const path = join(folder, 'data.ndjson');
  await writeFile(path, lines.map((line) => JSON.stringify(line)).join('\n'));
  return path;
};
const documentOf = (
  lines: readonly Record<string, unknown>[],
): { plans: KeyPlanReport[]; advice: string[]; records: number } =>
  lines[0] as unknown as { plans: KeyPlanReport[]; advice: string[]; records: number };

test('the predicted shard of every key is the one the service puts it in', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 5 } } });
  for (let n = 0; n < 200; n++) await cli.put('orders', `key-${n}`, 'x');
  const { lines } = await cli.run(['tail', 'orders', '--from', 'oldest', '-e']);
  const stored = Array.from(
    { length: 5 },
    (_, index) => lines.filter(({ shardId }) => String(shardId).endsWith(String(index))).length,
  );
  await cli.clock.advance(1);
  const ofStream = documentOf((await cli.run(['keys', 'analyze', 'orders'])).lines);
  const ofFile = documentOf((await cli.run(['keys', 'analyze', await file(lines), '--shards', '5'])).lines);
  for (const { plans } of [ofStream, ofFile]) {
    expect(plans[0]?.shards.map(({ records }) => records)).toEqual(stored);
    expect(plans[0]).toMatchObject({ name: 'as it is', distinctKeys: 200, exact: true });
  }
});

test('a stream cut off by --num is cut at one time in all of its shards, whatever they hold', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 4 } } });
  const even = Array.from({ length: 100 }, (_, n) => ({ partitionKey: `k${n}`, data: Buffer.from('x') }));
  const hot = Array.from({ length: 300 }, () => ({ partitionKey: 'whale', data: Buffer.alloc(30_000, 'x') }));
  for (let second = 0; second < 20; second++) {
    await cli.kinesis.connection.writer.write('orders', [...even, ...hot], {});
    await cli.clock.advance(1000);
  }
  const { lines } = await cli.run(['keys', 'analyze', 'orders', '--num', '2000']);
  const { plans, records } = documentOf(lines);
  expect(records).toBe(2000);
  expect(plans[0]?.hottest[0]).toMatchObject({ partitionKey: 'whale' });
  expect(plans[0]?.hottest[0]?.share).toBeCloseTo(0.75, 1);
});

test('among thousands of like keys only the one that is hot is called so', async () => {
  const keys = Array.from({ length: 20_000 }, (_, n) => (n % 2 === 0 ? 'whale' : `c${n % 4999}`));
  const source = await file(keys.map((customer) => ({ customer })));
  const argv = ['keys', 'analyze', source, '--shards', '2', '--key', '.customer', '--local', '-o', 'table'];
  const { stdout } = await runCli(argv);
  expect(stdout).toMatch(/^hottest: whale 50\.0 %, any other under \d\.\d %$/m);
  expect(stdout).toMatch(/^ {4}0 .* \d\d\.\d %$/m);
  const even = await file(keys.map((_, n) => ({ customer: `c${n}` })));
  const spread = await runCli(argv.with(2, even));
  expect(spread.stdout).toMatch(/^hottest: none, each under 1\.6 %$/m);
});

test('a key that is more than a shard is named, and a salt is shown to mend it', async () => {
  const lines = Array.from({ length: 1000 }, (_, n) => ({
    customer: n % 2 === 0 ? 'whale' : `c${n}`,
    id: n,
  }));
  const source = await file(lines);
  const analyze = async (...more: string[]): Promise<ReturnType<typeof documentOf>> =>
    documentOf((await runCli(['keys', 'analyze', source, '--shards', '8', '--local', ...more])).lines);
  const before = await analyze('--key', '.customer');
  expect(before.plans[0]?.hottest[0]).toMatchObject({ partitionKey: 'whale', share: 0.5 });
  expect(before.advice[0]).toMatch(/"whale" alone is 50 % .* Try --salt 4\./);
  const salted = await analyze('--key', '.customer', '--salt', '16');
  expect(salted.plans.map(({ name }) => name)).toEqual(['--key .customer', '--salt 16']);
  expect(salted.plans[1]?.imbalance).toBeLessThan((salted.plans[0]?.imbalance ?? 0) / 2);
  expect(salted.advice.at(-1)).toMatch(/--salt 16: better/);
});

test('a proposed key stands beside the one the records have', async () => {
  const lines = Array.from({ length: 400 }, (_, n) => ({
    v: 1,
    partitionKey: 'all the same',
    encoding: 'json',
    value: { id: `order-${n}` },
  }));
  const source = await file(lines);
  const result = await runCli([
    'keys',
    'analyze',
    source,
    '--shards',
    '4',
    '--key',
    '.id',
    '--local',
    '-o',
    'table',
  ]);
  expect(result.stdout).toMatch(/as it is: 1 keys, the fullest shard has 4\.00 times the mean/);
  expect(result.stdout).toMatch(/--key \.id: 400 keys, the fullest shard has 1\.\d\d times the mean/);
  expect(result.stdout).toMatch(/--key \.id: better/);
});

test.each([
  [['--shards', '4'], 3, 'No record of'],
  [['--shards', '4', '--key', '.nothing'], 3, 'No record of'],
  [['--key', '.id'], 2, '--shards'],
  [['--shards', '4', '--key', '.'], 2, '--key'],
])('a file of values with %j is exit code %i', async (argv, code, named) => {
  const result = await runCli(['keys', 'analyze', await file([{ id: 1 }]), '--local', ...argv]);
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(named);
});

test('a file that is not there is exit code 3, and a stream without records too', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  expect((await cli.run(['keys', 'analyze', './nothing.ndjson', '--shards', '2'])).code).toBe(3);
  await cli.clock.advance(1);
  const empty = await cli.run(['keys', 'analyze', 'orders']);
  expect(empty.code).toBe(3);
  expect(empty.stderr).toContain('no record in orders');
});

test('different keys are counted exactly up to twenty thousand, and within five percent beyond', () => {
  for (const [keys, tolerance] of [
    [20_000, 0],
    [100_000, 0.05],
  ] as const) {
    const count = new DistinctCount();
    for (let n = 0; n < keys * 2; n++) count.add(hashKeyOf(`k${n % keys}`));
    expect(Math.abs(count.count - keys) / keys).toBeLessThanOrEqual(tolerance);
    expect(count.exact).toBe(tolerance === 0);
  }
});

test('every record is in exactly one shard, whatever the keys are', () => {
  const keys = fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 64 }), (some, shards) => {
      const plan = new KeyPlan('x', evenRanges(shards));
      for (const key of some) plan.add(key, 10);
      const report = plan.report(5);
      expect(report.shards.reduce((sum, { records }) => sum + records, 0)).toBe(some.length);
      expect(report.distinctKeys).toBe(new Set(some).size);
      expect(report.imbalance).toBeGreaterThanOrEqual(1);
      expect(report.imbalance).toBeLessThanOrEqual(shards);
    }),
  );
});
