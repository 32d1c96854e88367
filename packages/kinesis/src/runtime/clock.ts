import { MillraceError } from '../errors.ts';

/**
 * The only source of time, timers and chance. The whole product takes one, so that it can run on a manual clock
 * in a test or a simulation and replay from a seed.
 */
export interface Clock {
  /** Wall time, milliseconds since the epoch. May jump. */
  now(): number;
  /** Milliseconds on a clock that never jumps backwards; for measuring how long something took. */
  monotonic(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Runs `task` once after `delayMs`; disposing cancels it. */
  timer(delayMs: number, task: () => void): Disposable;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  timer(delayMs, task) {
    let handle: NodeJS.Timeout | undefined;
    const wait = (leftMs: number): void => {
      handle =
        leftMs > LONGEST_TIMEOUT_MS
          ? setTimeout(() => wait(leftMs - LONGEST_TIMEOUT_MS), LONGEST_TIMEOUT_MS)
          : setTimeout(task, leftMs);
    };
    wait(delayMs);
    return { [Symbol.dispose]: () => clearTimeout(handle) };
  },
};

/** Node fires a longer timeout at once, almost 25 days too early. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Waits `delayMs`; rejects with `ABORTED` as soon as `signal` fires, and leaves no timer or listener behind.
 *
 * @example
 * ```ts
 * await sleep(systemClock, 250, signal);
 * ```
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(aborted(signal));
      return;
    }
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(aborted(signal));
    };
    const timer = clock.timer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * The error every call rejects with when its signal fires.
 *
 * @example
 * ```ts
 * if (signal.aborted) throw aborted(signal);
 * ```
 */
export function aborted(signal?: AbortSignal): MillraceError {
  return new MillraceError('ABORTED', 'The call was aborted by its signal.', {
    advice: 'Nothing is wrong unless you did not mean to abort.',
    cause: signal?.reason,
  });
}

/** What `promise` comes to, or `ABORTED` as soon as `signal` fires; leaves no listener behind. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(aborted(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/**
 * Lets every promise that can settle now settle, and the event loop turn once.
 *
 * @example
 * ```ts
 * while (!done) await nextTurn();
 * ```
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
