import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { MillraceError } from '@millrace/kinesis';
import { optionError } from '@millrace/kinesis/runtime';

import type { LetterBox, Slip } from './letter-box.ts';

/** A file with one document or one a line, or a folder of such. Nothing is ever removed from it. */
export function createFileBox(path: string): LetterBox {
  return {
    async read(most) {
      const slips: Slip[] = [];
      for (const file of await filesIn(path)) {
        slips.push(...slipsIn(file, await readFile(file, 'utf8')));
        if (slips.length >= most) break;
      }
      return slips.slice(0, most);
    },
    async remove() {
      throw optionError('--delete', path, 'a queue or a bucket; files are yours to remove');
    },
    async close() {},
  };
}

async function filesIn(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
  } catch (cause) {
    throw new MillraceError('DATA_MISSING', `There is nothing at ${path}.`, {
      advice: 'Give a file, a folder, the URL or ARN of a queue, or s3://bucket/prefix.',
      path: 'from',
      got: path,
      cause,
    });
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function slipsIn(file: string, text: string): readonly Slip[] {
  const lines = text.split('\n');
  const filled = lines.flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]));
  // One document over several lines, or one a line.
  if (filled.length <= 1 || !isJson(filled[0]?.line ?? '')) return [{ id: file, text }];
  return filled.map(({ line, number }) => ({ id: `${file}:${number}`, text: line }));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
