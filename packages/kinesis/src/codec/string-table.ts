import { textRoom, writeText } from './utf8.ts';

/** Distinct strings in the order they were first seen, kept as the repeated protobuf field they are written as. */
export class StringTable {
  readonly #tag: number;
  readonly #indexes = new Map<string, number>();
  #field: Uint8Array = new Uint8Array(0);
  #end = 0;
  #stagedEnd = 0;

  constructor(tag: number) {
    this.#tag = tag;
  }

  get count(): number {
    return this.#indexes.size;
  }

  /** The field as it goes on the wire, all strings. */
  get field(): Uint8Array {
    return this.#field.subarray(0, this.#end);
  }

  indexOf(text: string): number | undefined {
    return this.#indexes.get(text);
  }

  /** The bytes `text` would add to the field. Follow with `keep` to have it added. */
  stage(text: string): number {
    const end = this.#end;
    if (end + 1 + textRoom(text) > this.#field.length) this.#grow(1 + textRoom(text));
    this.#field[end] = this.#tag;
    this.#stagedEnd = writeText(this.#field, end + 1, text);
    return this.#stagedEnd - end;
  }

  /** Adds `text`, the last one staged. */
  keep(text: string): void {
    this.#indexes.set(text, this.#indexes.size);
    this.#end = this.#stagedEnd;
  }

  clear(): void {
    this.#indexes.clear();
    this.#end = 0;
  }

  #grow(room: number): void {
    const larger = new Uint8Array(Math.max(2048, 2 * (this.#end + room)));
    larger.set(this.#field);
    this.#field = larger;
  }
}
