const brand = Symbol.for('millrace.permanent');

/**
 * Marks an error as one that no retry will mend, so that the record goes where `onPoison` says instead of blocking its
 * shard. Answers the same error, or a new one around what is not an error.
 *
 * @example
 * ```ts
 * export const handler = createHandler(orders, async ({ value }) => {
 *   const customer = await find(value.customer);
 *   if (customer === undefined) throw permanent(new Error(`there is no customer ${value.customer}`));
 * }, { onPoison: deadLetter(queue) });
 * ```
 */
export function permanent(cause: unknown): Error {
  const error =
    cause instanceof Error && Object.isExtensible(cause) ? cause : new Error(String(cause), { cause });
  Object.defineProperty(error, brand, { value: true });
  return error;
}

/**
 * Whether `error` was marked by {@link permanent}, by this copy of the package or another.
 *
 * @example
 * ```ts
 * isPermanent(permanent(new Error('gone'))); // true
 * ```
 */
export function isPermanent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && brand in error;
}
