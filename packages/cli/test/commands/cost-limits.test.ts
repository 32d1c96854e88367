import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createLocalCli } from '../support/local.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cost-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('cost follows from the shape of the stream and what CloudWatch counted', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  const records = Array.from({ length: 300 }, (_, n) => ({
    partitionKey: `k${n}`,
    data: Buffer.from('x'.repeat(300)),
  }));
  for (let minute = 0; minute < 10; minute++) {
    await cli.kinesis.connection.writer.write('orders', records, {});
    await cli.clock.advance(60_000);
  }
  const { code, lines, stderr } = await cli.run(['cost', 'orders', '--for', '1h']);
  expect(code).toBe(0);
  expect(stderr).toContain('example prices');
  expect(lines).toMatchObject([
    { stream: 'orders', now: 'provisioned', prices: 'examples', traffic: { shards: 2 } },
  ]);
  const [document] = lines as unknown as [
    { traffic: { inRecords: number }; modes: { mode: string; monthly: number }[] },
  ];
  // Ten minutes and the one under way.
  expect(document.traffic.inRecords).toBeCloseTo(3000 / 660, 2);
  expect(document.modes.map(({ mode }) => mode)).toContain('on-demand-advantage');
  const table = await cli.run(['cost', 'orders', '-o', 'table']);
  expect(table.stdout).toMatch(/provisioned \(2 shards\), now +2[12]\.\d\d/);
  expect(table.stdout).toMatch(/aggregation saves 9\d %/);
});

test('prices of one’s own stand in for the examples, and what is no price is refused', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  const path = join(folder, 'prices.json');
  await writeFile(path, '{"shardHour":1}');
  const { lines, stderr } = await cli.run(['cost', 'orders', '--prices', path]);
  expect(lines).toMatchObject([{ prices: path }]);
  const [document] = lines as unknown as [{ modes: { mode: string; monthly: number }[] }];
  expect(document.modes).toContainEqual(expect.objectContaining({ mode: 'provisioned', monthly: 1460 }));
  expect(stderr).toContain('stand idle');
  for (const text of ['{"shardHours":1}', '{"shardHour":-1}', '{"shardHour":"1"}', '[]', 'x']) {
    await writeFile(path, text);
    const refused = await cli.run(['cost', 'orders', '--prices', path]);
    expect([text, refused.code]).toEqual([text, 2]);
    expect(refused.stderr).toContain(path);
  }
  expect((await cli.run(['cost', 'orders', '--prices', join(folder, 'none.json')])).code).toBe(3);
});

test('limits are those of the account and, with a stream, its own with how near they are', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } }, shardLimit: 10 });
  const records = Array.from({ length: 500 }, (_, n) => ({ partitionKey: `k${n}`, data: Buffer.from('x') }));
  for (let second = 0; second < 60; second++)
    await cli.kinesis.connection.writer.write('orders', records, {});
  const account = await cli.run(['limits']);
  expect(account.lines).toContainEqual(
    expect.objectContaining({ limit: 'open shards in the region', used: 2, allowed: 10, share: 0.2 }),
  );
  const { lines } = await cli.run(['limits', 'orders']);
  expect(lines).toContainEqual(
    expect.objectContaining({ limit: 'records written, all shards', used: 500, allowed: 2000, share: 0.25 }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ limit: 'fan-out consumers', used: 0, allowed: 20 }));
});

test('--max-percent is exit code 7 when a limit is nearer, with what to do', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 9 } }, shardLimit: 10 });
  expect((await cli.run(['limits', '--max-percent', '95'])).code).toBe(0);
  const near = await cli.run(['limits', '--max-percent', '80']);
  expect(near.code).toBe(7);
  expect(near.stderr).toContain('open shards in the region is over 80 % of what is allowed. Ask for');
});
