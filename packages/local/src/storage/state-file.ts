import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

import { damaged } from './damage.ts';

/**
 * State as one file: a line with the checksum, a line of JSON. It is replaced as a whole and the one before it is kept,
 * so that a crash at any moment leaves one of the two.
 */
export class StateFile<T extends { readonly version: 1 }> {
  readonly #file: string;
  #saved = '';

  constructor(file: string) {
    this.#file = file;
  }

  /** Undefined for a new folder. Throws `DATA_DAMAGED` unless told to `repair`: then the one before it serves. */
  load(repair: boolean): T | undefined {
    const previous = `${this.#file}.previous`;
    const text = read(this.#file);
    if (text === undefined) {
      const older = read(previous);
      return older === undefined ? undefined : this.#parse(older, previous);
    }
    try {
      return this.#parse(text, this.#file);
    } catch (error) {
      const older = repair ? read(previous) : undefined;
      if (older === undefined) throw error;
      renameSync(this.#file, `${this.#file}.damaged`);
      return this.#parse(older, previous);
    }
  }

  /** Returns when it is safe even from a loss of power. Does nothing when nothing changed. */
  save(state: T): void {
    const json = JSON.stringify(state);
    if (json === this.#saved) return;
    const draft = `${this.#file}.draft`;
    writeFileSync(draft, `${crc32(json)}\n${json}\n`, { flush: true });
    if (read(this.#file) !== undefined) renameSync(this.#file, `${this.#file}.previous`);
    renameSync(draft, this.#file);
    syncFolder(dirname(this.#file));
    this.#saved = json;
  }

  #parse(text: string, file: string): T {
    const [sum, json = ''] = text.split('\n');
    if (Number(sum) !== crc32(json)) throw damaged(file, 'its checksum does not fit');
    const value: unknown = JSON.parse(json);
    if (this.#isState(value)) return value;
    throw damaged(file, 'it was written by a version of Millrace that this one does not know');
  }

  /** What has the checksum was written by {@link save}. */
  #isState(value: unknown): value is T {
    return typeof value === 'object' && value !== null && 'version' in value && value.version === 1;
  }
}

/** Makes names that were added, moved or removed safe from a loss of power, where the system can. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
