import { MillraceError } from '../errors.ts';

/**
 * The error for an option that cannot be used: names its path, what was given and what is allowed.
 *
 * @example
 * ```ts
 * if (rate <= 0) throw optionError('put.rate', rate, 'a number above 0');
 * ```
 */
export function optionError(path: string, got: unknown, allowed: string): MillraceError {
  return new MillraceError('OPTION_INVALID', `${path} is ${got === undefined ? 'missing' : show(got)}.`, {
    advice: `Give ${allowed}.`,
    path,
    got,
    allowed,
  });
}

/**
 * `value` when it is an integer within [min, max]; throws `OPTION_INVALID` otherwise.
 *
 * @example
 * ```ts
 * const limit = integerOption('tail.limit', options.limit ?? 100, 1, 10_000);
 * ```
 */
export function integerOption(path: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw optionError(path, value, `an integer from ${min} to ${max}`);
}

/**
 * `value` when it is one of `allowed`; throws `OPTION_INVALID` otherwise.
 *
 * @example
 * ```ts
 * const ordering = choiceOption('put.ordering', given, ['none', 'key']);
 * ```
 */
export function choiceOption<T extends string>(path: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((choice) => choice === value);
  if (found === undefined) throw optionError(path, value, `one of ${allowed.join(', ')}`);
  return found;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
