/** Writes one answer into one buffer that grows when it has to. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** What is written so far begins here; another one after every call that writes. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  get length(): number {
    return this.#length;
  }

  /** Answers where they were written. */
  bytes(bytes: Uint8Array): number {
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
    return at;
  }

  /** The same bytes so many times; answers where they begin. */
  repeat(bytes: Uint8Array, times: number): number {
    const at = this.#room(bytes.length * times);
    if (times > 0) this.#buffer.fill(bytes, at, at + bytes.length * times);
    return at;
  }

  text(text: string): void {
    // Room first: it may put another buffer in the place of this one.
    if (text.length === 1 && text.charCodeAt(0) < 0x80) {
      const at = this.#room(1);
      this.#buffer[at] = text.charCodeAt(0);
    } else {
      const at = this.#room(Buffer.byteLength(text));
      this.#buffer.write(text, at);
    }
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(length: number): number {
    const at = this.#length;
    const end = at + length;
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
    }
    this.#length = end;
    return at;
  }
}
