/**
 * A place in the CBOR (RFC 8949) of an AWS answer. Reads what such answers are made of: maps with text for names, arrays, texts,
 * byte strings, integers, floats and times, of known or unknown length. Throws a `RangeError` for anything else, or when
 * the bytes end too soon.
 *
 * @example
 * ```ts
 * reader.map((name) => (name === 'MillisBehindLatest' ? (behind = reader.number()) : reader.skip()));
 * ```
 */
export class CborReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** Of the head last read. */
  #major = 0;
  #argument = 0;
  #unknownLength = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Calls `member` with each name; it must read or skip the value. Null and undefined are empty. */
  map(member: (name: string) => void): void {
    this.#head();
    if (this.#isNull()) return;
    this.#expect(5);
    this.#each(() => member(this.text()));
  }

  /** Calls `item` for each item, which it must read or skip. Null and undefined are empty. */
  array(item: () => void): void {
    this.#head();
    if (this.#isNull()) return;
    this.#expect(4);
    this.#each(item);
  }

  text(): string {
    this.#head();
    this.#expect(3);
    if (this.#unknownLength) return Buffer.from(this.#chunks(3)).toString('utf8');
    const start = this.#take(this.#argument);
    return this.#bytes.toString('utf8', start, this.#at);
  }

  /** Undefined when there is null in its place. */
  textOrNull(): string | undefined {
    if (!this.#skipNull()) return this.text();
    return undefined;
  }

  /** A view of the answer, not a copy. */
  bytes(): Uint8Array {
    this.#head();
    this.#expect(2);
    if (this.#unknownLength) return this.#chunks(2);
    const start = this.#take(this.#argument);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, this.#argument);
  }

  number(): number {
    this.#head();
    if (this.#major === 6) this.#head();
    if (this.#major === 0) return this.#argument;
    if (this.#major === 1) return -1 - this.#argument;
    this.#expect(7);
    return this.#argument;
  }

  skip(depth = 0): void {
    if (depth > deepest) throw new RangeError('CBOR nested too deep.');
    this.#head();
    const { major } = this.#last;
    if (major === 2 || major === 3) {
      if (this.#unknownLength) this.#chunks(major);
      else this.#take(this.#argument);
    } else if (major === 4) this.#each(() => this.skip(depth + 1));
    else if (major === 5) {
      this.#each(() => {
        this.skip(depth + 1);
        this.skip(depth + 1);
      });
    } else if (major === 6) this.skip(depth + 1);
  }

  /** As it stands after a head was read; the compiler does not see that reading changes it. */
  get #last(): { readonly major: number } {
    return { major: this.#major };
  }

  #each(item: () => void): void {
    if (this.#unknownLength) {
      while (this.#peek() !== BREAK) item();
      this.#at++;
      return;
    }
    const count = this.#argument;
    // Every item takes a byte at least: more than there are bytes cannot be.
    if (count > this.#bytes.length - this.#at) throw new RangeError('CBOR ends too soon.');
    for (let index = 0; index < count; index++) item();
  }

  #chunks(major: number): Uint8Array {
    const chunks: Uint8Array[] = [];
    while (this.#peek() !== BREAK) {
      this.#head();
      this.#expect(major);
      const start = this.#take(this.#argument);
      chunks.push(this.#bytes.subarray(start, this.#at));
    }
    this.#at++;
    return new Uint8Array(Buffer.concat(chunks));
  }

  #head(): void {
    const first = this.#peek();
    this.#at++;
    this.#major = first >> 5;
    const short = first & 31;
    this.#unknownLength = false;
    if (this.#major === 7) this.#argument = this.#simple(short);
    else if (short < 24) this.#argument = short;
    else if (short === 24) this.#argument = this.#bytes.readUInt8(this.#take(1));
    else if (short === 25) this.#argument = this.#bytes.readUInt16BE(this.#take(2));
    else if (short === 26) this.#argument = this.#bytes.readUInt32BE(this.#take(4));
    else if (short === 27) {
      const start = this.#take(8);
      this.#argument = this.#bytes.readUInt32BE(start) * 4_294_967_296 + this.#bytes.readUInt32BE(start + 4);
    } else if (short === 31 && this.#major >= 2 && this.#major <= 5) {
      this.#argument = 0;
      this.#unknownLength = true;
    } else throw new RangeError(`CBOR head ${first} at ${this.#at - 1} is malformed.`);
  }

  /** Floats, false, true, null and undefined; the latter four as numbers. */
  #simple(short: number): number {
    if (short === 26) return this.#bytes.readFloatBE(this.#take(4));
    if (short === 27) return this.#bytes.readDoubleBE(this.#take(8));
    if (short >= FALSE && short <= UNDEFINED) return short;
    throw new RangeError(`CBOR value ${short} at ${this.#at - 1} is not one AWS sends.`);
  }

  #isNull(): boolean {
    const first = this.#bytes[this.#at - 1];
    return first === NULL_BYTE || first === NULL_BYTE + 1;
  }

  #skipNull(): boolean {
    const isNull = this.#peek() === NULL_BYTE || this.#peek() === NULL_BYTE + 1;
    if (isNull) this.#at++;
    return isNull;
  }

  #expect(major: number): void {
    if (this.#major !== major) throw new RangeError(`CBOR holds ${this.#major} where ${major} belongs.`);
  }

  #peek(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError('CBOR ends too soon.');
    return byte;
  }

  /** Answers where `count` bytes begin, and goes past them. */
  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw new RangeError('CBOR ends too soon.');
    this.#at = start + count;
    return start;
  }
}

const BREAK = 0xff;
const FALSE = 20;
const UNDEFINED = 23;
const NULL_BYTE = 0xf6;
const deepest = 32;
