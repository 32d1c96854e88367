import type { BatchBytes } from './batch.ts';

/** Where a batch lies. */
export interface BatchPlace {
  readonly block: number;
  /** Bytes from the beginning of the block. */
  readonly offset: number;
}

/** Bytes in which a batch begins at `offset`. They do not change any more. */
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

/** Keeps everything in memory. */
export class MemoryHeap implements RecordHeap {
  readonly #blocks = new Map<number, Block>();
  #current: Block | undefined;
  #currentId = 0;
  #end = 0;

  append([head, payloads]: BatchBytes, groups: number): BatchPlace {
    const length = head.length + payloads.length;
    let block = this.#current;
    if (block === undefined || block.bytes.length - this.#end < length) block = this.#open(length);
    const offset = this.#end;
    block.bytes.set(head, offset);
    block.bytes.set(payloads, offset + head.length);
    block.groups += groups;
    this.#end += length;
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
    if (found.groups <= 0 && found !== this.#current) this.#blocks.delete(block);
  }

  #open(length: number): Block {
    const before = this.#current;
    if (before !== undefined && before.groups <= 0) this.#blocks.delete(this.#currentId);
    const usual = Math.min(largestBlock, (before?.bytes.length ?? smallestBlock / 2) * 2);
    const bytes = new Uint8Array(Math.max(length, usual));
    const block = { bytes, view: new DataView(bytes.buffer), groups: 0 };
    this.#current = block;
    this.#blocks.set(++this.#currentId, block);
    this.#end = 0;
    return block;
  }
}

interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Groups still needed. */
  groups: number;
}

const smallestBlock = 16 * 1024;
const largestBlock = 1024 * 1024;
