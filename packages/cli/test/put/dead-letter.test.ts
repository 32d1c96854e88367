import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openDeadLetter } from '../../src/put/dead-letter.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'));
});
afterEach(() => rm(folder, { recursive: true }));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('lines are appended to what is there', async () => {
  const path = join(folder, 'dead');
  await writeFile(path, 'old\n');
  const file = await openDeadLetter(path);
  file.add(bytes('a'));
  file.add(Uint8Array.of(0xff));
  await file.close();
  expect(await readFile(path)).toEqual(Buffer.from([...bytes('old\na\n'), 0xff, 0x0a]));
});

test('a line that a killed run left unfinished does not take the next one with it', async () => {
  const path = join(folder, 'torn');
  await writeFile(path, 'old\nha');
  const file = await openDeadLetter(path);
  file.add(bytes('a'));
  file.add(bytes('b'));
  await file.close();
  expect(await readFile(path, 'utf8')).toBe('old\nha\na\nb\n');
});

test('a file that was made for nothing is removed, one that was there is not', async () => {
  const made = join(folder, 'made');
  await (await openDeadLetter(made)).close();
  await expect(access(made)).rejects.toThrow('ENOENT');
  const there = join(folder, 'there');
  await writeFile(there, 'old\n');
  await (await openDeadLetter(there)).close();
  expect(await readFile(there, 'utf8')).toBe('old\n');
});

test('a file that cannot be written is known before the first record', async () => {
  await expect(openDeadLetter(join(folder, 'no', 'such', 'folder'))).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    details: { path: '--dead-letter' },
  });
});
