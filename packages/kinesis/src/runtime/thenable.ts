/** Whatever can be awaited: a query builder is no `Promise`, and does nothing until somebody waits for it. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T>;
export function isThenable(value: { readonly then?: unknown } | null | undefined): boolean {
  return typeof value?.then === 'function';
}
