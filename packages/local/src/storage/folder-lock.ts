import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { MillraceError } from '@millrace/kinesis/errors';

/**
 * Keeps two servers from one folder. The lock names its process by number, boot and time of start, so that a process
 * that came later by the same number, as the first one of every container does, is not taken for the holder.
 */
export function lockFolder(folder: string): Disposable {
  const file = join(folder, 'lock');
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, identityOf(process.pid) ?? String(process.pid));
  try {
    while (!tryLink(mine, file)) removeStale(folder, file);
  } finally {
    rmSync(mine, { force: true });
  }
  let held = true;
  return {
    [Symbol.dispose]: () => {
      if (held) rmSync(file, { force: true });
      held = false;
    },
  };
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Throws `FOLDER_LOCKED` when the holder lives. */
function removeStale(folder: string, file: string): void {
  const holder = read(file);
  if (holder === undefined) return;
  const pid = Number(holder.split(' ')[0]);
  if (identityOf(pid) === holder) {
    throw new MillraceError('FOLDER_LOCKED', `Process ${pid} serves from ${folder}.`, {
      advice: 'Stop it, or give this server a folder of its own.',
      path: 'path',
      got: folder,
    });
  }
  // Moved away before it is removed: of two that find it stale, one alone succeeds.
  const grave = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, grave);
    unlinkSync(grave);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

/** What tells a living process from others before and after it; undefined when there is none by that number. */
function identityOf(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined;
  const boot = read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  // The 22nd field, counted behind the name in brackets, which may hold anything.
  const start = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[19] ?? '';
  return `${pid} ${boot} ${start}`;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
