import { decodedLength, digits, PADDING, sextets } from './base64.ts';
import { limits } from '../engine/limits.ts';
import type { KnownKey } from '../engine/known-key.ts';
import { PLACE, type RecordColumns } from '../engine/record-columns.ts';
import type { KeyTable } from '../api/key-table.ts';
import { ScannedPut } from '../api/scanned-put.ts';
import { decodeJson } from './json.ts';

/**
 * The body of a PutRecords of the usual form, taken apart without parsing it: a stream name, and entries of nothing
 * but base64 data and a key of printable ASCII, in any order and with any white space. Undefined for anything else,
 * right or wrong: then the body is parsed, and what is wrong is put in words.
 */
export function scanPutRecords(body: Buffer, table: KeyTable): ScannedPut | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let name: string | undefined;
  let entries: Entries | undefined;
  let at = skipSpace(body, 0);
  if (body[at] !== OPEN) return undefined;
  do {
    at = skipSpace(body, at + 1);
    if (name === undefined && isAt(view, at, STREAM_NAME)) {
      const start = valueAfter(body, at + STREAM_NAME.length, QUOTE);
      const end = endOfName(body, start);
      if (end < 0) return undefined;
      name = body.toString('latin1', start, end);
      at = end + 1;
    } else if (entries === undefined && isAt(view, at, RECORDS)) {
      entries = scanEntries(body, view, valueAfter(body, at + RECORDS.length, OPEN_LIST), table);
      if (entries === undefined) return undefined;
      at = entries.end;
    } else return undefined;
    at = skipSpace(body, at);
  } while (body[at] === COMMA);
  if (body[at] !== CLOSE || skipSpace(body, at + 1) < body.length) return undefined;
  if (name === undefined || entries === undefined) return undefined;
  return new ScannedPut(name, entries, () => decodeJson(body));
}

interface Entries extends RecordColumns {
  /** Bytes of the largest record. */
  readonly largest: number;
  /** Behind the list's bracket. */
  readonly end: number;
}

/** The entries behind the bracket that opens their list; `from` is negative when there is none. */
function scanEntries(body: Buffer, view: DataView, from: number, table: KeyTable): Entries | undefined {
  if (from < 0) return undefined;
  const keys: KnownKey[] = [];
  const places = new Uint32Array(limits.recordsPerPut * PLACE);
  let total = 0;
  let largest = 0;
  let at = from;
  let dataLength = 0;
  let keyLength = 0;
  for (let place = 0; ; place += PLACE) {
    if (place === places.length) return undefined;
    at = skipSpace(body, at);
    const opening = at;
    let keyStart = -1;
    let keyEnd = -1;
    let dataStart = -1;
    let dataEnd = -1;
    let key: KnownKey | undefined;
    if (isAt(view, at, COMPACT_DATA)) {
      // As JSON is usually written: without white space, the data first.
      dataStart = at + COMPACT_DATA.length;
      dataEnd = endOfBase64(body, view, dataStart, dataLength);
      if (dataEnd >= 0 && isAt(view, dataEnd, COMPACT_KEY)) {
        keyStart = dataEnd + COMPACT_KEY.length;
        // Keys are often of one length, too, and one that is known need not be looked into.
        const guess = keyStart + keyLength;
        if (body[guess] === QUOTE) key = table.known(view, keyStart, guess);
        keyEnd = key === undefined ? endOfKey(body, view, keyStart) : guess;
        at = keyEnd + 1;
      }
    }
    if (keyEnd >= 0) places[place] = opening + 1;
    else {
      if (body[opening] !== OPEN) return undefined;
      at = skipSpace(body, opening + 1);
      places[place] = at;
      // Data and key, or the other way round.
      const keyFirst = isAt(view, at, PARTITION_KEY);
      for (let member = 0; member < 2; member++) {
        if (member === 1) {
          at = skipSpace(body, at);
          if (body[at] !== COMMA) return undefined;
          at = skipSpace(body, at + 1);
        }
        const isKey = keyFirst === (member === 0);
        const name = isKey ? PARTITION_KEY : DATA;
        if (!isAt(view, at, name)) return undefined;
        const start = valueAfter(body, at + name.length, QUOTE);
        const end = isKey ? endOfKey(body, view, start) : endOfBase64(body, view, start, dataLength);
        if (end < 0) return undefined;
        if (isKey) [keyStart, keyEnd] = [start, end];
        else [dataStart, dataEnd] = [start, end];
        at = end + 1;
      }
    }
    places[place + 1] = at;
    at = skipSpace(body, at);
    if (body[at] !== CLOSE) return undefined;
    keys.push(key ?? table.find(body, view, keyStart, keyEnd));
    dataLength = dataEnd - dataStart;
    keyLength = keyEnd - keyStart;
    const bytes = decodedLength(body, dataStart, dataEnd) + keyLength;
    places[place + 2] = bytes;
    total += bytes;
    if (bytes > largest) largest = bytes;
    at = skipSpace(body, at + 1);
    if (body[at] === COMMA) at++;
    else if (body[at] === CLOSE_LIST) {
      const used = places.subarray(0, place + PLACE);
      return { source: body, keys, places: used, bytes: total, largest, end: at + 1 };
    } else return undefined;
  }
}

/** Behind the colon and the character a value begins with; -1 when there is something else. */
function valueAfter(body: Buffer, from: number, opening: number): number {
  const colon = skipSpace(body, from);
  if (body[colon] !== COLON) return -1;
  const at = skipSpace(body, colon + 1);
  return body[at] === opening ? at + 1 : -1;
}

/** The quote behind a stream's name; like those below -1 when it is none, and for a negative `start`. */
function endOfName(body: Buffer, start: number): number {
  let at = start;
  while ((classes[body[at] ?? 0] ?? 0) & NAME) at++;
  return at > start && at - start <= 128 && body[at] === QUOTE ? at : -1;
}

/** The quote behind a key: 1 to 256 characters of printable ASCII without escapes. */
function endOfKey(body: Buffer, view: DataView, start: number): number {
  if (start < 0) return -1;
  const at = endOf(PLAIN, body, view, start);
  return at > start && at - start <= 256 && body[at] === QUOTE ? at : -1;
}

/**
 * The quote behind base64 text as the service takes it. Records are often of one length: when what would be digits
 * were it of length `guess` are digits, only its end is looked at more closely.
 */
function endOfBase64(body: Buffer, view: DataView, start: number, guess: number): number {
  if (start < 0) return -1;
  const guessed = start + guess - 4;
  let at = endOf(BASE64, body, view, areDigits(view, start, guessed) ? guessed : start);
  const last = sextets[body[at - 1] ?? 0] ?? 0;
  let padding = 0;
  while (padding < 2 && body[at] === PADDING) {
    at++;
    padding++;
  }
  // What the padding leaves over of the last digit must be zero.
  const isWhole = (at - start) % 4 === 0 && (last & ((1 << (2 * padding)) - 1)) === 0;
  return isWhole && body[at] === QUOTE ? at : -1;
}

/** Whether there is something from `start` to `end`, and all of it digits of base64. */
function areDigits(view: DataView, start: number, end: number): boolean {
  if (end <= start || end > view.byteLength) return false;
  let all = BASE64;
  for (let at = start; at < end; at += 4) {
    const word = view.getInt32(at, true);
    all &= (pairs[word & 0xffff] ?? 0) & (pairs[word >>> 16] ?? 0);
  }
  return all !== 0;
}

/** The first byte that is not of the class. Looks at four at a time. */
function endOf(kind: number, body: Buffer, view: DataView, start: number): number {
  const lastWord = view.byteLength - 4;
  let at = start;
  while (at <= lastWord) {
    const word = view.getInt32(at, true);
    if (((pairs[word & 0xffff] ?? 0) & (pairs[word >>> 16] ?? 0) & kind) === 0) break;
    at += 4;
  }
  while ((classes[body[at] ?? 0] ?? 0) & kind) at++;
  return at;
}

/** Text to be found, at least four bytes of it. */
interface Literal {
  readonly length: number;
  /** The same eight bytes at a time; what is left is in two words, which may overlap. */
  readonly longs: Float64Array;
  readonly rest: number;
  readonly last: number;
}

/** Text has no bytes that would make a number which does not equal itself. */
function isAt(view: DataView, at: number, { length, longs, rest, last }: Literal): boolean {
  const end = at + length;
  if (end > view.byteLength || view.getInt32(end - 4, true) !== last) return false;
  for (let index = 0; index < longs.length; index++) {
    if (view.getFloat64(at + index * 8, true) !== longs[index]) return false;
  }
  return length - longs.length * 8 <= 4 || view.getInt32(at + longs.length * 8, true) === rest;
}

function literal(text: string): Literal {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const longs = Float64Array.from({ length: length >> 3 }, (_, at) => bytes.readDoubleLE(at * 8));
  const restAt = Math.min(longs.length * 8, length - 4);
  return { length, longs, rest: bytes.readInt32LE(restAt), last: bytes.readInt32LE(length - 4) };
}

/** The next byte that is not white space. */
function skipSpace(body: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(body[at])) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const STREAM_NAME: Literal = literal('"StreamName"');
const RECORDS: Literal = literal('"Records"');
const COMPACT_DATA: Literal = literal('{"Data":"');
const COMPACT_KEY: Literal = literal('","PartitionKey":"');
const DATA: Literal = literal('"Data"');
const PARTITION_KEY: Literal = literal('"PartitionKey"');

const BASE64 = 1;
const NAME = 2;
const PLAIN = 4;
const classes: Uint8Array = new Uint8Array(256).map((_, byte) => {
  const character = String.fromCharCode(byte);
  return (
    (digits.includes(character) ? BASE64 : 0) |
    (/[\w.-]/.test(character) ? NAME : 0) |
    (/[ !#-[\]-~]/.test(character) ? PLAIN : 0)
  );
});

/** What two bytes have in common, as one little-endian number. */
const pairs: Uint8Array = new Uint8Array(0x1_0000);
for (let second = 0; second < 256; second++) {
  if (classes[second] === 0) continue;
  for (let first = 0; first < 256; first++) {
    pairs[second * 256 + first] = (classes[first] ?? 0) & (classes[second] ?? 0);
  }
}
