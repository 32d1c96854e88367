import { openSync, readFileSync, renameSync, writeSync, closeSync, fsyncSync, truncateSync } from 'node:fs';

import { damaged } from './damage.ts';
import { findFrame, readFrame, type Frame } from './frame.ts';

export interface CheckedSegment {
  /** Bytes of the file as it is now. */
  readonly size: number;
}

/**
 * Calls `visit` for every frame of a file. Of the last file what was being written when the process ended is cut
 * off: it never was acknowledged. Anything else that is broken throws `DATA_DAMAGED`, unless told to `repair`: then
 * the file is written anew without it.
 */
export function checkSegment(
  file: string,
  { isLast, repair }: { readonly isLast: boolean; readonly repair: boolean },
  visit: (bytes: Buffer, frame: Frame) => void,
): CheckedSegment {
  const bytes = readFileSync(file);
  const frames: Frame[] = [];
  let at = 0;
  let broken = false;
  while (at < bytes.length) {
    const frame = readFrame(bytes, at);
    if (frame !== undefined) {
      frames.push(frame);
      at = frame.end;
      continue;
    }
    const next = findFrame(bytes, at + 1);
    if (isLast && !promisedAfter(bytes, at)) {
      if (!broken) truncateSync(file, at);
      break;
    }
    if (!repair)
      throw damaged(
        file,
        `from byte ${at} on ${next === undefined ? '' : `to byte ${next.at} `}it is not what was written`,
      );
    broken = true;
    at = next?.at ?? bytes.length;
  }
  if (broken) return rewrite(file, bytes, frames, visit);
  for (const frame of frames) visit(bytes, frame);
  return { size: at };
}

/** Whether a later frame says that what should be at `at` was safe. */
function promisedAfter(bytes: Buffer, at: number): boolean {
  for (let frame = findFrame(bytes, at + 1); frame !== undefined; frame = findFrame(bytes, frame.end)) {
    if (frame.promised > at) return true;
  }
  return false;
}

function rewrite(
  file: string,
  bytes: Buffer,
  frames: readonly Frame[],
  visit: (bytes: Buffer, frame: Frame) => void,
): CheckedSegment {
  const draft = `${file}.draft`;
  const whole = Buffer.concat(frames.map((frame) => bytes.subarray(frame.at, frame.end)));
  const handle = openSync(draft, 'w');
  if (whole.length > 0) writeSync(handle, whole);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(file, `${file}.damaged`);
  renameSync(draft, file);
  let at = 0;
  for (const frame of frames) {
    const end = at + frame.end - frame.at;
    // What it promised counted from the old beginning; it was read, and that is what it says of itself now.
    visit(whole, { at, promised: at, end });
    at = end;
  }
  return { size: whole.length };
}
