/**
 * A hash key as 32 lower-case hexadecimal digits. At fixed width text order is numeric order, and MD5 comes as hex
 * anyway: routing a record never builds a bigint.
 */
export type HexHashKey = string;

const maxHashKey = (1n << 128n) - 1n;

/** MD5 of the UTF-8 bytes of a partition key as 32 hexadecimal digits. Injected: the engine knows no platform. */
export type HashPartitionKey = (partitionKey: string) => HexHashKey;

export function toHex(hashKey: bigint): HexHashKey {
  return hashKey.toString(16).padStart(32, '0');
}

/** An explicit hash key as hex, or undefined when it is 2^128 or larger. `decimal` has the form of the model's HashKey. */
export function hexOfDecimal(decimal: string): HexHashKey | undefined {
  const hashKey = BigInt(decimal);
  return hashKey > maxHashKey ? undefined : toHex(hashKey);
}
