import { constants, existsSync } from 'node:fs';
import { access, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { isMillraceError, MillraceError } from '@millrace/kinesis';
import type { StreamRecord } from '@millrace/kinesis/record';
import { memberOf } from '@millrace/kinesis/runtime';

import type { Pace } from '../put/rate.ts';
import { formatRecordLine } from '../record/record-line.ts';
import type { Destination } from './destination.ts';

export interface FileDestinationOptions {
  readonly path: string;
  readonly pace: Pace | undefined;
  /** Bytes an earlier run is known to have written; what stands behind them is written again. Undefined: a new file. */
  readonly resumeAt: number | undefined;
}

/**
 * Writes records to a file, in the lines that `millrace put --in ndjson` reads. Throws `OPTION_INVALID` for a file that
 * cannot be written, or is there already and not from an earlier run.
 */
export async function createFileDestination(options: FileDestinationOptions): Promise<Destination> {
  const { path, pace, resumeAt } = options;
  const file = await openFile(path, resumeAt);
  let bytes = resumeAt ?? 0;
  // Shards come side by side: one after the other, so that no line is torn and no state is seen in the middle of a write.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const done = queue.then(task);
    queue = done.catch(() => {});
    return done;
  };
  return {
    async write(records, _shard, signal, commit) {
      const count = await admittedCount(records, pace, signal);
      const chunk = Buffer.from(
        records
          .slice(0, count)
          .map((record) => `${formatRecordLine(record)}\n`)
          .join(''),
      );
      await inTurn(async () => {
        await file.write(chunk, 0, chunk.length, bytes);
        bytes += chunk.length;
        commit(count);
      });
    },
    settle: (look) =>
      inTurn(async () => {
        const seen = look();
        await file.datasync();
        return { seen, fileBytes: bytes };
      }),
    close: () => file.close(),
  };
}

/** As {@link createFileDestination} would for a new file, without making it. */
export async function checkFileDestination(path: string): Promise<void> {
  if (existsSync(path)) throw refused(path, true);
  try {
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw refused(path, false, cause);
  }
}

async function admittedCount(
  records: readonly StreamRecord[],
  pace: Pace | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (pace === undefined) return signal.aborted ? 0 : records.length;
  for (let count = 0; count < records.length; count++) {
    try {
      await pace(signal);
    } catch (error) {
      if (isMillraceError(error, 'ABORTED')) return count;
      throw error;
    }
    if (signal.aborted) return count;
  }
  return records.length;
}

async function openFile(path: string, resumeAt: number | undefined): Promise<FileHandle> {
  try {
    if (resumeAt === undefined) return await open(path, 'wx');
    const file = await open(path, 'r+');
    await file.truncate(resumeAt);
    return file;
  } catch (cause) {
    throw refused(path, memberOf(cause, 'code') === 'EEXIST', cause);
  }
}

function refused(path: string, isThere: boolean, cause?: unknown): MillraceError {
  return new MillraceError(
    'OPTION_INVALID',
    isThere ? `The file ${path} is there already.` : `The file ${path} cannot be written.`,
    {
      advice: isThere
        ? 'Name another, or remove it: nothing is overwritten.'
        : 'Name a file in a directory that exists and may be written.',
      path: '--into',
      got: path,
      cause,
    },
  );
}
