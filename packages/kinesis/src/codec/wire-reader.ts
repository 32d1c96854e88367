/** The wire types of protobuf: how to find the end of a field one does not know. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;

/** As deep as protobuf's own readers go into groups within groups. */
const MAX_DEPTH = 100;
const MAX_TAG = 0xffff_ffff;
/** What the tenth byte of a varint counts. */
const TENTH = 2 ** 63;

/**
 * A cursor over protobuf bytes that never throws: the first malformed byte sets `failed` and moves to the end, so
 * that a loop `while (reader.more)` stops by itself and asks once, when it is done.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  offset: number;
  end: number;
  failed = false;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
  }

  get more(): boolean {
    return this.offset < this.end;
  }

  /** Places the cursor on another stretch of the same bytes. */
  seek(start: number, end: number): void {
    this.offset = start;
    this.end = end;
  }

  /** An unsigned varint of up to ten bytes. Exact below 2^53; above, only known to be large. */
  varint(): number {
    if (this.offset < this.end) {
      const byte = this.bytes[this.offset] ?? 0;
      if (byte < 0x80) {
        this.offset++;
        return byte;
      }
    }
    return this.#longVarint();
  }

  /** The length of a length-delimited field, checked against what is left; the cursor is on its first byte. */
  length(): number {
    const length = this.varint();
    return length <= this.end - this.offset ? length : this.fail();
  }

  /** Gives up: the bytes mean nothing. */
  fail(): number {
    this.failed = true;
    this.offset = this.end;
    return 0;
  }

  /** Passes over the field whose tag was just read, a group with all that is in it. */
  skip(first: number): void {
    const groups: number[] = [];
    let tag = first;
    do {
      const type = tag <= MAX_TAG && tag >>> 3 > 0 ? tag & 7 : -1;
      if (type === VARINT) this.varint();
      else if (type === FIXED64) this.#advance(8);
      else if (type === LENGTH_DELIMITED) this.#advance(this.length());
      else if (type === FIXED32) this.#advance(4);
      else if (type === GROUP_START && groups.length < MAX_DEPTH) groups.push(tag);
      else if (type !== GROUP_END || groups.pop() !== tag - GROUP_END + GROUP_START) this.fail();
      if (groups.length === 0) return;
      tag = this.more ? this.varint() : 0;
    } while (!this.failed);
  }

  #advance(count: number): void {
    if (count <= this.end - this.offset) this.offset += count;
    else this.fail();
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    const limit = Math.min(this.end, this.offset + 10);
    while (this.offset < limit) {
      const byte = this.bytes[this.offset++] ?? 0;
      // Of a tenth byte only one bit is within 64.
      value += (byte & (scale === TENTH ? 1 : 0x7f)) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    return this.fail();
  }
}
