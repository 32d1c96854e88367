import { MillraceError } from '../errors.ts';

declare const sequenceNumberBrand: unique symbol;

/** A decimal integer of up to 129 digits, without leading zeros. Larger than any `number`; compare with {@link compareSequenceNumbers}. */
export type SequenceNumber = string & { readonly [sequenceNumberBrand]: true };

const form = /^(?:0|[1-9]\d{0,128})$/;

/**
 * Whether `text` has the form of a sequence number.
 *
 * @example
 * ```ts
 * isSequenceNumber('007'); // false: leading zeros
 * ```
 */
export function isSequenceNumber(text: string): text is SequenceNumber {
  return form.test(text);
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
