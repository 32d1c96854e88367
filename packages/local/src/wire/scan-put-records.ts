import { limits } from '../engine/limits.ts';
import type { KeyTable } from '../api/key-table.ts';
import { ScannedEntry, ScannedPut } from '../api/scanned-put.ts';
import { decodeJson } from './json.ts';

/**
 * The body of a PutRecords of the usual form, taken apart without parsing it: a stream name, and entries of nothing
 * but base64 data and a key of printable ASCII, in any order and with any white space. Undefined for anything else,
 * right or wrong: then the body is parsed, and what is wrong is put in words.
 */
export function scanPutRecords(body: Buffer, keys: KeyTable): ScannedPut | undefined {
  return new Scan(body, keys).request();
}

/** A cursor over the bytes. Every step answers false as soon as they are not what is expected. */
class Scan {
  readonly #body: Buffer;
  readonly #keys: KeyTable;
  readonly #entries: ScannedEntry[] = [];
  #at = 0;
  #total = 0;
  #name: string | undefined;

  constructor(body: Buffer, keys: KeyTable) {
    this.#body = body;
    this.#keys = keys;
  }

  request(): ScannedPut | undefined {
    const body = this.#body;
    if (!this.#members((name) => this.#member(name)) || this.#token() !== -1) return undefined;
    if (this.#name === undefined || this.#entries.length === 0) return undefined;
    return new ScannedPut(this.#name, this.#entries, this.#total, () => decodeJson(body));
  }

  #member(name: string): boolean {
    if (name === 'StreamName' && this.#name === undefined) {
      this.#name = this.#streamName();
      return this.#name !== undefined;
    }
    return name === 'Records' && this.#entries.length === 0 && this.#records();
  }

  #streamName(): string | undefined {
    if (this.#token() !== QUOTE) return undefined;
    const start = this.#at;
    while ((classes[this.#body[this.#at] ?? 0] ?? 0) & NAME) this.#at++;
    const length = this.#at - start;
    if (length === 0 || length > 128 || this.#body[this.#at++] !== QUOTE) return undefined;
    return this.#body.toString('latin1', start, start + length);
  }

  #records(): boolean {
    if (this.#token() !== OPEN_LIST) return false;
    for (;;) {
      if (this.#entries.length === limits.recordsPerPut || !this.#entry()) return false;
      const next = this.#token();
      if (next === CLOSE_LIST) return true;
      if (next !== COMMA) return false;
    }
  }

  #entry(): boolean {
    if (this.#token() !== OPEN) return false;
    let start = -1;
    let dataBytes = -1;
    let keyStart = -1;
    let keyEnd = -1;
    for (let members = 0; members < 2; members++) {
      if (this.#token() !== QUOTE) return false;
      if (members === 0) start = this.#at - 1;
      // Told apart by their first letter, then compared as a whole.
      if (this.#body[this.#at] === LETTER_D && dataBytes < 0) {
        if (!this.#literal(dataMember) || this.#token() !== COLON || this.#token() !== QUOTE) return false;
        dataBytes = this.#base64();
        if (dataBytes < 0) return false;
      } else if (this.#body[this.#at] === LETTER_P && keyStart < 0) {
        if (!this.#literal(keyMember) || this.#token() !== COLON || this.#token() !== QUOTE) return false;
        keyStart = this.#at;
        if (!this.#plainText(256)) return false;
        keyEnd = this.#at - 1;
      } else return false;
      const last = this.#at;
      const next = this.#token();
      if (members === 0 ? next !== COMMA : next !== CLOSE) return false;
      if (members === 0) continue;
      const bytes = dataBytes + keyEnd - keyStart;
      const key = this.#keys.text(this.#body, keyStart, keyEnd, hashOf(this.#body, keyStart, keyEnd));
      this.#entries.push(new ScannedEntry(this.#body, start, last, key, bytes));
      this.#total += bytes;
    }
    return true;
  }

  /** The bytes that base64 text stands for, -1 when it is none as the service takes it; goes behind its end. */
  #base64(): number {
    const body = this.#body;
    const start = this.#at;
    let at = start;
    while ((classes[body[at] ?? 0] ?? 0) & BASE64) at++;
    const last = sextets[body[at - 1] ?? 0] ?? 0;
    let padding = 0;
    while (padding < 2 && body[at] === PADDING) {
      at++;
      padding++;
    }
    const length = at - start;
    this.#at = at + 1;
    // What the padding leaves over of the last digit must be zero.
    if (body[at] !== QUOTE || length % 4 !== 0 || last & ((1 << (2 * padding)) - 1)) return -1;
    return (length / 4) * 3 - padding;
  }

  /** Printable ASCII without escapes up to its quote, 1 to `max` characters; goes behind its end. */
  #plainText(max: number): boolean {
    const body = this.#body;
    const start = this.#at;
    let at = start;
    while ((classes[body[at] ?? 0] ?? 0) & PLAIN) at++;
    this.#at = at + 1;
    return at > start && at - start <= max && body[at] === QUOTE;
  }

  /** `{ "name": … }` with every value taken by `member`. */
  #members(member: (name: string) => boolean): boolean {
    if (this.#token() !== OPEN) return false;
    for (;;) {
      if (this.#token() !== QUOTE) return false;
      const start = this.#at;
      if (!this.#plainText(16)) return false;
      const name = this.#body.toString('latin1', start, this.#at - 1);
      if (this.#token() !== COLON || !member(name)) return false;
      const next = this.#token();
      if (next === CLOSE) return true;
      if (next !== COMMA) return false;
    }
  }

  /** The next byte that is not white space, -1 at the end; goes behind it. */
  #token(): number {
    const body = this.#body;
    for (let at = this.#at; at < body.length; at++) {
      const byte = body[at] ?? 0;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.#at = at + 1;
        return byte;
      }
    }
    return -1;
  }

  #literal(text: Uint8Array): boolean {
    const body = this.#body;
    const from = this.#at;
    for (let at = 0; at < text.length; at++) if (body[from + at] !== text[at]) return false;
    this.#at = from + text.length;
    return true;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const PADDING = 0x3d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const LETTER_D = 0x44;
const LETTER_P = 0x50;
const dataMember = Buffer.from('Data"');
const keyMember = Buffer.from('PartitionKey"');

const BASE64 = 1;
const NAME = 2;
const PLAIN = 4;
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const classes: Uint8Array = new Uint8Array(256).map((_, byte) => {
  const character = String.fromCharCode(byte);
  return (
    (digits.includes(character) ? BASE64 : 0) |
    (/[\w.-]/.test(character) ? NAME : 0) |
    (/[ !#-[\]-~]/.test(character) ? PLAIN : 0)
  );
});
const sextets: Uint8Array = new Uint8Array(256).map((_, byte) =>
  Math.max(0, digits.indexOf(String.fromCharCode(byte))),
);

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  return hash;
}
