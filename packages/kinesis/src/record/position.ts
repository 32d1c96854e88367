import { optionError } from '../runtime/options.ts';
import { toMilliseconds } from '../runtime/duration.ts';
import { isSequenceNumber, type SequenceNumber } from './sequence-number.ts';

/** A place in a stream or shard to read from. */
export type Position =
  | { readonly type: 'oldest' }
  | { readonly type: 'now' }
  /** At or after this wall time, milliseconds since the epoch. */
  | { readonly type: 'time'; readonly at: number }
  | { readonly type: 'at'; readonly sequenceNumber: SequenceNumber }
  | { readonly type: 'after'; readonly sequenceNumber: SequenceNumber };

/** What a user writes: `oldest`, `now`, `-15m`, an ISO time, a `Date`, `at:<sequence>`, `after:<sequence>`. */
export type PositionInput = string | Date | Position;

const grammar =
  "'oldest', 'now', '-15m', an ISO 8601 time, a Date, 'at:<sequence number>' or 'after:<sequence number>'";

/**
 * The one position grammar of library, command line and console. `now` is the wall time that `-15m` counts back
 * from, milliseconds since the epoch. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * parsePosition('-15m', Date.now(), 'consumer.from'); // { type: 'time', at: … }
 * ```
 */
export function parsePosition(input: PositionInput, now: number, path: string): Position {
  if (input instanceof Date) return atTime(input.getTime(), input, path);
  if (typeof input === 'object') return input;
  if (input === 'oldest' || input === 'now') return { type: input };
  const [, anchor, digits] = /^(at|after|seq):(.+)$/.exec(input) ?? [];
  if (anchor !== undefined && digits !== undefined) {
    if (!isSequenceNumber(digits)) throw optionError(path, input, grammar);
    return { type: anchor === 'after' ? 'after' : 'at', sequenceNumber: digits };
  }
  if (/^-\d/.test(input)) return { type: 'time', at: now - toMilliseconds(input.slice(1), path) };
  if (/^\d{10}$/.test(input)) return { type: 'time', at: Number(input) * 1000 };
  if (/^\d{13}$/.test(input)) return { type: 'time', at: Number(input) };
  return atTime(/^\d{4}-\d{2}-\d{2}/.test(input) ? Date.parse(input) : Number.NaN, input, path);
}

function atTime(at: number, input: PositionInput, path: string): Position {
  if (Number.isNaN(at)) throw optionError(path, input, grammar);
  return { type: 'time', at };
}
