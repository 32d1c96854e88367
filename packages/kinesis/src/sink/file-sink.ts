import { open, type FileHandle } from 'node:fs/promises';

import { MillraceError } from '../errors.ts';
import { systemClock, type Clock } from '../runtime/clock.ts';
import { encodeLostRecord } from './lost-document.ts';
import type { LostRecordSink } from './lost-record.ts';

/**
 * Appends each lost record to a file, one line of JSON, flushed to the disk before it resolves. The file is opened with
 * the first loss and readable by its owner only; workers of one machine may share it. What a process that died left of a
 * line stays, on a line of its own.
 *
 * @example
 * ```ts
 * const producer = createProducer(orders, connect(), { onUndeliverable: lostToFile('lost.ndjson') });
 * ```
 */
export function lostToFile(path: string, clock: Pick<Clock, 'now'> = systemClock): LostRecordSink {
  let writing: Promise<void> = Promise.resolve();
  return (lost) => {
    const line = `${encodeLostRecord(lost, new Date(clock.now()))}\n`;
    // One after the other: two lines written at once could end up in each other.
    const written = writing.then(() => append(path, line));
    writing = written.catch(() => {});
    return written;
  };
}

async function append(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    const bytes = Buffer.from((await endsInLine(file)) ? `\n${line}` : line);
    // In one call, which the system keeps whole: other workers may be writing to the file.
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten < bytes.length) throw notWhole(path, bytesWritten, bytes.length);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A process that died while it wrote, or a disk that was full, leaves a part of a line: what comes next is not to be lost with it. */
async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== lineEnd;
}

const lineEnd = 0x0a;

function notWhole(path: string, written: number, length: number): MillraceError {
  return new MillraceError('SERVICE_FAILED', `Only ${written} of ${length} bytes were written to ${path}.`, {
    advice: 'See that its disk has room.',
    retryable: true,
    path,
  });
}
