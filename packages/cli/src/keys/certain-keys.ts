/** A key's share as a count in bounded memory knows it: between the two. */
export interface BoundedShare {
  /** At most this. */
  readonly share: number;
  readonly atLeast: number;
}

/**
 * Those keys whose share is known well enough to be told. Where thousands of keys are alike, those that happened to
 * be watched last have counts that are all bound and no knowledge: told as they are, they would pass for hot.
 */
export function certainKeys<T extends BoundedShare>(keys: readonly T[]): readonly T[] {
  return keys.filter(({ share, atLeast }) => atLeast > share / 2);
}
