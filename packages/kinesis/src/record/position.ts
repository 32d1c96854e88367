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
  "'oldest', 'now', '-15m', an ISO 8601 time, 'at:<sequence number>' or 'after:<sequence number>'";

/**
 * The one position grammar of library, command line and console. `now` is the wall time that `-15m` counts back
 * from, milliseconds since the epoch. A time without an offset is UTC, on every machine. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * parsePosition('-15m', Date.now(), 'consumer.from'); // { type: 'time', at: … }
 * ```
 */
export function parsePosition(input: PositionInput, now: number, path: string): Position {
  if (input instanceof Date) return atTime(input.getTime(), input, path);
  if (typeof input === 'object' && input !== null) return input;
  if (input === 'oldest' || input === 'now') return { type: input };
  const [, anchor, digits] = /^(at|after|seq):(.+)$/.exec(input) ?? [];
  if (anchor !== undefined && digits !== undefined) {
    if (!isSequenceNumber(digits)) throw optionError(path, input, grammar);
    return { type: anchor === 'after' ? 'after' : 'at', sequenceNumber: digits };
  }
  if (/^-\d/.test(input)) return { type: 'time', at: now - toMilliseconds(input.slice(1), path) };
  if (/^\d{10}$/.test(input)) return { type: 'time', at: Number(input) * 1000 };
  if (/^\d{13}$/.test(input)) return { type: 'time', at: Number(input) };
  return atTime(parseTime(input), input, path);
}

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** Stricter than `Date.parse`, which makes 2 March of 30 February, and 1 June of `2026-01-01junk`. */
function parseTime(text: string): number {
  const [, year, month, day, time = '00:00', zone = 'Z'] = isoTime.exec(text) ?? [];
  if (day === undefined || Number(day) > daysIn(Number(year), Number(month))) return Number.NaN;
  return Date.parse(`${year}-${month}-${day}T${time}${zone}`);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function atTime(at: number, input: PositionInput, path: string): Position {
  if (Number.isNaN(at)) throw optionError(path, input, grammar);
  return { type: 'time', at };
}
