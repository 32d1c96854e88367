import type { BatchBytes } from './batch.ts';

/** Where a batch lies. */
export interface BatchPlace {
  readonly block: number;
  /** Bytes from the beginning of the block. */
  readonly offset: number;
}

/** Bytes in which a batch begins at `offset`. They do not change until its groups are released. */
export interface BatchView {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/**
 * Where the batches of every stream are kept, in blocks that go as a whole once nothing in them is needed. The port
 * between the engine and the medium: memory here, files in `storage/`.
 */
export interface RecordHeap {
  /** Throws when it cannot be kept; then nothing of it is. `groups` is how often it will be released. */
  append(batch: BatchBytes, groups: number): BatchPlace;
  read(place: BatchPlace): BatchView;
  /** One group of a batch in the block is needed no more. */
  release(block: number): void;
  /** Settles when all that was appended is as safe as it was promised to be; undefined when it is already. */
  settled?(): Promise<void> | undefined;
}

/**
 * Keeps everything in memory. Blocks that are done with are written again: to let go of them and ask for others is work
 * for the garbage collector, which knows nothing of their size, and for the system, which hands out memory page by page.
 * So a heap takes as much as it once held, and never more.
 */
export class MemoryHeap implements RecordHeap {
  readonly #blocks = new Map<number, Block>();
  readonly #spare: Block[] = [];
  #current: Block | undefined;
  #currentId = 0;
  #end = 0;

  append([head, payloads]: BatchBytes, groups: number): BatchPlace {
    const length = head.length + payloads.length;
    let block = this.#current;
    if (block === undefined || block.bytes.length - this.#end < length + WORD)
      block = this.#open(length + WORD);
    const offset = alignedWith(payloads, this.#end + head.length) - head.length;
    block.bytes.set(head, offset);
    block.bytes.set(payloads, offset + head.length);
    block.groups += groups;
    this.#end = offset + length;
    return { block: this.#currentId, offset };
  }

  read({ block, offset }: BatchPlace): BatchView {
    const found = this.#blocks.get(block);
    if (found === undefined) throw new Error('A record was read from a block that is gone.');
    return { view: found.view, bytes: found.bytes, offset };
  }

  release(block: number): void {
    const found = this.#blocks.get(block);
    if (found === undefined) return;
    found.groups--;
    if (found.groups <= 0 && found !== this.#current) this.#drop(block, found);
  }

  #open(length: number): Block {
    const before = this.#current;
    if (before !== undefined && before.groups <= 0) this.#drop(this.#currentId, before);
    const usual = Math.min(usualBlock, (before?.bytes.length ?? smallestBlock / 2) * 2);
    const block = (length <= usual ? this.#spare.pop() : undefined) ?? createBlock(Math.max(length, usual));
    this.#current = block;
    this.#blocks.set(++this.#currentId, block);
    this.#end = 0;
    return block;
  }

  #drop(id: number, block: Block): void {
    this.#blocks.delete(id);
    block.groups = 0;
    if (block.bytes.length === usualBlock) this.#spare.push(block);
  }
}

interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Groups still needed. */
  groups: number;
}

/**
 * Large blocks are of the kind that could be shared between threads, for one quality: V8 does not hold their size
 * against the garbage collector, which would otherwise mark the whole heap again for every 64 MiB put.
 */
function createBlock(length: number): Block {
  const buffer = length < usualBlock ? new ArrayBuffer(length) : new SharedArrayBuffer(length);
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), groups: 0 };
}

/**
 * The next place that is as far from a word's beginning as the bytes are where they come from: between such places V8
 * copies into shared memory a word at a time, otherwise byte by byte.
 */
function alignedWith({ byteOffset }: Uint8Array, from: number): number {
  return from + ((byteOffset - from) & (WORD - 1));
}

const WORD = 8;

/** The first block of a heap; each is double the one before, up to the usual size. */
const smallestBlock = 16 * 1024;
const usualBlock = 1024 * 1024;
