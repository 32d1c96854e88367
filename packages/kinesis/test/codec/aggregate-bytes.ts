import { createHash } from 'node:crypto';

const magic = Buffer.from('f3899ac2', 'hex');

/** An aggregate around whatever protobuf, with the digest that makes a reader look at it. */
export function seal(protobuf: Uint8Array): Uint8Array {
  return Buffer.concat([magic, protobuf, createHash('md5').update(protobuf).digest()]);
}

/** The protobuf of a whole aggregate. */
export function unseal(aggregate: Uint8Array): Uint8Array {
  return aggregate.subarray(4, aggregate.length - 16);
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

export function hex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** A protobuf field with a length: `field(3, …)` is a record at the top and data within a record. */
export function field(number: number, ...content: readonly (string | Uint8Array)[]): Uint8Array {
  const bytes = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(BigInt(bytes.length)), bytes]);
}

/** A protobuf field with an integer. */
export function integer(number: number, value: bigint | number): Uint8Array {
  return Buffer.concat([varint(BigInt(number) << 3n), varint(BigInt(value))]);
}

export function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
