import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EnableEnhancedMonitoringCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { expect, test } from 'vitest';

import { createMetrics } from '../../src/aws/metrics.ts';
import { createLocalCli } from '../support/local.ts';

interface Row {
  readonly metric: string;
  readonly sum: number;
  readonly average: number;
  readonly maximum: number;
  readonly points: readonly { readonly at: string; readonly sum: number }[];
}

const byName = (lines: readonly Record<string, unknown>[]): ReadonlyMap<string, Row> =>
  new Map(lines.map((line) => [String(line['metric']), line as unknown as Row]));

test('metrics are sums, averages over all samples, and maxima of exactly what was put and read', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (let minute = 0; minute < 5; minute++) {
    for (let n = 0; n <= minute; n++) await cli.put('orders', 'k', 'x'.repeat(99));
    await cli.clock.advance(60_000);
  }
  const rows = byName((await cli.run(['metrics', 'orders', '--for', '10m'])).lines);
  expect(rows.get('IncomingRecords')).toMatchObject({ sum: 15, average: 1, maximum: 1 });
  expect(rows.get('IncomingRecords')?.points.map(({ sum }) => sum)).toEqual([1, 2, 3, 4, 5]);
  expect(rows.get('IncomingBytes')).toMatchObject({ sum: 1500, average: 100, maximum: 100 });
  expect(rows.get('PutRecords.Success')).toMatchObject({ average: 1 });
  expect(rows.has('PutRecord.Success')).toBe(false);
});

test('throttled writes and the age of readers are seen', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} }, enforceLimits: true });
  const records = Array.from({ length: 500 }, () => ({ partitionKey: 'k', data: Buffer.from('x') }));
  for (let call = 0; call < 4; call++) await cli.kinesis.connection.writer.write('orders', records, {});
  await cli.clock.advance(120_000);
  await cli.run(['tail', 'orders', '--from', 'oldest', '-e']);
  const rows = byName((await cli.run(['metrics', 'orders'])).lines);
  expect(rows.get('WriteProvisionedThroughputExceeded')).toMatchObject({ sum: 1000 });
  expect(rows.get('PutRecords.ThrottledRecords')).toMatchObject({ sum: 1000 });
  expect(rows.get('GetRecords.IteratorAgeMilliseconds')?.maximum).toBeGreaterThanOrEqual(119_000);
});

test('on a terminal it is a table with how it went, a gap where nothing was told', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (const count of [1, 0, 7]) {
    for (let n = 0; n < count; n++) await cli.put('orders', 'k', 'x');
    await cli.clock.advance(60_000);
  }
  const { stdout } = await cli.run(['metrics', 'orders', '--for', '4m', '-o', 'table']);
  expect(stdout).toMatch(/IncomingRecords +8 +1 +1 +7 +▂ █/u);
  expect(stdout).toMatch(/IncomingBytes +16 B/);
});

test('--shards shows those of each shard where the stream publishes them, and says so where not', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  await cli.put('orders', 'k', 'x');
  const without = await cli.run(['metrics', 'orders', '--shards']);
  expect(without.stderr).toContain('enable-enhanced-monitoring');
  const client = new KinesisClient(cli.kinesis.clientConfig);
  await client.send(
    new EnableEnhancedMonitoringCommand({ StreamName: 'orders', ShardLevelMetrics: ['IncomingRecords'] }),
  );
  client.destroy();
  for (let n = 0; n < 20; n++) await cli.put('orders', `k${n}`, 'x');
  const { lines } = await cli.run(['metrics', 'orders', '--shards']);
  const ofShards = lines.filter((line) => (line['dimensions'] as { ShardId?: string }).ShardId !== undefined);
  expect(ofShards.reduce((sum, line) => sum + Number(line['sum']), 0)).toBe(20);
});

test('fan-out consumers have their own', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.run(['consumers', 'register', 'orders', 'search']);
  await cli.put('orders', 'k', 'x');
  const { code, lines } = await cli.run(['metrics', 'orders']);
  expect(code).toBe(0);
  expect(lines.every((line) => (line['points'] as unknown[]).length > 0)).toBe(true);
});

test('a stream nobody used is an empty answer and a word about it', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const { code, stdout, stderr } = await cli.run(['metrics', 'orders']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('CloudWatch has nothing of orders');
});

test('an unknown stream is exit code 3', async () => {
  await using cli = await createLocalCli();
  for (const command of ['metrics', 'top', 'hot', 'cost', 'limits', 'keys analyze']) {
    const result = await cli.run([...command.split(' '), 'nope']);
    expect([command, result.code]).toEqual([command, 3]);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  }
});

test('every page of an answer is read, and a long series is put together from its pages', async () => {
  const sent: { readonly NextToken?: string; readonly MetricDataQueries: readonly unknown[] }[] = [];
  const answers = [
    { MetricDataResults: [{ Id: 'm0', Timestamps: [new Date(60_000)], Values: [2] }], NextToken: 'more' },
    { MetricDataResults: [{ Id: 'm0', Timestamps: [new Date(0)], Values: [1] }] },
    { MetricDataResults: [{ Id: 'm500', Timestamps: [new Date(0)], Values: [3] }] },
  ];
  const client = {
    async send(command: { readonly input: (typeof sent)[number] }) {
      sent.push(command.input);
      return answers[sent.length - 1];
    },
  };
  const query = {
    namespace: 'AWS/Kinesis',
    name: 'IncomingRecords',
    dimensions: {},
    statistic: 'Sum',
  } as const;
  const series = await createMetrics(client as unknown as CloudWatchClient).read(
    Array.from({ length: 501 }, () => query),
    { from: 0, to: 120_000, periodSeconds: 60 },
  );
  expect(sent.map(({ NextToken, MetricDataQueries }) => [NextToken, MetricDataQueries.length])).toEqual([
    [undefined, 500],
    ['more', 500],
    [undefined, 1],
  ]);
  expect(series[0]).toEqual([
    { at: 0, value: 1 },
    { at: 60_000, value: 2 },
  ]);
  expect(series[500]).toEqual([{ at: 0, value: 3 }]);
});
