import { optionError } from '../runtime/options.ts';
import { parsePosition, type Position } from './position.ts';

/** A part of a stream: from the one place up to, not including, the other. */
export interface PositionRange {
  readonly from: Position;
  readonly to: Position;
}

const grammar = "'A..B' of two positions, the earlier first, such as '-2h..-1h'; '..B' begins at the oldest";

/**
 * `A..B` in the position grammar. Half open, so that ranges side by side share no record: a time stands before the
 * records of that moment, `at:` before a record, `after:` behind it. Without A it begins at the oldest record, without B
 * (or with `now`) it ends at `now`, the wall time in milliseconds since the epoch. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * parseRange('-2h..-1h', Date.now(), '--range').to; // { type: 'time', at: … }
 * ```
 */
export function parseRange(input: string, now: number, path: string): PositionRange {
  const [left, right, ...more] = input.split('..');
  if (left === undefined || right === undefined || more.length > 0) throw optionError(path, input, grammar);
  const from = left === '' ? ({ type: 'oldest' } as const) : parsePosition(left, now, path);
  const end = right === '' ? ({ type: 'now' } as const) : parsePosition(right, now, path);
  const to = end.type === 'now' ? ({ type: 'time', at: now } as const) : end;
  if (from.type === 'now' || to.type === 'oldest') throw optionError(path, input, grammar);
  if (from.type === 'time' && to.type === 'time' && from.at >= to.at) throw optionError(path, input, grammar);
  return { from, to };
}
