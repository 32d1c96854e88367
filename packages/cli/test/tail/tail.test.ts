import { createProducer } from '@millrace/kinesis/producer';
import { rawStream } from '@millrace/kinesis';
import { expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createFakeKinesis, failure } from '../support/fake-kinesis.ts';
import { createLocalCli } from '../support/local.ts';
import { Collector, runCli } from '../support/run-cli.ts';

const all = ['--from', 'oldest', '--exit-at-end'];

test('every record of every shard is written once, and it stops at the end', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 4 } } });
  for (let n = 0; n < 50; n++) await cli.put('orders', `k${n % 13}`, `{"n":${n}}`);
  const { code, lines, stderr } = await cli.run(['tail', 'orders', ...all]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(lines.map(({ value }) => (value as { n: number }).n).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, n) => n),
  );
  expect(new Set(lines.map(({ shardId }) => shardId)).size).toBeGreaterThan(1);
});

test('records of one key keep their order across splits and merges', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  const { engine } = cli.kinesis;
  for (let n = 0; n < 40; n++) {
    for (const key of ['a', 'b', 'c', 'd']) await cli.put('orders', key, String(n));
    if (n === 10) engine.splitShard('orders', 'shardId-000000000000');
    if (n === 20) engine.mergeShards('orders', 'shardId-000000000002', 'shardId-000000000003');
  }
  const { lines } = await cli.run(['tail', 'orders', ...all]);
  expect(lines).toHaveLength(160);
  for (const key of ['a', 'b', 'c', 'd']) {
    const seen = lines.filter(({ partitionKey }) => partitionKey === key).map(({ value }) => value);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => n));
  }
});

test('a split while it runs is followed', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 1 } } });
  const stdout = new Collector();
  const running = cli.run(['tail', 'orders', '--from', 'oldest', '--num', '20'], { stdout });
  for (let n = 0; n < 10; n++) await cli.put('orders', `k${n}`, 'x');
  await stdout.until((text) => text.split('\n').length > 10);
  cli.kinesis.engine.splitShard('orders', 'shardId-000000000000');
  for (let n = 10; n < 20; n++) await cli.put('orders', `k${n}`, 'x');
  expect((await running).code).toBe(0);
  const shards = stdout.text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { shardId: string }).shardId);
  expect(shards).toHaveLength(20);
  expect(shards).toContain('shardId-000000000002');
});

test('KPL aggregates are opened, with the explicit hash keys that only they keep', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  const producer = createProducer(rawStream('orders'), cli.kinesis.connection, {
    aggregation: 'key',
    clock: cli.clock,
  });
  const puts = ['x', 'y'].map((text) =>
    producer.put({ partitionKey: 'ada', explicitHashKey: '5', data: new TextEncoder().encode(text) }),
  );
  await drive(cli.clock, Promise.all(puts));
  const { lines } = await cli.run(['tail', 'orders', ...all]);
  expect(lines).toMatchObject([
    { subSequenceNumber: 0, partitionKey: 'ada', explicitHashKey: '5', value: 'x' },
    { subSequenceNumber: 1, partitionKey: 'ada', explicitHashKey: '5', value: 'y' },
  ]);
});

test('--from now leaves out what is there already', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'old');
  await cli.clock.advance(1);
  const { code, stdout } = await cli.run(['tail', 'orders', '--exit-at-end']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});

test('--from -15m reads the last fifteen minutes', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'old');
  await cli.clock.advance(20 * 60_000);
  await cli.put('orders', 'a', 'new');
  const { lines } = await cli.run(['tail', 'orders', '--from', '-15m', '--exit-at-end']);
  expect(lines.map(({ value }) => value)).toEqual(['new']);
});

test('--num counts what is written, not what is read', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (let n = 0; n < 20; n++) await cli.put('orders', n % 2 === 0 ? 'even' : 'odd', String(n));
  const { lines } = await cli.run(['tail', 'orders', '--from', 'oldest', '--key', 'odd', '--num', '3']);
  expect(lines.map(({ value }) => value)).toEqual([1, 3, 5]);
});

test('--grep looks at the text of the value', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (const text of ['refund 1', 'order 2', 'REFUND 3', '{"kind":"refund"}'])
    await cli.put('orders', 'a', text);
  const { stdout } = await cli.run(['tail', 'orders', ...all, '--grep', '^refund|"refund"', '-o', 'raw']);
  expect(stdout).toBe('refund 1\n{"kind":"refund"}\n');
});

test('-o keys and -o raw write only that, bytes untouched', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'ada', Uint8Array.of(0xff, 0x00));
  expect((await cli.run(['tail', 'orders', ...all, '-o', 'keys'])).stdout).toBe('ada\n');
  expect([...(await cli.run(['tail', 'orders', ...all, '-o', 'raw'])).bytes]).toEqual([0xff, 0x00, 0x0a]);
});

test('on a terminal records are for eyes, and cannot control it', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a\u001b[2J', 'x\u001b]0;evil\u0007');
  await cli.put('orders', 'bin', Uint8Array.of(0xff, 0xfe));
  const { stdout } = await cli.run(['tail', 'orders', ...all], {
    tty: { stdout: true },
    env: { NO_COLOR: '1' },
  });
  expect(stdout).not.toContain('\u001b');
  expect(stdout).toContain('  0 a\\x1b[2J  x\\x1b]0;evil\\x07\n');
  expect(stdout).toContain('bin  (2 bytes) fffe\n');
});

test('--json on a terminal is a JSON line for each record', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', '{"id":1}');
  const { lines } = await cli.run(['tail', 'orders', ...all, '--json'], { tty: { stdout: true } });
  expect(lines).toMatchObject([{ v: 1, value: { id: 1 } }]);
});

test('--shard reads one shard alone, and takes a sequence number to go on after', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  for (let n = 0; n < 20; n++) await cli.put('orders', `k${n}`, String(n));
  const whole = await cli.run(['tail', 'orders', ...all, '--shard', '1']);
  expect(whole.lines.length).toBeGreaterThan(1);
  expect(new Set(whole.lines.map(({ shardId }) => shardId))).toEqual(new Set(['shardId-000000000001']));
  const first = String(whole.lines[0]?.['sequenceNumber']);
  const rest = await cli.run([
    'tail',
    'orders',
    '-e',
    '--shard',
    'shardId-000000000001',
    '--from',
    `after:${first}`,
  ]);
  expect(rest.lines).toEqual(whole.lines.slice(1));
});

test('a closed shard read alone ends, and says where it goes on', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'x');
  cli.kinesis.engine.splitShard('orders', 'shardId-000000000000');
  const { code, lines, stderr } = await cli.run(['tail', 'orders', '--from', 'oldest', '--shard', '0']);
  expect(code).toBe(0);
  expect(lines).toHaveLength(1);
  expect(stderr).toContain('goes on in shardId-000000000001, shardId-000000000002');
});

test('--timeout before --num is reached is exit code 8, and without a goal it is the end', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const missed = await cli.run(['tail', 'orders', '--num', '1', '--timeout', '10s']);
  expect(missed.code).toBe(8);
  expect(missed.stderr).toContain('not done within 10 s');
  expect((await cli.run(['tail', 'orders', '--timeout', '10s'])).code).toBe(0);
});

test('the first Ctrl-C ends it in good order', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'x');
  const user = new AbortController();
  const stdout = new Collector();
  const running = cli.run(['tail', 'orders', '--from', 'oldest'], { stdout, signal: user.signal });
  await stdout.until((text) => text !== '');
  user.abort();
  expect((await running).code).toBe(0);
});

test('a reader that goes away ends it without a word', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  for (let n = 0; n < 10; n++) await cli.put('orders', 'a', 'x');
  class Closed extends Collector {
    override _write(_chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    }
  }
  const { code, stderr } = await cli.run(['tail', 'orders', '--from', 'oldest'], { stdout: new Closed() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('a full disk is an error, and no record is written twice', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'x');
  let writes = 0;
  class Full extends Collector {
    override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
      if (chunk.length > 0) writes++;
      done(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    }
  }
  const { code, stderr } = await cli.run(['tail', 'orders', '--from', 'oldest'], { stdout: new Full() });
  expect(code).toBe(1);
  expect(stderr).toContain('ENOSPC');
  expect(writes).toBe(1);
});

test('trouble that may pass is told once and waited out', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'x');
  const { reader } = cli.kinesis.connection;
  let reads = 0;
  const flaky = createFakeKinesis({
    reader: {
      ...reader,
      read: (...given) => {
        if (reads++ < 3) throw failure('THROTTLED', true);
        return reader.read(...given);
      },
    },
  });
  const { code, lines, stderr } = await cli.run(['tail', 'orders', ...all], { doors: flaky.doors });
  expect(code).toBe(0);
  expect(lines).toHaveLength(1);
  expect(stderr.match(/Trying again/g)).toHaveLength(1);
});

test('a stream deleted while it is read is exit code 3', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'x');
  const stdout = new Collector();
  const running = cli.run(['tail', 'orders', '--from', 'oldest'], { stdout });
  await stdout.until((text) => text !== '');
  cli.kinesis.engine.deleteStream('orders');
  expect((await running).code).toBe(3);
});

test('a real stream is read once a second and shard, and says so', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const { reader } = cli.kinesis.connection;
  let reads = 0;
  const counting = createFakeKinesis({
    reader: {
      ...reader,
      read: (...given) => {
        reads++;
        return reader.read(...given);
      },
    },
  });
  const result = await cli.run(['tail', 'orders', '--timeout', '30s'], {
    doors: counting.doors,
    env: { AWS_REGION: 'eu-west-1' },
  });
  expect(result.stderr).toContain('at most one read a second');
  expect(reads).toBeGreaterThanOrEqual(29);
  expect(reads).toBeLessThanOrEqual(32);
});

test.each([
  [['--from', 'after:5'], '--from'],
  [['--from', 'yesterday'], '--from'],
  [['--grep', '('], '--grep'],
  [['--json', '-o', 'raw'], '--output'],
  [['--poll', '100ms'], '--poll'],
  [['--poll', '1s', '--read-budget', '2'], '--read-budget'],
  [['--read-budget', '6'], '--read-budget'],
  [['--range', '-1h..-2h'], '--range'],
  [['--range', '-1h..', '--from', 'now'], '--range'],
  [['--range', 'at:5..after:7'], '--range'],
  [['--from', '-1h', '--to', '-2h'], '--to'],
  [['--last', '0'], '--last'],
  [['--last', '5', '--from', 'oldest'], '--from'],
])('tail %j is a usage error before anything is opened', async (argv, path) => {
  const { code, stderr } = await runCli(['tail', 'orders', ...argv], { env: { AWS_REGION: 'eu-west-1' } });
  expect(code).toBe(2);
  expect(stderr).toContain(path);
});

test('at a terminal it says that nothing has come yet, or that there was nothing; records and pipes are left alone', async () => {
  await using cli = await createLocalCli({ streams: { orders: {}, empty: {} } });
  await cli.put('orders', 'a', '1');
  const tty = { stdout: true, stderr: true };
  const stderrOf = async (argv: readonly string[], terminal = tty): Promise<string> => {
    const { stderr } = await cli.run(['tail', ...argv, '--color', 'never'], { tty: terminal });
    return stderr;
  };
  const waiting = 'no record of empty yet; Ctrl-C ends the wait\n';
  expect(await stderrOf(['empty', '--timeout', '5s'])).toBe(waiting);
  expect(await stderrOf(['empty', '--timeout', '5s'], { stdout: false, stderr: false })).toBe('');
  expect(await stderrOf(['empty', '--timeout', '2s'])).toBe('');
  expect(await stderrOf(['orders', '--from', 'oldest', '--timeout', '5s'])).toBe('');
  expect(await stderrOf(['orders', ...all])).toBe('');
  expect(await stderrOf(['orders', ...all, '--key', 'b'])).toBe('no record of orders that is wanted\n');
});

test('for eyes a long value is cut and says how long it is; -v shows all of it', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.put('orders', 'a', 'x'.repeat(50_000));
  const cut = await cli.run(['tail', 'orders', ...all, '-o', 'pretty']);
  expect(cut.stdout).toMatch(/ x{4096}… \(50000 bytes; -v shows all\)\n$/);
  const whole = await cli.run(['tail', 'orders', ...all, '-o', 'pretty', '-v']);
  expect(whole.stdout).toContain('x'.repeat(50_000));
});
