import { createTextReader, type ReadText } from '../runtime/text-reader.ts';

/** The kinds of items, as the high three bits of their first byte say. */
export const UNSIGNED = 0;
export const NEGATIVE = 1;
export const BYTES = 2;
export const TEXT = 3;
export const LIST = 4;
export const MAP = 5;
export const TAG = 6;

/** The low five bits of a first byte: what else follows. */
const ONE_BYTE = 24;
const EIGHT_BYTES = 27;
const INDEFINITE = 31;
const BREAK = 0xff;
const NULL = 0xf6;
const UNDEFINED = 0xf7;

/** How long floats are, by their first byte. */
const floatBytes: ReadonlyMap<number, number> = new Map([
  [0xf9, 2],
  [0xfa, 4],
  [0xfb, 8],
]);

/** No answer of the service goes as deep. */
const deepest = 16;

/**
 * A cursor over CBOR (RFC 8949) that never throws: the first malformed byte sets `failed` and moves to the end, so that every
 * loop over it ends by itself and one asks once, when it is done.
 *
 * It reads what the service's answers are made of, and passes over everything else that is well-formed.
 */
export class CborReader {
  readonly bytes: Buffer;
  offset = 0;
  failed = false;
  readonly #read: ReadText;
  /** By their first two bytes. */
  readonly #names = new Map<number, string>();

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#read = createTextReader(bytes);
  }

  /** The kind of the item at the cursor; −1 at the end, and at a break. */
  get kind(): number {
    const head = this.bytes[this.offset];
    return head === undefined || head === BREAK ? -1 : head >> 5;
  }

  /** Steps over a null. Answers whether there was one. */
  null(): boolean {
    const head = this.bytes[this.offset];
    if (head !== NULL && head !== UNDEFINED) return false;
    this.offset++;
    return true;
  }

  /** Whether another item of a list, or pair of a map, is to come, of which `left` are, or as many as there are before a break. */
  more(left: number): boolean {
    if (this.failed) return false;
    if (left !== Number.POSITIVE_INFINITY) return left > 0;
    if (this.bytes[this.offset] !== BREAK) return true;
    this.offset++;
    return false;
  }

  text(): string {
    const length = this.head(TEXT);
    if (length === Number.POSITIVE_INFINITY) return this.pieces(TEXT).toString();
    const start = this.take(length);
    return this.#read(start, this.offset);
  }

  /** A text that may have come before, as the names of members have: it is made once. */
  name(): string {
    const { bytes, offset } = this;
    const length = (bytes[offset] ?? 0) - (TEXT << 5);
    if (length <= 0 || length >= ONE_BYTE) return this.text();
    const twoBytes = length * 0x1_00 + (bytes[offset + 1] ?? 0);
    const known = this.#names.get(twoBytes);
    if (known !== undefined && this.#isAt(offset + 1, known, length)) {
      this.offset = offset + 1 + length;
      return known;
    }
    const name = this.text();
    this.#names.set(twoBytes, name);
    return name;
  }

  /** An integer or a float. A tag before it is passed over: what it says is known from the member's name. */
  number(): number {
    if (this.kind === TAG) this.head(TAG);
    const { kind } = this;
    if (kind === UNSIGNED) return this.head(UNSIGNED);
    if (kind === NEGATIVE) return -1 - this.head(NEGATIVE);
    const length = floatBytes.get(this.bytes[this.offset] ?? 0);
    if (length === undefined) return this.#fail();
    const start = this.take(1 + length) + 1;
    if (this.failed) return 0;
    if (length === 2) return toHalf(this.bytes.readUInt16BE(start));
    return length === 4 ? this.bytes.readFloatBE(start) : this.bytes.readDoubleBE(start);
  }

  /** Passes over an item, with all that is in it. */
  skip(depth = 0): void {
    const { kind } = this;
    if (depth > deepest || kind < 0) this.#fail();
    else if (kind === BYTES || kind === TEXT) {
      const length = this.head(kind);
      if (length === Number.POSITIVE_INFINITY) this.pieces(kind);
      else this.take(length);
    } else if (kind === LIST || kind === MAP) {
      for (let left = this.head(kind); this.more(left); left--) {
        this.skip(depth + 1);
        if (kind === MAP) this.skip(depth + 1);
      }
    } else {
      this.head(kind);
      if (kind === TAG) this.skip(depth + 1);
    }
  }

  /** An item as what it is in JavaScript, maps without a prototype; for what is small, so that bytes are passed over. */
  value(depth = 0): unknown {
    const { kind } = this;
    if (depth > deepest) this.#fail();
    if (this.null()) return null;
    if (kind === TEXT) return this.text();
    if (kind === LIST) {
      const list: unknown[] = [];
      for (let left = this.head(LIST); this.more(left); left--) list.push(this.value(depth + 1));
      return list;
    }
    if (kind === MAP) {
      const map: Record<string, unknown> = Object.create(null);
      for (let left = this.head(MAP); this.more(left); left--) map[this.text()] = this.value(depth + 1);
      return map;
    }
    if (kind === BYTES) {
      this.skip();
      return undefined;
    }
    if (kind === TAG) {
      this.head(TAG);
      return this.value(depth + 1);
    }
    const head = this.bytes[this.offset];
    if (head !== 0xf4 && head !== 0xf5) return this.number();
    this.offset++;
    return head === 0xf5;
  }

  /** Steps over the head of an item, which is to be of that kind. Answers its argument: a value, or how much it has; infinite where a break says so. */
  head(kind: number): number {
    const { bytes, offset } = this;
    const head = bytes[offset] ?? BREAK;
    if (head >> 5 !== kind || head === BREAK) return this.#fail();
    const low = head & 0b1_1111;
    if (low < ONE_BYTE) {
      this.offset = offset + 1;
      return low;
    }
    if (low === INDEFINITE) {
      if (kind < BYTES || kind > MAP) return this.#fail();
      this.offset = offset + 1;
      return Number.POSITIVE_INFINITY;
    }
    if (low > EIGHT_BYTES) return this.#fail();
    const size = 1 << (low - ONE_BYTE);
    if (offset + 1 + size > bytes.length) return this.#fail();
    let argument = 0;
    for (let at = offset + 1; at <= offset + size; at++) argument = argument * 0x1_00 + (bytes[at] ?? 0);
    this.offset = offset + 1 + size;
    return argument;
  }

  /** Steps over so many bytes and answers where they begin. */
  take(length: number): number {
    const { offset } = this;
    if (length > this.bytes.length - offset) {
      this.#fail();
      return this.offset;
    }
    this.offset = offset + length;
    return offset;
  }

  /** The pieces of a text or byte string of unknown length, up to its break. */
  pieces(kind: typeof TEXT | typeof BYTES): Buffer {
    const pieces: Buffer[] = [];
    while (this.more(Number.POSITIVE_INFINITY)) {
      const length = this.head(kind);
      if (length === Number.POSITIVE_INFINITY) this.#fail();
      const start = this.take(this.failed ? 0 : length);
      pieces.push(this.bytes.subarray(start, this.offset));
    }
    return Buffer.concat(pieces);
  }

  #isAt(start: number, ascii: string, length: number): boolean {
    if (ascii.length !== length) return false;
    for (let index = 0; index < length; index++) {
      if (this.bytes[start + index] !== ascii.charCodeAt(index)) return false;
    }
    return true;
  }

  #fail(): 0 {
    this.failed = true;
    this.offset = this.bytes.length;
    return 0;
  }
}

/** A float of two bytes (IEEE 754 binary16), the shortest way to write a round number. */
function toHalf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0b1_1111;
  const fraction = bits & 0b11_1111_1111;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent < 0b1_1111) return sign * (1024 + fraction) * 2 ** (exponent - 25);
  return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
}
