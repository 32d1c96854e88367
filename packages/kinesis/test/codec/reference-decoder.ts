import { createHash } from 'node:crypto';

import type { AggregatedEntry } from '@millrace/kinesis/codec';

/**
 * The format read in the plainest way there is, to judge the fast reader by: whole messages into maps of fields,
 * exceptions for whatever is malformed, 64-bit integers as bigints.
 */
export function referenceDecode(data: Uint8Array): readonly AggregatedEntry[] | undefined {
  const bytes = Buffer.from(data);
  if (bytes.length <= 20 || bytes.subarray(0, 4).toString('hex') !== 'f3899ac2') return undefined;
  const protobuf = bytes.subarray(4, -16);
  if (!createHash('md5').update(protobuf).digest().equals(bytes.subarray(-16))) return undefined;
  try {
    const top = parse(protobuf);
    const keys = strings(top, 1);
    const hashKeys = strings(top, 2);
    const entries = contents(top, 3).map((record) => readRecord(parse(record), keys, hashKeys));
    return entries.length === 0 ? undefined : entries;
  } catch {
    return undefined;
  }
}

interface Field {
  readonly number: number;
  readonly value: bigint | Buffer | undefined;
}

function readRecord(
  fields: readonly Field[],
  keys: readonly string[],
  hashKeys: readonly string[],
): AggregatedEntry {
  const index = integers(fields, 1).at(-1);
  const hashIndex = integers(fields, 2).at(-1);
  const data = contents(fields, 3).at(-1);
  const headers = contents(fields, 4).map((tag): [string, string] => {
    const tagFields = parse(tag);
    const name = strings(tagFields, 1).at(-1);
    if (name === undefined) throw new Error('a tag without a key');
    return [name, strings(tagFields, 2).at(-1) ?? ''];
  });
  if (index === undefined || data === undefined) throw new Error('a record without key or data');
  return {
    partitionKey: at(keys, index),
    ...(hashIndex !== undefined && { explicitHashKey: at(hashKeys, hashIndex) }),
    data,
    headers: Object.fromEntries(headers),
  };
}

function at(table: readonly string[], index: bigint): string {
  const text = index < BigInt(table.length) ? table[Number(index)] : undefined;
  if (text === undefined) throw new Error('outside the table');
  return text;
}

const integers = (fields: readonly Field[], number: number): readonly bigint[] =>
  fields.flatMap(({ number: n, value }) => (n === number && typeof value === 'bigint' ? [value] : []));

const contents = (fields: readonly Field[], number: number): readonly Buffer[] =>
  fields.flatMap(({ number: n, value }) => (n === number && Buffer.isBuffer(value) ? [value] : []));

const strings = (fields: readonly Field[], number: number): readonly string[] =>
  contents(fields, number).map((bytes) => bytes.toString('utf8'));

/** Integers and contents by field; fixed-size fields and groups are passed over. */
function parse(bytes: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let offset = 0;

  const take = (length: bigint): Buffer => {
    if (length > BigInt(bytes.length - offset)) throw new Error('truncated');
    offset += Number(length);
    return bytes.subarray(offset - Number(length), offset);
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = BigInt(take(1n).readUInt8());
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return BigInt.asUintN(64, value);
    }
    throw new Error('a varint of more than ten bytes');
  };
  const one = (openGroup: bigint | undefined): Field | 'end' => {
    const tag = varint();
    if (tag > 0xffff_ffffn || tag >> 3n === 0n) throw new Error('not a tag');
    const number = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case 0:
        return { number, value: varint() };
      case 1:
        take(8n);
        return { number, value: undefined };
      case 2:
        return { number, value: take(varint()) };
      case 3:
        while (one(tag >> 3n) !== 'end');
        return { number, value: undefined };
      case 4:
        if (openGroup !== tag >> 3n) throw new Error('the end of another group');
        return 'end';
      case 5:
        take(4n);
        return { number, value: undefined };
      default:
        throw new Error('no such wire type');
    }
  };
  while (offset < bytes.length) {
    const found = one(undefined);
    if (found !== 'end') fields.push(found);
  }
  return fields;
}
