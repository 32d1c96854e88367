import { MillraceError } from '../errors.ts';

/** The longest partition key, in Unicode code points. */
export const MAX_PARTITION_KEY_LENGTH = 256;

/** Stands for no partition key, in a stream that distributes its records itself. No other record may have it. */
export const NO_PARTITION_KEY = '';

/**
 * `key` when the service would take it. Throws `RECORD_INVALID` when empty or longer than 256 Unicode characters.
 *
 * @example
 * ```ts
 * checkPartitionKey(order.customer);
 * ```
 */
export function checkPartitionKey(key: unknown): string {
  if (typeof key === 'string' && key.length > 0 && codePoints(key) <= MAX_PARTITION_KEY_LENGTH) return key;
  throw new MillraceError(
    'RECORD_INVALID',
    typeof key === 'string'
      ? `The partition key has ${codePoints(key)} characters.`
      : 'The partition key is not a string.',
    {
      advice: 'Derive a key of 1 to 256 Unicode characters; hash a longer one yourself.',
      path: 'partitionKey',
      got: typeof key === 'string' ? codePoints(key) : typeof key,
      allowed: '1 to 256 Unicode characters',
    },
  );
}

function codePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // A high surrogate followed by a low one is one character.
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(index + 1);
      if (next >= 0xdc00 && next <= 0xdfff) index++;
    }
    count++;
  }
  return count;
}
