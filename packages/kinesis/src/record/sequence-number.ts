import { MillraceError } from '../errors.ts';

declare const sequenceNumberBrand: unique symbol;

/** A decimal integer of up to 129 digits, without leading zeros. Larger than any `number`; compare with {@link compareSequenceNumbers}. */
export type SequenceNumber = string & { readonly [sequenceNumberBrand]: true };

const maxDigits = 129;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Whether `text` has the form of a sequence number.
 *
 * @example
 * ```ts
 * isSequenceNumber('007'); // false: leading zeros
 * ```
 */
export function isSequenceNumber(text: string): text is SequenceNumber {
  // By hand, since it is asked for every record: a regular expression takes several times as long.
  const { length } = text;
  if (length === 0 || length > maxDigits) return false;
  if (text.charCodeAt(0) === ZERO) return length === 1;
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < ZERO || unit > NINE) return false;
  }
  return true;
}

/**
 * `text` as a sequence number. Throws `RECORD_INVALID` when it is not a decimal integer.
 *
 * @example
 * ```ts
 * const position = after(toSequenceNumber('49590338271490256608559692538361571095921575989136588898'));
 * ```
 */
export function toSequenceNumber(text: string): SequenceNumber {
  if (isSequenceNumber(text)) return text;
  throw new MillraceError('RECORD_INVALID', `${JSON.stringify(text)} is not a sequence number.`, {
    advice: 'Give the decimal string that PutRecord, PutRecords or GetRecords answered.',
    path: 'sequenceNumber',
    got: text,
    allowed: '1 to 129 decimal digits without leading zeros',
  });
}

/**
 * Numeric order without parsing: without leading zeros the longer number is the larger.
 *
 * @example
 * ```ts
 * receipts.map(({ sequenceNumber }) => sequenceNumber).toSorted(compareSequenceNumbers);
 * ```
 */
export function compareSequenceNumbers(a: SequenceNumber, b: SequenceNumber): -1 | 0 | 1 {
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
