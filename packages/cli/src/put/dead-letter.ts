import { open, unlink, type FileHandle } from 'node:fs/promises';

import { MillraceError } from '@millrace/kinesis';

/** A file of the input lines that were not stored, to be put again once the cause is mended. */
export interface DeadLetter {
  /** Queues one line; {@link DeadLetter.ready} writes it. */
  add(line: Uint8Array): void;
  /** Resolves when all lines queued are written. Rejects when the disk refuses them. */
  ready(): Promise<void>;
  /** Writes the rest; removes the file if it was made here and nothing failed. */
  close(): Promise<void>;
}

const lineEnd = Uint8Array.of(0x0a);

/** Opens it at the start, so that a name that cannot be written is known before the first record goes. */
export async function openDeadLetter(path: string): Promise<DeadLetter> {
  const file = await openForAppend(path);
  const { size } = await file.stat();
  let queue: Uint8Array[] = [];
  let isTorn = await endsAmidLine(file, size);
  let written = 0;
  const ready = async (): Promise<void> => {
    while (queue.length > 0) {
      const bytes = Buffer.concat(queue);
      queue = [];
      written += bytes.length;
      await file.appendFile(bytes);
    }
  };
  return {
    add(line) {
      if (isTorn) queue.push(lineEnd);
      isTorn = false;
      queue.push(line, lineEnd);
    },
    ready,
    async close() {
      await ready();
      await file.close();
      if (size === 0 && written === 0) await unlink(path);
    },
  };
}

/** Whether a run that was killed left a part of a line, to which the next would be put. */
async function endsAmidLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== lineEnd[0];
}

async function openForAppend(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a+');
  } catch (cause) {
    throw new MillraceError('OPTION_INVALID', `The dead-letter file ${path} cannot be written.`, {
      advice: 'Name a file in a directory that exists and may be written.',
      path: '--dead-letter',
      got: path,
      cause,
    });
  }
}
