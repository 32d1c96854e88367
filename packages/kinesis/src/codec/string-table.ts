import { utf8Length, writeUtf8 } from './utf8.ts';
import { varintLength, writeVarint } from './varint.ts';

/** Distinct strings in the order they were first seen, written as one repeated protobuf field. */
export class StringTable {
  readonly #tag: number;
  readonly #indexes = new Map<string, number>();

  constructor(tag: number) {
    this.#tag = tag;
  }

  get count(): number {
    return this.#indexes.size;
  }

  /** The index of `text`, or the one it would get. */
  indexOf(text: string): number {
    return this.#indexes.get(text) ?? this.#indexes.size;
  }

  add(text: string): void {
    this.#indexes.set(text, this.#indexes.size);
  }

  clear(): void {
    this.#indexes.clear();
  }

  write(target: Uint8Array, offset: number): number {
    let at = offset;
    for (const text of this.#indexes.keys()) at = writeString(target, at, this.#tag, text);
    return at;
  }
}

/** Bytes of `text` as a field with a one-byte tag. */
export function stringFieldLength(text: string): number {
  const length = utf8Length(text);
  return 1 + varintLength(length) + length;
}

/** Writes `text` as a field and answers the offset behind it. */
export function writeString(target: Uint8Array, offset: number, tag: number, text: string): number {
  target[offset] = tag;
  // Most keys are ASCII and short: their length is known, one byte wide, before they are written.
  const length = utf8Length(text);
  return writeUtf8(target, writeVarint(target, offset + 1, length), text);
}
