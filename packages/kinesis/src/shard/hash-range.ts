import { MAX_HASH_KEY } from '../record/hash-key.ts';

/** The hash keys a shard owns; both ends belong to it. */
export interface HashRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Every hash key there is. */
export const FULL_HASH_RANGE: HashRange = { start: 0n, end: MAX_HASH_KEY };

/**
 * Whether the shard that owns `range` owns this hash key.
 *
 * @example
 * ```ts
 * contains(shard.hashRange, hashKeyOf('ada'));
 * ```
 */
export function contains(range: HashRange, hashKey: bigint): boolean {
  return hashKey >= range.start && hashKey <= range.end;
}

/**
 * The ranges of `count` shards of equal size, as the service lays them out: each but the last is
 * ⌊2^128 / count⌋ wide, the last takes the rest.
 *
 * @example
 * ```ts
 * evenRanges(2)[0]?.end; // 170141183460469231731687303715884105727n
 * ```
 */
export function evenRanges(count: number): readonly HashRange[] {
  const width = (MAX_HASH_KEY + 1n) / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: width * BigInt(index),
    end: index === count - 1 ? MAX_HASH_KEY : width * BigInt(index + 1) - 1n,
  }));
}

/**
 * Whether one ends where the other begins: only such shards can be merged.
 *
 * @example
 * ```ts
 * if (adjacent(left.hashRange, right.hashRange)) merge(left, right);
 * ```
 */
export function adjacent(a: HashRange, b: HashRange): boolean {
  return a.end + 1n === b.start || b.end + 1n === a.start;
}

/**
 * The first hash key no range owns, or undefined when together they cover every key.
 *
 * @example
 * ```ts
 * firstGap(evenRanges(4)); // undefined
 * ```
 */
export function firstGap(ranges: readonly HashRange[]): bigint | undefined {
  let next = 0n;
  for (const range of ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    if (range.start > next) return next;
    if (range.end >= next) next = range.end + 1n;
  }
  return next > MAX_HASH_KEY ? undefined : next;
}
