/**
 * Buffers for bytes that are soon done with, handed out again and again: a fresh one for each request and each answer
 * would have the garbage collector run several times as often. What is not given back is simply forgotten.
 */
export class BufferPool {
  readonly #free: Buffer[] = [];
  readonly #lent = new WeakMap<ArrayBufferLike, Buffer>();

  /** A buffer of at least so many bytes; nobody else uses it until it is given back. */
  take(bytes: number): Buffer {
    if (bytes > largest) return Buffer.allocUnsafeSlow(bytes);
    const found = this.#free.findLastIndex(({ length }) => length >= bytes);
    const [buffer = Buffer.allocUnsafeSlow(Math.ceil(bytes / step) * step)] =
      found < 0 ? [] : this.#free.splice(found, 1);
    this.#lent.set(buffer.buffer, buffer);
    return buffer;
  }

  /** Takes back the buffer that `bytes` are part of; does nothing with bytes that are not of this pool, or no more. */
  giveBack(bytes: Uint8Array): void {
    const buffer = this.#lent.get(bytes.buffer);
    if (buffer === undefined) return;
    this.#lent.delete(bytes.buffer);
    if (this.#free.length < most) this.#free.push(buffer);
  }
}

const step = 64 * 1024;
const largest = 1024 * 1024;
/** Kept while nobody uses them. */
const most = 16;
