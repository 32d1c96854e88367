import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';

import { MillraceError } from '@millrace/kinesis';

import type { Io } from '../io/io.ts';
import { splitLines, type Line } from '../io/lines.ts';

/** Where the records come from, and whether they can be told apart by lines. */
export interface Input {
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** For messages: `stdin`, a file name, or empty for a value on the command line. */
  readonly name: string;
  close(): Promise<void>;
}

/** The longest line taken: a record of 10 MiB, every byte escaped as `\u0000`. */
const maxLineBytes = 64 * 1024 * 1024;

/** Opens the value of `put`: itself, `@file`, or `-` and nothing for stdin. Throws `DATA_MISSING`, `ACCESS_DENIED`. */
export async function openInput(value: string | undefined, io: Pick<Io, 'stdin'>): Promise<Input> {
  if (value === undefined || value === '-') return fromStream(io.stdin, 'stdin');
  if (!value.startsWith('@')) {
    return { chunks: [new TextEncoder().encode(value)], name: '', close: async () => {} };
  }
  const path = value.slice(1);
  try {
    const file = await open(path);
    if ((await file.stat()).isDirectory()) {
      await file.close();
      throw fileError('is a directory', path, 'Name a file, or pipe the files into millrace put.', undefined);
    }
    return fromStream(file.createReadStream({ highWaterMark: 64 * 1024 }), path);
  } catch (error) {
    throw openError(error, path);
  }
}

/** Everything of the input as one record. */
export async function readAll(input: Input, signal: AbortSignal): Promise<Line> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of until(input.chunks, signal)) {
    bytes += chunk.length;
    // Read on only so far that the record is surely refused as too large.
    if (bytes <= maxLineBytes) chunks.push(chunk);
    else return { number: 1, bytes: Buffer.concat(chunks), tooLong: true };
  }
  return { number: 1, bytes: Buffer.concat(chunks) };
}

/** The lines of the input, some at a time, until it ends or `signal` fires. */
export function readLines(
  input: Input,
  signal: AbortSignal,
): AsyncGenerator<readonly Line[], void, undefined> {
  return splitLines(until(input.chunks, signal), maxLineBytes);
}

function fromStream(stream: Readable, name: string): Input {
  return {
    chunks: stream,
    name,
    async close() {
      stream.destroy();
    },
  };
}

/** Ends at once when `signal` fires, though the next chunk may never come. */
async function* until<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal,
): AsyncGenerator<Awaited<T>, void, undefined> {
  if (!(Symbol.asyncIterator in source)) {
    for (const item of source) yield await item;
    return;
  }
  const items = source[Symbol.asyncIterator]();
  // A promise for each chunk: one that all of them raced against would keep every chunk until the end of the input.
  let stop: (() => void) | undefined;
  const onAbort = (): void => stop?.();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        stop = () => resolve(undefined);
        if (signal.aborted) resolve(undefined);
        else items.next().then(resolve, reject);
      });
      if (next === undefined || next.done === true) return;
      yield await next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function openError(error: unknown, path: string): unknown {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return fileError('is not there', path, 'Check the name, and the directory it is run in.', error);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new MillraceError('ACCESS_DENIED', `The file ${path} may not be read.`, {
      advice: 'Check its permissions.',
      path,
      cause: error,
    });
  }
  return error;
}

function fileError(problem: string, path: string, advice: string, cause: unknown): MillraceError {
  return new MillraceError('DATA_MISSING', `The file ${path} ${problem}.`, { advice, path, cause });
}
