import { CloudwatchError } from './cloudwatch-error.ts';
import type { Input } from './input.ts';

/** The part of a list that `MaxRecords` and `NextToken` ask for, and the token of the next. Throws `InvalidNextToken`. */
export function page<T>(
  all: readonly T[],
  input: Input,
  byDefault: number,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const size = input.integer('MaxRecords', 1, 100) ?? byDefault;
  const token = input.text('NextToken', 1024);
  const from = token === undefined ? 0 : Number(/^page-(\d{1,9})$/.exec(token)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new CloudwatchError('InvalidNextToken', 'The next token is not valid.');
  const next = from + size;
  return { items: all.slice(from, next), next: next < all.length ? `page-${next}` : undefined };
}
