/**
 * Whether a value nobody vouches for is an object with members: no list, and not null.
 *
 * @example
 * ```ts
 * if (isObject(parsed)) use(parsed['name']);
 * ```
 */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A member of what may be anything; undefined where there is none. Inherited ones count, since an error's name is.
 *
 * @example
 * ```ts
 * if (memberOf(error, 'code') === 'ENOENT') return undefined;
 * ```
 */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
