import { expect, test } from 'vitest';

import { createPaint } from '../../src/io/paint.ts';
import { createFrame, renderFrame } from '../../src/top/frame.ts';
import { createGroups } from '../support/group.ts';
import { createLocalCli, type LocalCli } from '../support/local.ts';
import { Collector } from '../support/run-cli.ts';

const rate = (index: number): { shardId: string; recordsPerSecond: number; bytesPerSecond: number } => ({
  shardId: `shardId-00000000000${index}`,
  recordsPerSecond: index * 100,
  bytesPerSecond: 0,
});

async function traffic(cli: LocalCli, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    for (let n = 0; n < 50; n++) await cli.put('orders', 'hot', 'x'.repeat(1000));
    await cli.clock.advance(1000);
  }
}

test('one look shows each shard with its load, its owner and how far its readers are behind', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  await using groups = createGroups(cli);
  await cli.put('orders', 'hot', 'x');
  await groups.handle('billing', 'orders', 1);
  await traffic(cli, 10);
  const before = cli.clock.now();
  const { code, lines } = await cli.run(['top', 'orders', '-n', '1']);
  expect(code).toBe(0);
  // Each second that passed before the look was one without traffic in its ten.
  const quiet = Math.ceil((cli.clock.now() - before) / 1000);
  const [frame] = lines as unknown as [
    { shards: { load: number; recordsPerSecond: number; behindMs: number }[] },
  ];
  expect(frame).toMatchObject({
    stream: 'orders',
    mode: 'PROVISIONED',
    throttledWrites: 0,
    readers: [{ reader: 'billing', workers: 0, freeShards: 2, records: expect.any(Number) as number }],
  });
  const [idle, full] = frame.shards.toSorted((a, b) => a.recordsPerSecond - b.recordsPerSecond);
  expect(idle?.recordsPerSecond).toBe(0);
  expect(full?.recordsPerSecond).toBeLessThanOrEqual(50.5);
  expect(full?.recordsPerSecond).toBeGreaterThanOrEqual(50 - 5 * quiet);
  expect(full?.load).toBeCloseTo((full?.recordsPerSecond ?? 0) / 1000, 6);
  expect(full?.behindMs).toBeGreaterThan(9000);
});

test('on a terminal it is drawn in its own place until Ctrl-C', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await traffic(cli, 2);
  const user = new AbortController();
  const stdout = new Collector();
  const running = cli.run(['top', 'orders'], {
    stdout,
    signal: user.signal,
    tty: { stdout: true },
    env: { NO_COLOR: '1', MILLRACE_LOCAL: '1' },
  });
  await stdout.until((text) => text.includes('\u001b[5A\r\u001b[J'));
  user.abort();
  expect((await running).code).toBe(0);
  expect(stdout.text).toContain('WRITE LOAD');
});

test('on a small terminal no line wraps and none scrolls away: it stays in its place', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 9 } } });
  const user = new AbortController();
  const stdout = new Collector();
  const running = cli.run(['top', 'orders'], {
    stdout,
    signal: user.signal,
    tty: { stdout: true },
    room: { columns: 40, rows: 6 },
    env: { NO_COLOR: '1', MILLRACE_LOCAL: '1' },
  });
  const drawn = await stdout.until((text) => text.includes('\u001b[5A\r\u001b[J'));
  user.abort();
  await running;
  const lines = drawn.split('\u001b[5A')[0]?.split('\n').slice(0, -1) ?? [];
  expect(lines).toHaveLength(5);
  expect(lines.at(-1)).toMatch(/^… and \d+ more lines$/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
});

test('reads that are refused are told of, what was seen stays, and the next look is made', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const user = new AbortController();
  const stdout = new Collector();
  const running = cli.run(['top', 'orders'], {
    stdout,
    signal: user.signal,
    tty: { stdout: true },
    env: { NO_COLOR: '1', MILLRACE_LOCAL: '1' },
  });
  const since = async (phrase: string, from: number): Promise<number> => {
    const text = await stdout.until((all) => all.indexOf(phrase, from) >= 0);
    return text.indexOf(phrase, from);
  };
  await since('WRITE LOAD', 0);
  const error = 'ProvisionedThroughputExceededException';
  cli.kinesis.faults.add({ operation: 'GetRecords', error });
  const refused = await since('no new look: GetRecords on stream "orders" failed', 0);
  expect(stdout.text.slice(0, refused).split('\u001b[J').at(-1)).toContain('WRITE LOAD');
  cli.kinesis.faults.clear();
  await since('WRITE LOAD', refused);
  user.abort();
  expect((await running).code).toBe(0);
});

test('elsewhere each look is a line of its own, without a control character', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const { stdout, lines } = await cli.run(['top', 'orders', '-n', '3']);
  expect(lines).toHaveLength(3);
  expect(stdout).not.toContain('\u001b');
});

test('the fullest shards come first, and those there is no room for are counted', () => {
  const frame = createFrame(
    { at: '2026-01-01T00:00:00.000Z', stream: 'orders', mode: 'PROVISIONED' },
    [rate(1), rate(9), rate(5)],
    [],
  );
  const text = renderFrame(frame, createPaint(false), 2);
  expect(text).toMatch(/9 +900 .*90 %\n +5 +500 .*50 %\n +… and 1 more\n$/u);
  expect(text).toContain('throttled in the last minute: not known');
});
