import type { Clock } from './clock.ts';

export interface Backoff {
  /** Upper bound of the first delay, milliseconds. */
  readonly baseMs: number;
  /** Upper bound of any delay, milliseconds. */
  readonly capMs: number;
}

/**
 * Full jitter: a delay drawn evenly from [0, min(cap, base × 2^(attempt − 1))], so that many clients refused
 * together do not come back together. `attempt` counts from 1.
 *
 * @example
 * ```ts
 * await sleep(clock, backoffDelay({ baseMs: 50, capMs: 5000 }, attempt, clock));
 * ```
 */
export function backoffDelay(backoff: Backoff, attempt: number, clock: Pick<Clock, 'random'>): number {
  return clock.random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(attempt - 1, 30));
}
