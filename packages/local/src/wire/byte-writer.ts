import type { BufferPool } from './buffer-pool.ts';

/** Writes one answer into one buffer that grows when it has to. */
export class ByteWriter {
  readonly #pool: BufferPool | undefined;
  #buffer: Buffer;
  #view: DataView | undefined;
  #length = 0;

  /** The buffer is of `pool`, where there is one. */
  constructor(capacity: number, pool?: BufferPool) {
    this.#pool = pool;
    this.#buffer = this.#take(capacity);
  }

  /** What is written so far begins here; another one after every call that writes. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** The same bytes, to write numbers into. */
  get view(): DataView {
    const { buffer, byteOffset, length } = this.#buffer;
    this.#view ??= new DataView(buffer, byteOffset, length);
    return this.#view;
  }

  get length(): number {
    return this.#length;
  }

  /** Answers where they were written. */
  bytes(bytes: Uint8Array): number {
    const at = this.room(bytes.length);
    this.#buffer.set(bytes, at);
    return at;
  }

  /** The same bytes so many times; answers where they begin. */
  repeat(bytes: Uint8Array, times: number): number {
    const at = this.room(bytes.length * times);
    if (times > 0) this.#buffer.fill(bytes, at, at + bytes.length * times);
    return at;
  }

  text(text: string): void {
    // Room first: it may put another buffer in the place of this one.
    if (text.length === 1 && text.charCodeAt(0) < 0x80) {
      const at = this.room(1);
      this.#buffer[at] = text.charCodeAt(0);
    } else {
      const at = this.room(Buffer.byteLength(text));
      this.#buffer.write(text, at);
    }
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Makes room for so many bytes, to be written into {@link ByteWriter.buffer}; answers where they begin. */
  room(length: number): number {
    const at = this.#length;
    const end = at + length;
    if (end > this.#buffer.length) {
      const larger = this.#take(Math.max(end, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, at));
      this.#pool?.giveBack(this.#buffer);
      this.#buffer = larger;
      this.#view = undefined;
    }
    this.#length = end;
    return at;
  }

  #take(capacity: number): Buffer {
    return this.#pool?.take(capacity) ?? Buffer.allocUnsafeSlow(capacity);
  }
}
