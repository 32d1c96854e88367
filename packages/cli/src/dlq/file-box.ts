import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

import { MillraceError } from '@millrace/kinesis';
import { isObject, optionError } from '@millrace/kinesis/runtime';

import type { LetterBox, Slip } from './letter-box.ts';

/**
 * A file with one document or one a line, or a folder of such. Nothing is ever removed from it. Buckets lie beside queues as
 * the local destinations have them: `sqs/QUEUE/…`, `s3/BUCKET/KEY`.
 */
export function createFileBox(path: string): LetterBox {
  const apart = new Set<string>();
  return {
    async objectBeside({ bucket, key }) {
      for (const folder of upwards(resolve(path))) {
        const root = join(folder, 's3', bucket);
        const file = resolve(root, key);
        // The document is somebody else's: it may name no file outside of its bucket.
        if (!/^[a-z0-9.-]{3,63}$/.test(bucket) || !file.startsWith(root + sep)) return undefined;
        try {
          const text = await readFile(file, 'utf8');
          apart.add(file);
          return text;
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }
      return undefined;
    },
    isApart: ({ id }) => apart.has(resolve(id)),
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

/** A folder and those above it, as far as a queue lies below its buckets' folder. */
function upwards(path: string): readonly string[] {
  return [path, dirname(path), dirname(dirname(path)), dirname(dirname(dirname(path)))];
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:ENOENT|ENOTDIR)$/.test(String(error.code));
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
  // One document over several lines, or one a line; any may be torn, the first as well.
  const inLines =
    filled.length > 1 && parse(text) === undefined && filled.some(({ line }) => isObject(parse(line)));
  if (!inLines) return [{ id: file, text }];
  return filled.map(({ line, number }) => ({ id: `${file}:${number}`, text: line }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
