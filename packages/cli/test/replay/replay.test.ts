import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rawStream } from '@millrace/kinesis';
import { createProducer } from '@millrace/kinesis/producer';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createLocalCli, type LocalCli } from '../support/local.ts';
import type { CliResult } from '../support/run-cli.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});
const state = (): string[] => ['--state', join(folder, 'state.json')];
const everything = ['--range', 'oldest..now'];

async function values(cli: LocalCli, stream: string): Promise<Record<string, unknown>[]> {
  const { lines } = await cli.run(['tail', stream, '--from', 'oldest', '-e']);
  return [...lines];
}

/** Runs it and presses Ctrl-C `afterMs` after the first records were read. */
async function interrupted(cli: LocalCli, argv: readonly string[], afterMs: number): Promise<CliResult> {
  const user = new AbortController();
  const { openKinesis } = cli.doors;
  let begun = false;
  return cli.run(argv, {
    signal: user.signal,
    doors: {
      openKinesis: async (target) => {
        const kinesis = await openKinesis(target);
        const { reader, writer } = kinesis.connection;
        const watching: typeof reader = {
          ...reader,
          read: async (iterator, options) => {
            const result = await reader.read(iterator, options);
            if (options.limit === 10_000 && result.records.length > 0 && !begun) {
              begun = true;
              cli.clock.timer(afterMs, () => user.abort());
            }
            return result;
          },
        };
        return { ...kinesis, connection: { writer, reader: watching } };
      },
    },
  });
}

const essence = (lines: readonly Record<string, unknown>[]): unknown[] =>
  lines
    .map(({ shardId, partitionKey, encoding, value, headers }) => ({
      shardId,
      partitionKey,
      encoding,
      value,
      headers,
    }))
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
const numbers = (lines: readonly Record<string, unknown>[]): number[] =>
  lines.map(({ value }) => Number(value)).toSorted((a, b) => a - b);
const ofKey = (lines: readonly Record<string, unknown>[], key: string): unknown[] =>
  lines.filter(({ partitionKey }) => partitionKey === key).map(({ value }) => value);

test('a range arrives in another stream whole, in the order of each key, across splits and merges', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 }, copy: { shards: 3 } } });
  const { engine } = cli.kinesis;
  for (let n = 0; n < 60; n++) {
    for (const key of ['a', 'b', 'c', 'd']) await cli.put('orders', key, String(n));
    if (n === 15) engine.splitShard('orders', 'shardId-000000000000');
    if (n === 35) engine.mergeShards('orders', 'shardId-000000000002', 'shardId-000000000003');
    await cli.clock.advance(60_000);
  }
  const result = await cli.run([
    'replay',
    'orders',
    '--range',
    '-50m..-10m',
    '--into',
    'stream:copy',
    ...state(),
  ]);
  expect(result.code).toBe(0);
  expect(result.lines).toMatchObject([{ stream: 'orders', into: 'stream:copy', records: 160, done: true }]);
  const copied = await values(cli, 'copy');
  expect(copied).toHaveLength(160);
  for (const key of ['a', 'b', 'c', 'd']) {
    expect(ofKey(copied, key)).toEqual(Array.from({ length: 40 }, (_, n) => n + 10));
  }
  expect(existsSync(join(folder, 'state.json'))).toBe(false);
});

test('bytes, headers and explicit hash keys are as they were, and a stray record stays in its place', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 }, copy: { shards: 2 } } });
  const producer = createProducer(rawStream('orders'), cli.kinesis.connection, {
    aggregation: 'key',
    clock: cli.clock,
  });
  const bytes = Uint8Array.of(0, 255, 31, 139);
  await drive(
    cli.clock,
    Promise.all([
      producer.put({ partitionKey: 'a', explicitHashKey: '7', data: bytes }, { headers: { trace: 't1' } }),
      producer.put({ partitionKey: 'a', explicitHashKey: '7', data: Buffer.from(' {"b":1} ') }),
    ]),
  );
  for (const explicitHashKey of ['0', String(2n ** 128n - 1n)]) {
    await cli.kinesis.connection.writer.write(
      'orders',
      [
        {
          partitionKey: 'stray',
          explicitHashKey,
          data: Buffer.from(explicitHashKey),
        },
      ],
      {},
    );
  }
  await cli.clock.advance(1);
  await cli.run(['replay', 'orders', ...everything, '--into', 'stream:copy', ...state()]);
  const [before, after] = [await values(cli, 'orders'), await values(cli, 'copy')];
  expect(after).toHaveLength(4);
  expect(essence(after)).toEqual(essence(before));
});

test('a file holds the lines that put reads, and is never overwritten', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 }, copy: {} } });
  for (let n = 0; n < 30; n++) await cli.put('orders', `k${n % 3}`, String(n));
  await cli.clock.advance(1);
  const path = join(folder, 'orders.ndjson');
  const argv = ['replay', 'orders', ...everything, '--into', `file:${path}`, ...state()];
  expect((await cli.run(argv)).code).toBe(0);
  const text = await readFile(path, 'utf8');
  expect(text.trim().split('\n')).toHaveLength(30);
  await cli.run(['put', 'copy', '--in', 'ndjson', '--ordering', 'key'], { stdin: text });
  const copied = await values(cli, 'copy');
  for (const key of ['k0', 'k1', 'k2'])
    expect(ofKey(copied, key)).toEqual(ofKey(await values(cli, 'orders'), key));
  const again = await cli.run(argv);
  expect(again.code).toBe(2);
  expect(again.stderr).toContain('is there already');
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('after Ctrl-C it goes on where it stopped: nothing twice, nothing missing', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 }, copy: {} } });
  for (let n = 0; n < 100; n++) await cli.put('orders', `k${n % 7}`, String(n));
  await cli.clock.advance(1000);
  for (const into of ['stream:copy', `file:${join(folder, 'orders.ndjson')}`]) {
    const argv = ['replay', 'orders', ...everything, '--into', into, '--rate', '10/s', ...state()];
    const first = await interrupted(cli, argv, 3000);
    expect(first.code).toBe(130);
    const done = Number(first.lines[0]?.['records']);
    expect(done).toBeGreaterThan(10);
    expect(done).toBeLessThan(60);
    // What arrived meanwhile is not of the range: its times were fixed at the beginning.
    await cli.put('orders', 'late', 'late');
    const second = await cli.run(argv);
    expect(second.code).toBe(0);
    expect(second.stderr).toContain(`${done} records are replayed; --restart begins anew`);
    expect(second.lines).toMatchObject([{ records: 100, done: true }]);
    cli.kinesis.engine.deleteStream('orders');
    await cli.run(['streams', 'create', 'orders', '--shards', '2']);
    for (let n = 0; n < 100; n++) await cli.put('orders', `k${n % 7}`, String(n));
    await cli.clock.advance(1000);
  }
  const all = Array.from({ length: 100 }, (_, n) => n);
  const copied = await values(cli, 'copy');
  expect(numbers(copied)).toEqual(all);
  for (let key = 0; key < 7; key++) {
    const mine = ofKey(copied, `k${key}`).map(Number);
    expect(mine).toEqual(mine.toSorted((a, b) => a - b));
  }
  const lines = readFileSync(join(folder, 'orders.ndjson'), 'utf8').trim().split('\n');
  expect(numbers(lines.map((line) => JSON.parse(line) as Record<string, unknown>))).toEqual(all);
});

test('what a crash left behind the last state of a file is written again, not twice', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (let n = 0; n < 50; n++) await cli.put('orders', 'k', String(n));
  await cli.clock.advance(1000);
  const path = join(folder, 'orders.ndjson');
  const argv = ['replay', 'orders', ...everything, '--into', `file:${path}`, '--rate', '10/s', ...state()];
  await interrupted(cli, argv, 2000);
  await writeFile(path, '{"half a li', { flag: 'a' });
  expect((await cli.run(argv)).code).toBe(0);
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { value: number }).value)).toEqual(
    Array.from({ length: 50 }, (_, n) => n),
  );
});

test('with --rate little is under way at once, to come again after a crash, however many shards share it', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 8 }, copy: {} } });
  for (let n = 0; n < 400; n++) await cli.put('orders', `k${n}`, String(n));
  await cli.clock.advance(1000);
  const argv = ['replay', 'orders', ...everything, '--into', 'stream:copy', '--rate', '50/s', '--progress'];
  const { stderr } = await cli.run([...argv, ...state()]);
  const safe = [...stderr.matchAll(/ s: (\d+) records? replayed/g)].map(([, records]) => Number(records));
  expect(safe.length).toBeGreaterThan(5);
  // What is not safe yet becomes so all at once: that shows as a leap.
  for (const [second, records] of safe.entries()) {
    expect(records - (safe[second - 1] ?? 0)).toBeLessThanOrEqual(100);
  }
});

test('records and bytes of a replay that went on are those of all its runs', async () => {
  await using cli = await createLocalCli({ streams: { orders: {}, copy: {} } });
  for (let n = 0; n < 50; n++) await cli.put('orders', 'k', 'x'.repeat(100));
  await cli.clock.advance(1000);
  const argv = ['replay', 'orders', ...everything, '--into', 'stream:copy', '--rate', '10/s', ...state()];
  const first = await interrupted(cli, argv, 2000);
  expect(first.lines).toMatchObject([{ done: false }]);
  const second = await cli.run(argv);
  expect(second.lines).toMatchObject([{ records: 50, bytes: 5000, done: true }]);
  expect(second.stderr).toContain('in all ');
});

test('a stream that is replayed into itself is warned of', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'k', '1');
  await cli.clock.advance(1000);
  const { code, stderr } = await cli.run([
    'replay',
    'orders',
    ...everything,
    '--into',
    'stream:orders',
    ...state(),
  ]);
  expect(code).toBe(0);
  expect(stderr).toContain('orders gets its own records again');
});

test('of the minute that is not over all that was counted so far is in a range that ends now', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  for (let n = 0; n < 40; n++) await cli.put('orders', `k${n}`, 'x');
  await cli.clock.advance(15_000);
  const into = `file:${join(folder, 'out.ndjson')}`;
  const argv = ['replay', 'orders', '--range', '-1h..', '--into', into, '--dry-run', ...state()];
  const { lines } = await cli.run(argv);
  expect(lines).toMatchObject([{ basis: 'cloudwatch', records: 40 }]);
});

test('a dry run tells how much it is and writes nothing', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 }, copy: {} } });
  for (let n = 0; n < 100; n++) {
    await cli.put('orders', `k${n}`, 'x'.repeat(1000));
    await cli.clock.advance(6000);
  }
  const dry = await cli.run([
    'replay',
    'orders',
    '--range',
    '-8m..-3m',
    '--into',
    'stream:copy',
    '--rate',
    '5/s',
    '--dry-run',
    ...state(),
  ]);
  expect(dry.lines).toMatchObject([{ dryRun: true, shards: 2, basis: 'cloudwatch' }]);
  expect(dry.lines[0]?.['records']).toBeGreaterThan(40);
  expect(dry.lines[0]?.['records']).toBeLessThan(60);
  expect(dry.lines[0]?.['seconds']).toBeCloseTo(Number(dry.lines[0]?.['records']) / 5, 5);
  const one = await cli.run([
    'replay',
    'orders',
    ...everything,
    '--shard',
    '0',
    '--into',
    'stream:copy',
    '--dry-run',
    ...state(),
  ]);
  expect(one.lines).toMatchObject([
    {
      basis: 'counted',
      records: (await values(cli, 'orders')).filter(({ shardId }) => String(shardId).endsWith('0')).length,
    },
  ]);
  expect(await values(cli, 'copy')).toEqual([]);
  expect(existsSync(join(folder, 'state.json'))).toBe(false);
});

test('--where and --key choose what is replayed, and belong to the state', async () => {
  await using cli = await createLocalCli({ streams: { orders: {}, copy: {} } });
  for (let n = 0; n < 20; n++) await cli.put('orders', n % 2 === 0 ? 'even' : 'odd', JSON.stringify({ n }));
  await cli.clock.advance(1);
  await cli.run([
    'replay',
    'orders',
    ...everything,
    '--into',
    'stream:copy',
    '--key',
    'odd',
    '--where',
    'value.n > 10',
    ...state(),
  ]);
  expect((await values(cli, 'copy')).map(({ value }) => (value as { n: number }).n)).toEqual([
    11, 13, 15, 17, 19,
  ]);
});

test('a record that cannot be stored ends it with its reason, and the state stays', async () => {
  await using cli = await createLocalCli({ streams: { orders: { maxRecordKiB: 2048 }, copy: {} } });
  await cli.put('orders', 'k', 'small');
  await cli.put('orders', 'k', new Uint8Array(1_500_000));
  await cli.clock.advance(1);
  const result = await cli.run([
    'replay',
    'orders',
    ...everything,
    '--into',
    'stream:copy',
    '--rate',
    '1/s',
    ...state(),
  ]);
  expect(result.code).toBe(6);
  expect(result.stderr).toContain('1 record');
  const kept = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as { records: number };
  expect(kept.records).toBe(1);
});

test.each([
  [['--into', 'stream:copy'], 2, '--range'],
  [[...everything], 2, '--into'],
  [[...everything, '--into', 'copy'], 2, '--into'],
  [[...everything, '--into', 'stream:nope'], 3, 'nope'],
  [['--range', '-1h..2100-01-01', '--into', 'stream:orders'], 2, '--into'],
  [['--range', 'at:1..after:2', '--into', 'stream:copy'], 2, '--range'],
  [[...everything, '--into', 'stream:copy', '--rate', '0'], 2, '--rate'],
  [[...everything, '--into', 'stream:copy', '--where', 'value..x'], 2, '--where'],
])('replay orders %j is exit code %i and names %s', async (argv, code, named) => {
  await using cli = await createLocalCli({ streams: { orders: {}, copy: {} } });
  const result = await cli.run(['replay', 'orders', ...argv, ...state()]);
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(named);
});

test.each([
  '',
  'no JSON',
  '{"v":1}',
  '{"v":1,"stream":"orders","into":"stream:copy","range":"oldest..now","filter":"","span":{},"shards":{},"records":0}',
])('a state file that holds %j is refused, and left as it is', async (text) => {
  await using cli = await createLocalCli({ streams: { orders: {}, copy: {} } });
  await writeFile(join(folder, 'state.json'), text);
  const argv = ['replay', 'orders', ...everything, '--into', 'stream:copy', ...state()];
  const result = await cli.run(argv);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('not the state of a replay');
  expect(await readFile(join(folder, 'state.json'), 'utf8')).toBe(text);
  await cli.clock.advance(1);
  expect((await cli.run([...argv, '--restart'])).code).toBe(0);
});

test('a restart that is a dry run, or is refused, leaves the state to go on from', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (let n = 0; n < 30; n++) await cli.put('orders', 'k', String(n));
  await cli.clock.advance(1);
  const file = join(folder, 'out.ndjson');
  const argv = ['replay', 'orders', ...everything, '--rate', '10/s', '--into', `file:${file}`, ...state()];
  await interrupted(cli, argv, 1000);
  const kept = await readFile(join(folder, 'state.json'), 'utf8');
  expect((await cli.run([...argv, '--restart', '--dry-run'])).code).toBe(0);
  expect(await readFile(join(folder, 'state.json'), 'utf8')).toBe(kept);
  expect((await cli.run([...argv, '--restart'])).stderr).toContain('is there already');
  expect(await readFile(join(folder, 'state.json'), 'utf8')).toBe(kept);
  expect((await cli.run(argv)).code).toBe(0);
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(30);
});

test('the state of another replay is not gone on with', async () => {
  await using cli = await createLocalCli({ streams: { orders: {}, copy: {}, other: {} } });
  for (let n = 0; n < 30; n++) await cli.put('orders', 'k', 'x');
  await cli.clock.advance(1);
  const argv = ['replay', 'orders', ...everything, '--rate', '10/s', ...state()];
  await interrupted(cli, [...argv, '--into', 'stream:copy'], 1000);
  const other = await cli.run([...argv, '--into', 'stream:other']);
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('its into is stream:copy');
});
