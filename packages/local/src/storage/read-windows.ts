import { readSync } from 'node:fs';

import type { BatchView } from '../engine/record-heap.ts';
import { FRAME_HEAD } from './frame.ts';

interface Source {
  readonly id: number;
  readonly handle: number;
  /** Bytes written so far. */
  readonly size: number;
}

/**
 * Stretches of files read lately. A reader goes forward, so what follows is read along with what is asked for; a few
 * of them stay for readers that go through the same records one behind the other.
 */
export class ReadWindows {
  /** The latest used first. */
  readonly #windows: Window[] = [];

  /** The batch that begins at `offset`, which is in the file as a whole. */
  read(source: Source, offset: number): BatchView {
    const begin = offset - FRAME_HEAD;
    const at = this.#windows.findIndex((window) => holds(window, source.id, begin));
    const window = this.#windows[at] ?? load(source, begin);
    if (at !== 0) {
      if (at > 0) this.#windows.splice(at, 1);
      this.#windows.unshift(window);
      if (this.#windows.length > mostWindows) this.#windows.pop();
    }
    return { view: window.view, bytes: window.bytes, offset: offset - window.start };
  }

  forget(id: number): void {
    const kept = this.#windows.filter((window) => window.id !== id);
    this.#windows.splice(0, this.#windows.length, ...kept);
  }
}

interface Window {
  readonly id: number;
  readonly start: number;
  readonly bytes: Buffer;
  readonly view: DataView;
}

const windowBytes = 256 * 1024;
const mostWindows = 32;

function holds({ id, start, bytes }: Window, wanted: number, begin: number): boolean {
  if (id !== wanted || begin < start || begin - start + FRAME_HEAD > bytes.length) return false;
  return begin - start + FRAME_HEAD + bytes.readUInt32LE(begin - start + 4) <= bytes.length;
}

function load(source: Source, begin: number): Window {
  const window = loadBytes(source, begin, windowBytes);
  if (holds(window, source.id, begin)) return window;
  return loadBytes(source, begin, FRAME_HEAD + window.bytes.readUInt32LE(4));
}

function loadBytes({ id, handle, size }: Source, start: number, length: number): Window {
  const bytes = Buffer.allocUnsafeSlow(Math.min(length, size - start));
  const read = readSync(handle, bytes, 0, bytes.length, start);
  if (read !== bytes.length) throw new Error('A file of records is shorter than it was.');
  return { id, start, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}
