import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';

const backoff: Backoff = { baseMs: 200, capMs: 10_000 };

/** Repeats `task` with growing pauses until it succeeds or `signal` fires. `judge` hears of each error, and fires the signal over one nothing can mend. */
export async function attempt(
  task: () => Promise<void>,
  { clock, signal, judge }: { clock: Clock; signal: AbortSignal; judge: (error: unknown) => void },
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await task();
      return;
    } catch (error) {
      judge(error);
      if (signal.aborted) return;
      await sleep(clock, backoffDelay(backoff, tries, clock), signal).catch(() => {});
      if (signal.aborted) return;
    }
  }
}

/** Waits for `task`, but no longer than that: whoever does not answer holds nobody up. */
export async function noLongerThan(
  task: Promise<unknown>,
  clock: Clock,
  milliseconds: number,
): Promise<void> {
  let giveUp: Disposable | undefined;
  const late = new Promise<void>((resolve) => {
    giveUp = clock.timer(milliseconds, resolve);
  });
  await Promise.race([task, late]);
  giveUp?.[Symbol.dispose]();
}

/** Waits for `task`; once `signal` has fired, no longer than that. */
export async function noLongerOnce(
  signal: AbortSignal,
  task: Promise<unknown>,
  clock: Clock,
  milliseconds: number,
): Promise<void> {
  let onAbort: (() => void) | undefined;
  const over = new Promise<void>((resolve) => {
    onAbort = () => resolve(noLongerThan(task, clock, milliseconds));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([task, over]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
