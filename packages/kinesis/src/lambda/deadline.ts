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
export class Deadline {
  readonly #remainingMs: () => number;
  readonly #marginMs: number;
  readonly #clock: Pick<Clock, 'timer'>;
  #controller: AbortController | undefined;
  #timer: Disposable | undefined;
  #passed = false;
  #lastLeftMs = Number.POSITIVE_INFINITY;
  /** How many more times the clock need not be read. */
  #trusted = 0;
  #giveUp: (() => void) | undefined;

  /** Without a context, or with a margin of 0, it never passes. */
  constructor(context: LambdaContext | undefined, marginMs: number, clock: Pick<Clock, 'timer'>) {
    this.#remainingMs = () =>
      marginMs > 0 && context ? context.getRemainingTimeInMillis() : Number.POSITIVE_INFINITY;
    this.#marginMs = Math.min(marginMs, this.#remainingMs() / 5);
    this.#clock = clock;
  }

  /**
   * Whether it is too late to start a record. To read the clock for each would cost as much as to decode it: while sixteen
   * take less than 2 ms, it is read once for them. Where something is waited for, the timer knows as well.
   */
  get passed(): boolean {
    if (this.#passed) return true;
    if (this.#trusted-- > 0) return false;
    const leftMs = this.#leftMs;
    this.#trusted = this.#lastLeftMs - leftMs < 2 ? 15 : 0;
    this.#lastLeftMs = leftMs;
    this.#passed = leftMs <= 0;
    return this.#passed;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#passed) this.#controller.abort();
    this.#watch();
    return this.#controller.signal;
  }

  /** Resolves when `work` is done, or must be waited for no longer. Rejects as `work` does. */
  bound(work: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => resolve(undefined);
      this.#watch();
      work.then(resolve, reject);
    });
  }

  /** Waits so long, but not into the margin. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.timer(Math.min(delayMs, this.#leftMs), resolve);
    });
  }

  close(): void {
    this.#passed = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** Until the margin, milliseconds. */
  get #leftMs(): number {
    return Math.max(0, this.#remainingMs() - this.#marginMs);
  }

  #watch(): void {
    const leftMs = this.#leftMs;
    if (this.#timer !== undefined || this.#passed || leftMs === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.timer(leftMs, () => {
      this.#passed = true;
      this.#controller?.abort();
      this.#timer = this.#clock.timer(this.#marginMs / 2, () => this.#giveUp?.());
    });
  }
}
