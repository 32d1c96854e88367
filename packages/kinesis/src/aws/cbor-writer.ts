import { MAP, TEXT, UNSIGNED } from './cbor-reader.ts';

/** A map of at most 23 members, texts and integers from 0 to 2^32 − 1, as CBOR: what a call's input is made of. */
export function writeCborMap(members: Readonly<Record<string, string | number>>): Buffer {
  const entries = Object.entries(members);
  const pieces = [head(MAP, entries.length)];
  for (const [name, value] of entries)
    pieces.push(text(name), typeof value === 'string' ? text(value) : head(UNSIGNED, value));
  return Buffer.concat(pieces);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([head(TEXT, bytes.length), bytes]);
}

/** The kind of an item and its argument. */
function head(kind: number, argument: number): Buffer {
  if (argument < 24) return Buffer.of((kind << 5) + argument);
  const bytes = Buffer.alloc(5);
  bytes[0] = (kind << 5) + 26;
  bytes.writeUInt32BE(argument, 1);
  return bytes;
}
