import { rawStream } from '@millrace/kinesis';
import { createProducer } from '@millrace/kinesis/producer';
import { expect, test } from 'vitest';

import { adviseOnHeat } from '../../src/hot/advise.ts';
import type { ShardHeat } from '../../src/hot/shard-heat.ts';
import { drive } from '../support/drive.ts';
import { createLocalCli, type LocalCli } from '../support/local.ts';

async function traffic(cli: LocalCli, seconds: number, hotPerSecond: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    const keys = [
      ...Array.from({ length: hotPerSecond }, () => 'tenant-42'),
      ...Array.from({ length: 100 }, (_, n) => `k${second}-${n}`),
    ];
    await cli.kinesis.connection.writer.write(
      'orders',
      keys.map((partitionKey) => ({ partitionKey, data: Buffer.from('xy') })),
      {},
    );
    await cli.clock.advance(1000);
  }
}

interface Document {
  readonly records: number;
  readonly shards: readonly ShardHeat[];
  readonly findings: readonly {
    readonly kind: string;
    readonly partitionKey?: string;
    readonly advice: string;
  }[];
}

test('a hot key is found with its share among thousands of others, and the advice is a salt', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  await traffic(cli, 30, 400);
  for (let n = 0; n < 30; n++) await traffic(cli, 1, 400);
  const { code, lines } = await cli.run(['hot', 'orders', '--past', '--for', '60s']);
  expect(code).toBe(0);
  const [document] = lines as unknown as [Document];
  expect(document.records).toBe(30_000);
  const hottest = document.shards.find(({ keys }) => keys[0]?.partitionKey === 'tenant-42');
  expect(hottest?.keys[0]?.atLeast).toBeGreaterThan(0.85);
  expect(hottest?.recordsPerSecond).toBeGreaterThan(400);
  expect(document.findings).toMatchObject([]);
});

test('watching from now on tells what arrives meanwhile, and opens aggregates for their keys', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const producer = createProducer(rawStream('orders'), cli.kinesis.connection, {
    aggregation: 'shard',
    clock: cli.clock,
  });
  const running = cli.run(['hot', 'orders', '--for', '20s']);
  await drive(
    cli.clock,
    Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        producer.put({ partitionKey: n % 4 === 0 ? 'other' : 'ada', data: Buffer.from('x') }),
      ),
    ),
  );
  const { lines } = await running;
  const [document] = lines as unknown as [Document];
  expect(document.records).toBeGreaterThan(0);
  expect(document.records).toBeLessThan(40);
  expect(document.shards[0]?.keys.map(({ partitionKey }) => partitionKey)).toEqual(['ada', 'other']);
});

test('a stream where nothing arrives is told of as such', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const { code, stderr } = await cli.run(['hot', 'orders', '--for', '5s', '-o', 'table']);
  expect(code).toBe(0);
  expect(stderr).toContain('nothing arrived');
});

const shard = (index: number, load: number, share: number, key = 'ada'): ShardHeat => ({
  shardId: `shardId-00000000000${index}`,
  recordsPerSecond: load * 1000,
  bytesPerSecond: 0,
  load,
  bound: 'records',
  keys: [{ partitionKey: key, share, atLeast: share }],
});

test.each([
  [
    'a key that is most of a full shard is salted, into as many parts as fit',
    [shard(0, 1.2, 0.9), shard(1, 0.1, 0.1)],
    ['hot-key'],
    /into 3 /,
  ],
  [
    'a full shard of many keys is split',
    [shard(0, 0.9, 0.1), shard(1, 0.1, 0.1)],
    ['hot-shard'],
    /shards split <stream> 0/,
  ],
  [
    'where all are full, shards are added',
    [shard(0, 0.9, 0.1), shard(1, 0.9, 0.1)],
    ['hot-shard', 'hot-shard'],
    /add shards/,
  ],
  [
    'one that has far more than the others is told of before it is full',
    [shard(0, 0.5, 0.1), shard(1, 0.1, 0.1), shard(2, 0.1, 0.1)],
    ['uneven'],
    /keys analyze/,
  ],
])('%s', (_, shards, kinds, advice) => {
  const findings = adviseOnHeat(shards);
  expect(findings.map(({ kind }) => kind)).toEqual(kinds);
  expect(findings[0]?.advice).toMatch(advice);
});

test('nothing is said of shards that are evenly and lightly used', () => {
  expect(adviseOnHeat([shard(0, 0.2, 0.9), shard(1, 0.2, 0.9)])).toEqual([]);
  expect(adviseOnHeat([shard(0, 0.01, 0.9), shard(1, 0, 0)])).toEqual([]);
  expect(adviseOnHeat([])).toEqual([]);
});
