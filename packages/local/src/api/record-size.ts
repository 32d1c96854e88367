import { hexOfDecimal, type HexHashKey } from '../engine/hash-key.ts';
import { invalidArgument } from '../engine/service-error.ts';
import { constraint, showPayload } from './check-constraints.ts';
import { payloadBytes } from './check-type.ts';

/** Bytes of a record as the service counts them: the data and the UTF-8 of the partition key. */
export function recordBytes(data: string | Uint8Array, partitionKey: string): number {
  return payloadBytes(data) + utf8Bytes(partitionKey);
}

/** The constraint a record larger than its stream takes breaks. */
export function tooLarge(data: string | Uint8Array, path: string, maxBytes: number): string {
  return constraint(showPayload(data), path, `Member must have length less than or equal to ${maxBytes}`);
}

/** The explicit hash key as the engine wants it. Throws `InvalidArgumentException` above 2^128 − 1. */
export function explicitHashKey(decimal: string | null | undefined): HexHashKey | undefined {
  if (decimal === null || decimal === undefined) return undefined;
  const hashKey = hexOfDecimal(decimal);
  if (hashKey !== undefined) return hashKey;
  throw invalidArgument(
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${decimal}`,
  );
}

function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes, so two a unit; a lone one is stored as three.
    bytes += unit < 0x800 || isPaired(text, at) ? 1 : 2;
  }
  return bytes;
}

function isPaired(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit >= 0xd800 && unit <= 0xdbff) return isLow(text.charCodeAt(at + 1));
  return isLow(unit) && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}

function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}
