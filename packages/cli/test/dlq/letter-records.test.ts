import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { createLocalCli } from '../support/local.ts';
import { failureDocument } from './documents.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-letters-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('of a batch that has expired in part nothing is redriven unasked, and show writes what is left', async () => {
  await using cli = await createLocalCli({ streams: { orders: { shards: 1 }, copy: { shards: 1 } } });
  const numbers: string[] = [];
  for (const value of ['old', 'young', 'last']) {
    await cli.put('orders', 'k', value);
    const { lines } = await cli.run(['tail', 'orders', '--from', 'oldest', '--exit-at-end']);
    numbers.push(String(lines.at(-1)?.['sequenceNumber']));
    await cli.clock.advance(11 * 3_600_000);
  }
  const path = join(folder, 'a.json');
  writeFileSync(
    path,
    JSON.stringify(failureDocument({ from: numbers[0] ?? '', to: numbers[2] ?? '', batchSize: 3 })),
  );
  const redriven = await cli.run([
    'dlq',
    'redrive',
    path,
    '--into',
    'stream:copy',
    '--yes',
    '--whole-stretch',
  ]);
  expect(redriven).toMatchObject({
    code: 6,
    lines: [{ status: 'left', reason: 'partly expired: 2 of 3 are left, which millrace dlq show writes' }],
  });
  const shown = await cli.run(['dlq', 'show', path]);
  expect(shown).toMatchObject({ code: 7, lines: [{ value: 'young' }, { value: 'last' }] });
  await cli.run(['put', 'copy'], { stdin: shown.stdout });
  const { lines } = await cli.run(['tail', 'copy', '--from', 'oldest', '--exit-at-end']);
  expect(lines.map(({ value }) => value)).toEqual(['young', 'last']);
});
