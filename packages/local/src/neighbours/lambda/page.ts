import { LambdaError } from '../../event-source/lambda-error.ts';

/** A page of a list by `Marker` and `MaxItems`. Throws `LambdaError`. */
export function pageOf<T>(
  all: readonly T[],
  query: URLSearchParams,
  most: number,
): { readonly items: readonly T[]; readonly next: { readonly NextMarker?: string } } {
  const marker = query.get('Marker');
  const start = marker === null || marker === '' ? 0 : Number(marker);
  if (!Number.isInteger(start) || start < 0) {
    throw new LambdaError('InvalidParameterValueException', 'Invalid Marker.');
  }
  const wanted = Number(query.get('MaxItems') ?? most);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 10_000) {
    throw new LambdaError(
      'ValidationException',
      `1 validation error detected: Value '${query.get('MaxItems')}' at 'maxItems' failed to satisfy constraint: ` +
        `Member must have value ${wanted > 10_000 ? 'less than or equal to 10000' : 'greater than or equal to 1'}`,
    );
  }
  const end = start + Math.min(wanted, most);
  return { items: all.slice(start, end), next: end < all.length ? { NextMarker: String(end) } : {} };
}
