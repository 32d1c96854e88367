import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { createLocalCli } from '../support/local.ts';
import { runCli } from '../support/run-cli.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-lost-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(lines: readonly string[]): string {
  const path = join(folder, 'lost.ndjson');
  writeFileSync(path, lines.join('\n'));
  return path;
}

function lost(partitionKey: string, value = partitionKey, more: object = {}): string {
  return JSON.stringify({
    v: 1,
    stream: 'orders',
    partitionKey,
    encoding: 'base64',
    value: Buffer.from(value).toString('base64'),
    ...more,
    error: { code: 'HANDLER_FAILED', message: 'Failed.' },
    lostAt: '2026-01-01T00:00:00.000Z',
  });
}

function parked(partitionKey: string, at: number, value: string, first?: number): string {
  const position = {
    shardId: 'shardId-000000000000',
    sequenceNumber: String(at),
    subSequenceNumber: 0,
    arrivedAt: '2026-01-01T00:00:00.000Z',
    attempts: first === undefined ? 2 : 0,
    ...(first !== undefined && { parkedBehind: { sequenceNumber: String(first), subSequenceNumber: 0 } }),
  };
  return lost(partitionKey, value, { position });
}

test('a line that a dying process left unfinished is told and left, the others are redriven, wherever it stands', async () => {
  await using cli = await createLocalCli({ streams: { copy: {} } });
  const torn = lost('x').slice(0, 60);
  const [a, b] = [lost('a'), lost('b')];
  for (const lines of [
    [torn, a, b],
    [a, torn, b],
    [a, b, torn],
  ]) {
    const path = write(lines);
    const listed = await cli.run(['dlq', 'ls', path]);
    expect(listed.lines.map(({ kind }) => kind)).toEqual(
      lines.map((text) => (text === torn ? 'unreadable' : 'record')),
    );
    const { code, lines: outcomes } = await cli.run([
      'dlq',
      'redrive',
      path,
      '--into',
      'stream:copy',
      '--yes',
    ]);
    expect(code).toBe(6);
    expect(outcomes).toMatchObject(
      lines.map((text, index) => ({
        id: `${path}:${index + 1}`,
        status: text === torn ? 'left' : 'redriven',
      })),
    );
  }
  const { lines } = await cli.run(['tail', 'copy', '--from', 'oldest', '--exit-at-end']);
  expect(lines.map(({ value }) => value)).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
});

test('what stands behind a record of a parked key that is left is left as well; other keys go on', async () => {
  const handler = join(import.meta.dirname, '..', 'lambda', 'partial.mjs');
  const path = write([
    parked('a', 1, 'bad'),
    parked('b', 2, 'good'),
    parked('a', 3, 'good', 1),
    parked('b', 4, 'good', 2),
    parked('a', 5, 'good'),
    parked('a', 6, 'good', 5),
  ]);
  const { code, lines } = await runCli(['dlq', 'redrive', path, '--into', `handler:${handler}`, '--yes']);
  expect(code).toBe(6);
  expect(lines.map(({ status }) => status)).toEqual([
    'left',
    'redriven',
    'left',
    'redriven',
    'redriven',
    'redriven',
  ]);
  expect(lines[2]).toMatchObject({ reason: expect.stringContaining('behind') });
}, 30_000);
