import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, rmSync, writevSync } from 'node:fs';
import { join } from 'node:path';

import { MillraceError } from '@millrace/kinesis/errors';

import type { BatchBytes } from '../engine/batch.ts';
import type { BatchPlace, BatchView, RecordHeap } from '../engine/record-heap.ts';
import { FRAME_HEAD, frameHead } from './frame.ts';
import { ReadWindows } from './read-windows.ts';
import { syncFolder } from './state-file.ts';

/** How safe a record is when it is acknowledged: from the end of the process, or from the loss of power. */
export type Durability = 'process' | 'fsync';

export interface FileHeapOptions {
  readonly folder: string;
  readonly durability: Durability;
  /** A file is closed when it is larger, bytes. */
  readonly segmentBytes: number;
  /** Called before a file is removed, since then its records say no more where their shards stood. */
  readonly beforeRemoval: () => void;
}

/**
 * Keeps batches in files, one behind the other. A file goes when nothing in it is needed any more. An append has been
 * handed to the system when it returns, so that the end of the process loses nothing; with `fsync` what was appended
 * meanwhile is made safe together, and {@link settled} tells when.
 */
export class FileHeap implements RecordHeap {
  readonly #options: FileHeapOptions;
  readonly #segments = new Map<number, Segment>();
  readonly #windows = new ReadWindows();
  #current: Segment | undefined;
  #failure: MillraceError | undefined;
  #syncing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: FileHeapOptions) {
    this.#options = options;
  }

  /** Takes over a file that was checked; the last one is written on. `groups` are needed of it. */
  adopt(id: number, size: number, groups: number): void {
    const handle = openSync(segmentFile(this.#options.folder, id), 'r+');
    this.#current = { id, handle, size, synced: size, groups };
    this.#segments.set(id, this.#current);
  }

  /** Removes files that nothing is needed of. */
  prune(): void {
    for (const segment of this.#segments.values()) this.#removeUnused(segment);
  }

  append(batch: BatchBytes, groups: number): BatchPlace {
    if (this.#failure !== undefined) throw this.#failure;
    const segment = this.#roomy();
    const { handle, size } = segment;
    const promised = this.#options.durability === 'fsync' ? segment.synced : size;
    const head = frameHead(batch, promised);
    const length = head.length + batch[0].length + batch[1].length;
    try {
      const written = writevSync(handle, [head, ...batch], size);
      if (written !== length) throw new Error(`Only ${written} of ${length} bytes were written.`);
    } catch (error) {
      throw this.#undo(segment, error);
    }
    segment.size = size + length;
    segment.groups += groups;
    return { block: segment.id, offset: size + FRAME_HEAD };
  }

  read({ block, offset }: BatchPlace): BatchView {
    const segment = this.#segments.get(block);
    if (segment === undefined) throw new Error('A record was read from a file that is gone.');
    return this.#windows.read(segment, offset);
  }

  release(block: number): void {
    const segment = this.#segments.get(block);
    if (segment === undefined) return;
    segment.groups--;
    this.#removeUnused(segment);
  }

  settled(): Promise<void> | undefined {
    const segment = this.#current;
    if (this.#options.durability !== 'fsync' || segment === undefined) return undefined;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (segment.synced === segment.size) return undefined;
    // One that runs may have begun before the last append: the one after it serves everybody who waits.
    if (this.#syncing === undefined) return this.#sync(segment);
    this.#next ??= this.#syncing.then(() => {
      this.#next = undefined;
      return this.settled();
    });
    return this.#next;
  }

  close(): void {
    for (const { handle } of this.#segments.values()) {
      if (this.#options.durability === 'fsync') fdatasyncSync(handle);
      closeSync(handle);
    }
    this.#segments.clear();
    this.#current = undefined;
  }

  #roomy(): Segment {
    const before = this.#current;
    if (before !== undefined && before.size < this.#options.segmentBytes) return before;
    const { folder, durability } = this.#options;
    if (before !== undefined && durability === 'fsync') {
      fdatasyncSync(before.handle);
      before.synced = before.size;
    }
    const id = (before?.id ?? 0) + 1;
    const handle = openSync(segmentFile(folder, id), 'wx+');
    syncFolder(folder);
    const segment = { id, handle, size: 0, synced: 0, groups: 0 };
    this.#segments.set(id, segment);
    this.#current = segment;
    if (before !== undefined) this.#removeUnused(before);
    return segment;
  }

  /** What could not be written is taken back; when not even that works, nothing more is written. */
  #undo({ handle, size, id }: Segment, cause: unknown): Error {
    try {
      ftruncateSync(handle, size);
      return cause instanceof Error ? cause : new Error(String(cause));
    } catch {
      this.#failure = cannotWrite(segmentFile(this.#options.folder, id), cause);
      return this.#failure;
    }
  }

  #sync(segment: Segment): Promise<void> {
    const { size } = segment;
    this.#syncing = new Promise((resolve, reject) => {
      fdatasync(segment.handle, (error) => {
        this.#syncing = undefined;
        if (error === null) {
          segment.synced = Math.max(segment.synced, size);
          resolve();
        } else {
          // After a failed sync the system may have dropped what it could not write: nothing can be promised.
          this.#failure = cannotWrite(segmentFile(this.#options.folder, segment.id), error);
          reject(this.#failure);
        }
      });
    });
    return this.#syncing;
  }

  #removeUnused(segment: Segment): void {
    if (segment.groups > 0 || segment === this.#current) return;
    this.#options.beforeRemoval();
    this.#segments.delete(segment.id);
    this.#windows.forget(segment.id);
    closeSync(segment.handle);
    rmSync(segmentFile(this.#options.folder, segment.id), { force: true });
  }
}

export function segmentFile(folder: string, id: number): string {
  return join(folder, `${String(id).padStart(10, '0')}.log`);
}

/** The number in a file's name, undefined for any other file. */
export function segmentIdOf(name: string): number | undefined {
  const digits = /^(\d{10})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

interface Segment {
  readonly id: number;
  readonly handle: number;
  size: number;
  /** Bytes that survive a loss of power. */
  synced: number;
  /** Groups still needed. */
  groups: number;
}

function cannotWrite(file: string, cause: unknown): MillraceError {
  return new MillraceError('SERVICE_FAILED', `${file} cannot be written.`, {
    advice: 'See that the disk has room and works, and start the server again.',
    path: 'path',
    got: file,
    cause,
  });
}
