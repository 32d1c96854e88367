import type { Clock } from '../runtime/clock.ts';
import type { LambdaContext } from './event.ts';

/**
 * Keeps an invocation from running into Lambda's time-out, where all it has done would be forgotten:
 *
 *     … records are started │ none is started, the signal fires │ what still runs is given up │ time-out
 *                           margin before the end               half the margin before it
 *
 * The margin is never more than a fifth of the time the invocation has, so that a short time-out leaves room to work.
 */
export interface Deadline {
  /** Whether it is too late to start a record. */
  readonly passed: () => boolean;
  readonly signal: () => AbortSignal;
  /** Resolves when `work` is done, or must be waited for no longer. Rejects as `work` does. */
  readonly bound: (work: Promise<unknown>) => Promise<unknown>;
  /** Waits so long, but not into the margin. */
  readonly pause: (delayMs: number) => Promise<void>;
  readonly close: () => void;
}

/** Without a context, or with a margin of 0, it never passes. */
export function createDeadline(
  context: LambdaContext | undefined,
  marginMs: number,
  clock: Pick<Clock, 'timer'>,
): Deadline {
  const remainingMs = (): number =>
    marginMs > 0 && context ? context.getRemainingTimeInMillis() : Number.POSITIVE_INFINITY;
  const margin = Math.min(marginMs, remainingMs() / 5);
  /** Until the margin. */
  const leftMs = (): number => Math.max(0, remainingMs() - margin);
  let controller: AbortController | undefined;
  let timer: Disposable | undefined;
  let passed = false;
  let lastLeftMs = Number.POSITIVE_INFINITY;
  /** How many more times the clock need not be read. */
  let trusted = 0;
  let giveUp: (() => void) | undefined;

  const watch = (): void => {
    const delayMs = leftMs();
    if (timer !== undefined || passed || delayMs === Number.POSITIVE_INFINITY) return;
    timer = clock.timer(delayMs, () => {
      passed = true;
      controller?.abort();
      timer = clock.timer(margin / 2, () => giveUp?.());
    });
  };

  return {
    // To read the clock for each record would cost as much as to decode it: while sixteen take less than 2 ms, it is read
    // once for them. Where something is waited for, the timer knows as well.
    passed() {
      if (passed) return true;
      if (trusted-- > 0) return false;
      const left = leftMs();
      trusted = lastLeftMs - left < 2 ? 15 : 0;
      lastLeftMs = left;
      passed = left <= 0;
      return passed;
    },
    signal() {
      controller ??= new AbortController();
      if (passed) controller.abort();
      watch();
      return controller.signal;
    },
    bound: (work) =>
      new Promise((resolve, reject) => {
        giveUp = () => resolve(undefined);
        watch();
        work.then(resolve, reject);
      }),
    pause: (delayMs) =>
      new Promise((resolve) => {
        clock.timer(Math.min(delayMs, leftMs()), resolve);
      }),
    close() {
      passed = true;
      timer?.[Symbol.dispose]();
    },
  };
}
