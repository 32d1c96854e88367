import { isMillraceError } from '../errors.ts';
import { sleep, type Clock } from '../runtime/clock.ts';

/** Waits; an abort only cuts the wait short, whoever waits sees the signal itself. */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs <= 0) return;
  try {
    await sleep(clock, delayMs, signal);
  } catch (error) {
    if (!isMillraceError(error, 'ABORTED')) throw error;
  }
}

export type Outcome<T> =
  | { readonly type: 'settled'; readonly value: T }
  | { readonly type: 'late' }
  | { readonly type: 'aborted' };

/** What comes first: the promise, the delay, or the signal. Leaves no timer and no listener; a rejection is passed on. */
export async function within<T>(
  clock: Clock,
  delayMs: number,
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const settled = promise.then((value) => ({ type: 'settled', value }) as const);
  if (signal.aborted) {
    settled.catch(() => {});
    return { type: 'aborted' };
  }
  let late: Disposable | undefined;
  let onAbort: (() => void) | undefined;
  const cut = new Promise<Outcome<T>>((resolve) => {
    onAbort = () => resolve({ type: 'aborted' });
    signal.addEventListener('abort', onAbort, { once: true });
    if (!Number.isFinite(delayMs)) return;
    late = clock.timer(Math.max(0, delayMs), () => resolve({ type: 'late' }));
  });
  try {
    return await Promise.race([settled, cut]);
  } finally {
    late?.[Symbol.dispose]();
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
