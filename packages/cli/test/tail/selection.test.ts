import { gzipSync } from 'node:zlib';

import { createProducer } from '@millrace/kinesis/producer';
import { rawStream } from '@millrace/kinesis';
import { expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createFakeKinesis, failure } from '../support/fake-kinesis.ts';
import { createLocalCli } from '../support/local.ts';
import { Collector, runCli } from '../support/run-cli.ts';

const all = ['--from', 'oldest', '--exit-at-end'];
const minutes = (lines: readonly Record<string, unknown>[]): number[] =>
  lines.filter(({ partitionKey }) => partitionKey === 'a').map(({ value }) => value as number);

test('a range has what arrived from its beginning up to its end, and stops there', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  const { engine } = cli.kinesis;
  for (let minute = 0; minute < 60; minute++) {
    for (const key of ['a', 'b', 'c']) await cli.put('orders', key, String(minute));
    if (minute === 20) engine.splitShard('orders', 'shardId-000000000000');
    await cli.clock.advance(60_000);
  }
  const wanted = Array.from({ length: 30 }, (_, index) => index + 10);
  for (const span of [
    ['--range', '-50m..-20m'],
    ['--from', '-50m..-20m'],
    ['--from', '-50m', '--to', '-20m'],
  ]) {
    const { code, lines } = await cli.run(['tail', 'orders', ...span]);
    expect(code).toBe(0);
    expect(lines).toHaveLength(90);
    expect(minutes(lines)).toEqual(wanted);
  }
});

test('a range that ends in time to come ends when it has come', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'x');
  const end = new Date(cli.clock.now() + 60_000).toISOString();
  const startedAt = cli.clock.now();
  const { code, lines } = await cli.run(['tail', 'orders', '--from', 'oldest', '--to', end]);
  expect({ code, records: lines.length }).toEqual({ code: 0, records: 1 });
  expect(cli.clock.now() - startedAt).toBeGreaterThanOrEqual(60_000);
  expect(cli.clock.now() - startedAt).toBeLessThan(61_000);
});

test('with one shard a range may go from record to record', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (let n = 0; n < 10; n++) await cli.put('orders', 'a', String(n));
  const { lines } = await cli.run(['tail', 'orders', ...all]);
  const [from, to] = [lines[3], lines[6]].map((line) => String(line?.['sequenceNumber']));
  const values = async (range: string): Promise<unknown[]> =>
    (await cli.run(['tail', 'orders', '--shard', '0', '--range', range])).lines.map(({ value }) => value);
  expect(await values(`at:${from}..after:${to}`)).toEqual([3, 4, 5, 6]);
  expect(await values(`after:${from}..at:${to}`)).toEqual([4, 5]);
  expect(await values(`at:${from}..after:${from}`)).toEqual([3]);
});

test('--last begins with the newest records of all shards in the order they came, then goes on', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 3 } } });
  for (let n = 0; n < 40; n++) {
    await cli.put('orders', `k${n}`, String(n));
    await cli.clock.advance(1000);
  }
  const last = await cli.run(['tail', 'orders', '--last', '12', '-e']);
  expect(last.lines.map(({ value }) => value)).toEqual(Array.from({ length: 12 }, (_, n) => 28 + n));
  const matching = await cli.run(['tail', 'orders', '--last', '3', '-e', '--where', 'value % 10 == 0']);
  expect(matching.lines.map(({ value }) => value)).toEqual([10, 20, 30]);
  const stdout = new Collector();
  const running = cli.run(['tail', 'orders', '--last', '1', '--num', '2'], { stdout });
  await stdout.until((text) => text !== '');
  await cli.put('orders', 'k', '40');
  expect((await running).code).toBe(0);
  expect(
    stdout.text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { value: number }).value),
  ).toEqual([39, 40]);
});

test('--last reads the end of a stream, not all of it', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  for (let n = 0; n < 2000; n++) {
    await cli.put('orders', `k${n % 50}`, String(n));
    if (n % 10 === 9) await cli.clock.advance(1000);
  }
  const { reader } = cli.kinesis.connection;
  let read = 0;
  const counting = createFakeKinesis({
    reader: {
      ...reader,
      read: async (...given) => {
        const result = await reader.read(...given);
        read += result.records.length;
        return result;
      },
    },
    admin: { describe: async () => ({ retentionHours: 24 }) as never },
  });
  const { lines } = await cli.run(['tail', 'orders', '--last', '20', '-e'], { doors: counting.doors });
  expect(lines).toHaveLength(20);
  expect(read).toBeLessThan(200);
});

test('--last of an empty stream is nothing, found without waiting for ever', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  expect(await cli.run(['tail', 'orders', '--last', '5', '-e'])).toMatchObject({ code: 0, stdout: '' });
});

test('--where keeps the records its expression holds for, of any shape', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (const text of ['{"total":150}', '{"total":50}', 'no JSON', '[1]', '{"total":"150"}', 'null'])
    await cli.put('orders', 'a', text);
  await cli.put('orders', 'a', Uint8Array.of(0xff));
  const { stdout } = await cli.run(['tail', 'orders', ...all, '-o', 'raw', '--where', 'value.total > 100']);
  expect(stdout).toBe('{"total":150}\n');
});

test('--where that cannot be read is a usage error with the place, before anything is opened', async () => {
  const { code, stderr } = await runCli(['tail', 'orders', '--where', 'value.total >> 100', '--local']);
  expect(code).toBe(2);
  expect(stderr).toContain('column 14');
  expect(stderr).toMatch(/\n {4}value\.total >> 100\n {17}\^/);
});

test('gzip is looked into for searching, and written as it was put unless asked', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const packed = gzipSync('{"total":150}');
  await cli.put('orders', 'a', packed);
  await cli.put('orders', 'a', Uint8Array.of(0x1f, 0x8b, 0x00));
  const where = ['--where', 'value.total == 150'];
  const asPut = await cli.run(['tail', 'orders', ...all, ...where]);
  expect(asPut.lines).toMatchObject([{ encoding: 'base64', value: packed.toString('base64') }]);
  const decoded = await cli.run(['tail', 'orders', ...all, ...where, '--decode', 'auto']);
  expect(decoded.lines).toMatchObject([{ encoding: 'json', value: { total: 150 } }]);
  expect((await cli.run(['tail', 'orders', ...all, '--grep', 'total'])).lines).toHaveLength(1);
  const pretty = await cli.run(['tail', 'orders', ...all], {
    tty: { stdout: true },
    env: { NO_COLOR: '1', MILLRACE_LOCAL: '1' },
  });
  expect(pretty.stdout).toContain('{"total":150}');
});

test('--no-deaggregate shows an aggregate as the one record it is stored as', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const producer = createProducer(rawStream('orders'), cli.kinesis.connection, {
    aggregation: 'key',
    clock: cli.clock,
  });
  await drive(
    cli.clock,
    Promise.all(['x', 'y'].map((data) => producer.put({ partitionKey: 'a', data: Buffer.from(data) }))),
  );
  expect((await cli.run(['tail', 'orders', ...all])).lines).toHaveLength(2);
  expect((await cli.run(['tail', 'orders', ...all, '--no-deaggregate'])).lines).toHaveLength(1);
});

test('a shard that passes its retention while it is read is left behind, and the rest goes on', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  for (let n = 0; n < 10; n++) await cli.put('orders', `k${n}`, 'x');
  const { reader } = cli.kinesis.connection;
  let gone = false;
  const trimming = createFakeKinesis({
    reader: {
      ...reader,
      listShards: async (...given) =>
        (await reader.listShards(...given)).filter(({ shardId }) => !gone || !shardId.endsWith('0')),
      openIterator: (...given) => {
        if (!given[1].endsWith('0')) return reader.openIterator(...given);
        gone = true;
        throw failure('STREAM_NOT_FOUND');
      },
    },
  });
  const { code, lines } = await cli.run(['tail', 'orders', ...all], { doors: trimming.doors });
  expect(code).toBe(0);
  expect(new Set(lines.map(({ shardId }) => shardId))).toEqual(new Set(['shardId-000000000001']));
});
