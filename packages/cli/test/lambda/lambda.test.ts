import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { kinesisEvent } from '@millrace/kinesis/testing';
import type { KinesisEvent } from '@millrace/kinesis/lambda';
import { afterAll, expect, test } from 'vitest';

import { createLocalCli } from '../support/local.ts';
import { runCli } from '../support/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-lambda-'));
afterAll(() => rmSync(folder, { recursive: true }));
const handlers = join(import.meta.dirname, 'partial.mjs');

test('an event of the last records of a stream has them as they are stored, of one shard', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  for (let index = 0; index < 6; index++) {
    await cli.put('orders', `key-${index}`, `value-${index}`);
    await cli.clock.advance(1000);
  }
  const { code, stdout } = await cli.run(['lambda', 'event', 'orders', '--last', '2']);
  expect(code).toBe(0);
  const event = JSON.parse(stdout) as KinesisEvent;
  const [first, last] = event.Records;
  expect(event.Records).toHaveLength(2);
  expect(Buffer.from(last?.kinesis.data ?? '', 'base64').toString()).toBe('value-5');
  expect(last).toMatchObject({
    eventSource: 'aws:kinesis',
    eventSourceARN: expect.stringMatching(/^arn:aws:kinesis:.*stream\/orders$/),
    kinesis: { partitionKey: 'key-5', approximateArrivalTimestamp: expect.any(Number) },
  });
  expect(first?.eventID.split(':')[0]).toBe(last?.eventID.split(':')[0]);
  expect(last?.eventID).toBe(`${last?.eventID.split(':')[0]}:${last?.kinesis.sequenceNumber}`);
});

test('the shard can be named', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 2 } } });
  for (let index = 0; index < 6; index++) await cli.put('orders', `key-${index}`, 'v');
  for (const shard of ['0', '1']) {
    const { stdout } = await cli.run(['lambda', 'event', 'orders', '--last', '9', '--shard', shard]);
    const ids = (JSON.parse(stdout) as KinesisEvent).Records.map(({ eventID }) => eventID.split(':')[0]);
    expect(new Set(ids)).toEqual(new Set([`shardId-00000000000${shard}`]));
  }
});

test('files are records whole; lines are records each, and those of millrace tail keep their keys', async () => {
  const binary = join(folder, 'broken.bin');
  writeFileSync(binary, new Uint8Array([0xff, 0x00]));
  const lines = join(folder, 'lines.ndjson');
  const tailed = { v: 1, partitionKey: 'grace', encoding: 'json', value: { id: 2 } };
  writeFileSync(lines, `{"id":1,"customer":"ada"}\n${JSON.stringify(tailed)}\n`);
  const argv = ['lambda', 'event', 'orders-prod', '--file', binary, '--lines', lines, '--key', 'k'];
  const { code, stdout } = await runCli(argv);
  expect(code).toBe(0);
  const { Records } = JSON.parse(stdout) as KinesisEvent;
  expect(
    Records.map(({ kinesis }) => [
      kinesis.partitionKey,
      Buffer.from(kinesis.data, 'base64').toString('latin1'),
    ]),
  ).toEqual([
    ['k', '\u00ff\u0000'],
    ['k', '{"id":1,"customer":"ada"}'],
    ['grace', '{"id":2}'],
  ]);
  expect(Records[0]?.eventSourceARN).toMatch(/stream\/orders-prod$/);
  const keyed = await runCli(['lambda', 'event', '--lines', '-', '--key', '.customer'], {
    stdin: '{"customer":"ada"}\n',
  });
  expect((JSON.parse(keyed.stdout) as KinesisEvent).Records[0]?.kinesis.partitionKey).toBe('ada');
});

test.each([
  [['lambda', 'event'], 2],
  [['lambda', 'event', '--last', '3'], 2],
  [['lambda', 'event', 'orders', '--last', '3', '--lines', '-'], 2],
  [['lambda', 'event', '--file', 'no-such-file'], 3],
  [['lambda', 'invoke', 'no-such-handler.js'], 3],
  [['lambda', 'invoke', handlers, '--max-age', '1s'], 2],
])('%j is refused with exit code %i', async (argv, code) => {
  const stdin = JSON.stringify(kinesisEvent(['a']));
  expect(await runCli(argv, { stdin })).toMatchObject({ code, stdout: '' });
});

test('what is no event of Kinesis is refused before the handler runs', async () => {
  for (const stdin of ['', '{}', '{"Records":[]}', '{"Records":[{"Sns":{}}]}']) {
    const { code, stderr } = await runCli(['lambda', 'invoke', handlers], { stdin });
    expect(code).toBe(6);
    expect(stderr).not.toContain('got');
  }
});

test('invoke runs the handler in a process of its own and tells what AWS does next', async () => {
  const event = kinesisEvent(['good', 'bad', 'good']);
  const path = join(folder, 'event.json');
  writeFileSync(path, JSON.stringify(event));
  const argv = ['lambda', 'invoke', handlers, path, '--report', '--max-retries', '1', '--json'];
  const { code, stderr, lines } = await runCli(argv);
  const [first, second] = event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
  expect(code).toBe(7);
  expect(stderr).toContain('got 3');
  expect(lines).toMatchObject([
    {
      response: { batchItemFailures: [{ itemIdentifier: second }] },
      plan: {
        verdict: 'partial',
        checkpoint: first,
        steps: [
          { do: 'invoke', records: 2, from: second, attempt: 1 },
          { do: 'invoke', records: 2, attempt: 2 },
          { do: 'give up', records: 2, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
        ],
      },
    },
  ]);
}, 30_000);

test('on a terminal the plan is for eyes, and success is exit code 0', async () => {
  const stdin = JSON.stringify(kinesisEvent(['good']));
  const look = { stdin, tty: { stdout: true }, env: { NO_COLOR: '1' } };
  const { code, stdout } = await runCli(['lambda', 'invoke', handlers, '--report'], look);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^response {4}\{"batchItemFailures":\[\]\}\ndone {8}1 record, checkpoint \d+\n$/);
}, 30_000);

test.each([
  ['throwing', { error: { message: 'x is undefined' }, plan: { verdict: 'error' } }, ''],
  ['stranger', { plan: { verdict: 'failed' } }, 'not in the batch'],
  ['slow', { error: { message: expect.stringContaining('timed out') }, plan: { verdict: 'error' } }, ''],
])(
  'a handler that is %s is told as what it is',
  async (name, told, warning) => {
    const argv = [
      'lambda',
      'invoke',
      handlers,
      '--export',
      name,
      '--report',
      '--timeout',
      '1s',
      '--bisect',
      '--max-retries',
      '0',
    ];
    const { code, lines, stderr } = await runCli(argv, { stdin: JSON.stringify(kinesisEvent(['a', 'b'])) });
    expect(code).toBe(7);
    expect(lines).toMatchObject([told]);
    expect(stderr).toContain(warning);
  },
  30_000,
);

test('an event of a tumbling window is judged as one, its last invocation without a record, too', async () => {
  const look = { tty: { stdout: true }, env: { NO_COLOR: '1' } };
  const window = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' };
  const part = { ...kinesisEvent(['a']), window, state: {}, isFinalInvokeForWindow: false };
  const end = { Records: [], window, state: { seen: ['a'] }, isFinalInvokeForWindow: true };
  const run = (event: object, ...more: readonly string[]) =>
    runCli(['lambda', 'invoke', handlers, ...more], { ...look, stdin: JSON.stringify(event) });
  expect(await run(part)).toMatchObject({ code: 7, stderr: expect.stringContaining('no state') });
  expect(await run(part, '--export', 'windowed')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^response +\{"state":\{"seen":\["a"\]\}\}\ndone +1 record, checkpoint \d+\n$/,
    ),
  });
  expect(await run(end, '--export', 'windowed')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/done +the window has ended\n$/),
    stderr: expect.stringContaining('end of 2026-01-01T00:00:00Z: {"seen":["a"]}'),
  });
  expect(await run(end, '--export', 'throwing', '--max-retries', '0')).toMatchObject({
    code: 7,
    stdout: expect.stringMatching(
      /give up +\+0 ms +the end of the window: RetryAttemptsExhausted after 1 invocation\n/,
    ),
  });
  expect(await run({ ...end, window: {} })).toMatchObject({ code: 6, stdout: '' });
}, 30_000);

test('of retries that go on and on the first are shown', async () => {
  const look = { stdin: JSON.stringify(kinesisEvent(['a'])), tty: { stdout: true }, env: { NO_COLOR: '1' } };
  const { stdout } = await runCli(['lambda', 'invoke', handlers, '--export', 'throwing'], look);
  const lines = stdout.trim().split('\n');
  expect(lines.filter((line) => line.startsWith('invoke'))).toHaveLength(8);
  expect(lines.slice(-2)).toEqual([
    expect.stringMatching(/^… +32 more, the last at \+33 m 3 s$/),
    '…           and so on, should it keep failing',
  ]);
}, 30_000);

test('an event is made of one record at least', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 1 } } });
  const ofStream = await cli.run(['lambda', 'event', 'orders', '--last', '2']);
  expect(ofStream).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('no records') });
  const ofLines = await runCli(['lambda', 'event', '--lines', '-'], { stdin: '' });
  expect(ofLines).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('no records') });
});
