import { MillraceError } from '../errors.ts';
import { md5Hex } from './md5.ts';

/** The largest hash key, 2^128 − 1. */
export const MAX_HASH_KEY: bigint = (1n << 128n) - 1n;

/**
 * The hash key of a partition key: MD5 of its UTF-8 bytes read as a big-endian unsigned 128-bit integer.
 * It decides the shard. See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html}.
 *
 * @example
 * ```ts
 * hashKeyOf('user-b'); // 49560880368761828922151166659589731216n
 * ```
 */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${md5Hex(partitionKey)}`);
}

/**
 * Whether `text` is an explicit hash key: decimal, without leading zeros, at most 2^128 − 1.
 *
 * @example
 * ```ts
 * isHashKey('340282366920938463463374607431768211456'); // false: 2^128
 * ```
 */
export function isHashKey(text: string): boolean {
  return /^(?:0|[1-9]\d{0,38})$/.test(text) && BigInt(text) <= MAX_HASH_KEY;
}

/**
 * An explicit hash key as an integer. Throws `RECORD_INVALID` unless it is decimal and at most 2^128 − 1.
 *
 * @example
 * ```ts
 * parseHashKey('170141183460469231731687303715884105728'); // 2n ** 127n
 * ```
 */
export function parseHashKey(text: string): bigint {
  if (isHashKey(text)) return BigInt(text);
  throw new MillraceError('RECORD_INVALID', `${JSON.stringify(text)} is not an explicit hash key.`, {
    advice: 'Leave it out to hash the partition key, or give a decimal integer.',
    path: 'explicitHashKey',
    got: text,
    allowed: 'a decimal integer from 0 to 340282366920938463463374607431768211455',
  });
}

/**
 * The hash key a record is stored under: its explicit hash key, else the hash of its partition key.
 *
 * @example
 * ```ts
 * map.shardFor(effectiveHashKey(record.partitionKey, record.explicitHashKey))?.shardId;
 * ```
 */
export function effectiveHashKey(partitionKey: string, explicitHashKey: string | undefined): bigint {
  return explicitHashKey === undefined ? hashKeyOf(partitionKey) : parseHashKey(explicitHashKey);
}
