import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { kinesisEvent } from '@millrace/kinesis/testing';
import { afterAll, expect, test } from 'vitest';

import { createLocalCli } from '../support/local.ts';
import { runCli } from '../support/run-cli.ts';
import { failureDocument, numbersOf } from './documents.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-windows-'));
afterAll(() => rmSync(folder, { recursive: true }));
const handler = `handler:${join(import.meta.dirname, '..', 'lambda', 'partial.mjs')}`;
const windowed = ['--export', 'windowed', '--yes'];
const window = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' };
const of = {
  window,
  state: { seen: ['a'] },
  shardId: 'shardId-000000000000',
  eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/orders',
  isFinalInvokeForWindow: false,
  isWindowTerminatedEarly: false,
};
const records = kinesisEvent(['b', 'c']);
const [from = '', to = ''] = numbersOf(records);

function write(name: string, batchSize: number, payload?: object): string {
  const path = join(folder, name);
  const text = payload === undefined ? {} : { payload: JSON.stringify(payload) };
  writeFileSync(path, JSON.stringify(failureDocument({ from, to, batchSize }, text)));
  return path;
}
const end = write('end', 0, { Records: [], ...of, isFinalInvokeForWindow: true });
const early = write('early', 0, {
  Records: [],
  ...of,
  state: 'x'.repeat(5000),
  isFinalInvokeForWindow: true,
  isWindowTerminatedEarly: true,
});
const part = write('part', 2, { ...records, ...of });
/** As a queue has it: without the event. */
const bare = write('bare', 0);

test('show tells the window of what was given up, with its state', async () => {
  const ofEnd = await runCli(['dlq', 'show', end]);
  expect(ofEnd).toMatchObject({ code: 0, stdout: '' });
  expect(ofEnd.stderr).toContain('the end of a tumbling window of orders/shardId-000000000000');
  expect(ofEnd.stderr).toContain(
    'window 2026-01-01T00:00:00Z to 2026-01-01T00:01:00Z, state {"seen":["a"]}\n',
  );
  const ofPart = await runCli(['dlq', 'show', part]);
  expect(ofPart.lines.map(({ value }) => value)).toEqual(['b', 'c']);
  expect(ofPart.stderr).toContain('state {"seen":["a"]}');
  const { stderr } = await runCli(['dlq', 'show', early]);
  expect(stderr).toMatch(/, ended early, state "x{1999}… \(5002 characters\)\n/);
});

test('the end of a window names records that were all handled: none is read or sent again', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 1 }, copy: { shards: 1 } } });
  for (const key of ['b', 'c']) await cli.put('orders', key, key);
  const { lines: stored } = await cli.run(['tail', 'orders', '--from', 'oldest', '--exit-at-end']);
  const [first = '', last = ''] = stored.map(({ sequenceNumber }) => String(sequenceNumber));
  const path = join(folder, 'stored');
  writeFileSync(path, JSON.stringify(failureDocument({ from: first, to: last, batchSize: 0 })));
  const shown = await cli.run(['dlq', 'show', path]);
  expect(shown).toMatchObject({
    code: 7,
    stdout: '',
    stderr: expect.stringContaining('its state is in no document'),
  });
  const argv = ['dlq', 'redrive', path, '--into', 'stream:copy', '--whole-stretch', '--yes'];
  expect(await cli.run(argv)).toMatchObject({ code: 6, lines: [{ status: 'left', records: 0 }] });
  const { stdout } = await cli.run(['tail', 'copy', '--from', 'oldest', '--exit-at-end']);
  expect(stdout).toBe('');
});

test('ls tells the end of a window, and whether its state is kept', async () => {
  expect(await runCli(['dlq', 'ls', end])).toMatchObject({
    lines: [{ reason: 'RetryAttemptsExhausted', records: 0, windowEnd: true, hasBytes: true }],
  });
  await using cli = await createLocalCli({ streams: { orders: { shards: 1 } } });
  const { stdout } = await cli.run(['dlq', 'ls', bare, '-o', 'table']);
  expect(stdout).toMatch(/RetryAttemptsExhausted, end of a window +orders +0 +0 +state gone\n/);
});

test('a handler gets the end of a window with its state; a stream and a file do not', async () => {
  const done = await runCli(['dlq', 'redrive', end, '--into', handler, ...windowed]);
  expect(done).toMatchObject({ code: 0, lines: [{ status: 'redriven', records: 0 }] });
  expect(done.stderr).toContain('end of 2026-01-01T00:00:00Z: {"seen":["a"]}');
  const refused = await runCli(['dlq', 'redrive', end, '--into', handler, '--yes']);
  expect(refused).toMatchObject({
    code: 6,
    lines: [{ status: 'left', reason: 'the handler answered no state for its window' }],
  });
  for (const yes of [[], ['--yes']]) {
    const out = `file:${join(folder, 'out.ndjson')}`;
    expect(await runCli(['dlq', 'redrive', end, '--into', out, ...yes])).toMatchObject({
      code: 6,
      lines: [{ status: 'left', reason: expect.stringContaining('redrive it into a handler') }],
    });
  }
}, 30_000);

test('a handler gets records of a window with its state, and what it answers is told, for nobody goes on with it', async () => {
  const done = await runCli(['dlq', 'redrive', part, '--into', handler, ...windowed]);
  expect(done).toMatchObject({ code: 0, lines: [{ status: 'redriven', records: 2 }] });
  expect(done.stderr).toContain('part of 2026-01-01T00:00:00Z: {"seen":["a"]}');
  expect(done.stderr).toContain('nobody goes on with the state that was answered, {"seen":["a","b","c"]}');
}, 30_000);

test.each([
  [['stream:nope'], 3, 'Stream nope'],
  [['handler:nope.mjs'], 3, 'There is no file'],
  [[`file:${import.meta.filename}`], 2, 'is there already'],
  [['file:no/such/folder/out'], 2, 'cannot be written'],
])(
  'into %j, which cannot be, is refused before anything is done, in a dry run too',
  async ([into = ''], code, why) => {
    await using cli = await createLocalCli({ streams: { orders: { shards: 1 } } });
    for (const yes of [[], ['--yes']]) {
      const result = await cli.run(['dlq', 'redrive', part, '--into', into, ...yes]);
      expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(why) });
    }
  },
);

test('an id there is not is refused by redrive as by show', async () => {
  for (const argv of [
    ['dlq', 'show', end, 'nope'],
    ['dlq', 'redrive', end, 'nope', '--into', 'file:x'],
  ]) {
    expect(await runCli(argv)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('There is no nope in'),
    });
  }
});

test('what cannot be read is said once', async () => {
  const path = join(folder, 'hello.json');
  writeFileSync(path, '{"hello":1}');
  const { code, stderr } = await runCli(['dlq', 'show', path]);
  expect(code).toBe(7);
  expect(stderr.match(/neither a failure document/g)).toHaveLength(1);
});
