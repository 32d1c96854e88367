import { md5 } from '../record/md5.ts';
import { createTextReader, type ReadText } from '../runtime/text-reader.ts';
import {
  DIGEST_BYTES,
  HASH_KEY_TABLE,
  KEY_TABLE,
  MAGIC,
  MAGIC_BYTES,
  MAX_AGGREGATE_COUNT,
  RECORD,
  RECORD_DATA,
  RECORD_HASH_KEY_INDEX,
  RECORD_KEY_INDEX,
  RECORD_TAG,
  TAG_KEY,
  TAG_VALUE,
  type AggregatedEntry,
} from './aggregate.ts';
import { emptyHeaders, noHeaders } from './headers.ts';
import { WireReader } from './wire-reader.ts';

/** Whether `data` begins as an aggregate does: cheap, and almost always the answer. */
function looksAggregated(data: Uint8Array): boolean {
  return (
    data.length > MAGIC_BYTES + DIGEST_BYTES &&
    data[0] === MAGIC[0] &&
    data[1] === MAGIC[1] &&
    data[2] === MAGIC[2] &&
    data[3] === MAGIC[3]
  );
}

/**
 * The user records in a stored record's data, in order, or undefined when it is not an aggregate: no magic, a wrong
 * digest, malformed, an index outside its table, no records at all, or more than 1,000,000. The caller then treats
 * it as a plain record, so nothing is ever lost. Never throws, and opens an aggregate inside an aggregate as the
 * bytes it is.
 *
 * @example
 * ```ts
 * const entries = decodeAggregate(record.data) ?? [{ ...record, headers: {} }];
 * ```
 */
export function decodeAggregate(data: Uint8Array): readonly AggregatedEntry[] | undefined {
  return readAggregate(data, toEntry);
}

/** What is made of a user record, the `index`th of its aggregate. */
export type MakeRecord<R> = (
  partitionKey: string,
  explicitHashKey: string | undefined,
  data: Uint8Array,
  headers: Readonly<Record<string, string>>,
  index: number,
) => R;

/** As {@link decodeAggregate}, with records made as the caller wants them: an object more for each would double the work. */
export function readAggregate<R>(data: Uint8Array, make: MakeRecord<R>): R[] | undefined {
  if (!looksAggregated(data)) return undefined;
  const end = data.length - DIGEST_BYTES;
  const digest = md5(data.subarray(MAGIC_BYTES, end));
  for (let index = 0; index < DIGEST_BYTES; index++) {
    if (digest[index] !== data[end + index]) return undefined;
  }
  const reader = new WireReader(data, MAGIC_BYTES, end);
  const keys: number[] = [];
  const hashKeys: number[] = [];
  const records: number[] = [];
  // Where things are, as start and end offsets in turn: nothing is built before it is known to be worth it.
  while (reader.more) {
    const tag = reader.varint();
    const spans =
      tag === RECORD ? records : tag === KEY_TABLE ? keys : tag === HASH_KEY_TABLE ? hashKeys : undefined;
    if (spans === undefined) {
      reader.skip(tag);
      continue;
    }
    if (spans.length >= MAX_AGGREGATE_COUNT * 2) return undefined;
    const length = reader.length();
    spans.push(reader.offset, (reader.offset += length));
  }
  if (reader.failed || records.length === 0) return undefined;
  const text = createTextReader(data);
  return readRecords(reader, text, records, readTable(text, keys), readTable(text, hashKeys), make);
}

function toEntry(
  partitionKey: string,
  explicitHashKey: string | undefined,
  data: Uint8Array,
  headers: Readonly<Record<string, string>>,
): AggregatedEntry {
  return explicitHashKey === undefined
    ? { partitionKey, data, headers }
    : { partitionKey, explicitHashKey, data, headers };
}

/** The last value of each field wins, as protobuf has it; −1 is a field that was not there. */
function readRecords<R>(
  reader: WireReader,
  text: ReadText,
  spans: readonly number[],
  keys: readonly string[],
  hashKeys: readonly string[],
  make: MakeRecord<R>,
): R[] | undefined {
  const { buffer, byteOffset } = reader.bytes;
  const made: R[] = [];
  for (let index = 0; index < spans.length; index += 2) {
    reader.seek(spans[index] ?? 0, spans[index + 1] ?? 0);
    let keyIndex = -1;
    let hashKeyIndex = -1;
    let start = -1;
    let length = 0;
    let headers: Record<string, string> | undefined;
    while (reader.more) {
      const tag = reader.varint();
      if (tag === RECORD_KEY_INDEX) {
        keyIndex = reader.varint();
      } else if (tag === RECORD_HASH_KEY_INDEX) {
        hashKeyIndex = reader.varint();
      } else if (tag === RECORD_DATA) {
        length = reader.length();
        start = reader.offset;
        reader.offset += length;
      } else if (tag === RECORD_TAG) {
        readTag(reader, text, (headers ??= emptyHeaders()));
      } else {
        reader.skip(tag);
      }
    }
    const key = keys[keyIndex];
    const hashKey = hashKeyIndex < 0 ? undefined : hashKeys[hashKeyIndex];
    if (reader.failed || key === undefined || start < 0 || (hashKeyIndex >= 0 && hashKey === undefined))
      return undefined;
    const data = new Uint8Array(buffer, byteOffset + start, length);
    made.push(make(key, hashKey, data, headers ?? noHeaders, made.length));
  }
  return made;
}

function readTag(reader: WireReader, text: ReadText, headers: Record<string, string>): void {
  const length = reader.length();
  const { end } = reader;
  reader.end = reader.offset + length;
  let name: string | undefined;
  let value = '';
  while (reader.more) {
    const tag = reader.varint();
    if (tag === TAG_KEY) name = readString(reader, text);
    else if (tag === TAG_VALUE) value = readString(reader, text);
    else reader.skip(tag);
  }
  reader.end = end;
  if (name === undefined) reader.fail();
  else headers[name] = value;
}

function readString(reader: WireReader, text: ReadText): string {
  const length = reader.length();
  const start = reader.offset;
  reader.offset += length;
  return text(start, reader.offset);
}

function readTable(text: ReadText, spans: readonly number[]): readonly string[] {
  const table: string[] = [];
  for (let index = 0; index < spans.length; index += 2) {
    table.push(text(spans[index] ?? 0, spans[index + 1] ?? 0));
  }
  return table;
}
