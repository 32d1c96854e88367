import { MillraceError } from '../errors.ts';
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
  readonly #context: LambdaContext | undefined;
  readonly #marginMs: number;
  readonly #clock: Pick<Clock, 'timer'>;
  #controller: AbortController | undefined;
  #timer: Disposable | undefined;
  #passed = false;
  #giveUp: (() => void) | undefined;

  /** Without a context, or with a margin of 0, it never passes. */
  constructor(context: LambdaContext | undefined, marginMs: number, clock: Pick<Clock, 'timer'>) {
    this.#context = marginMs > 0 ? context : undefined;
    this.#marginMs = Math.min(marginMs, (this.#context?.getRemainingTimeInMillis() ?? 0) / 5);
    this.#clock = clock;
  }

  /** Whether it is too late to start a record. */
  get passed(): boolean {
    if (this.#passed || this.#context === undefined) return this.#passed;
    this.#passed = this.#context.getRemainingTimeInMillis() <= this.#marginMs;
    return this.#passed;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    this.#watch();
    return this.#controller.signal;
  }

  /** Resolves to true when `work` is done, to false when it must be waited for no longer. Rejects as `work` does. */
  async bound(work: Promise<void>): Promise<boolean> {
    if (this.#context === undefined) {
      await work;
      return true;
    }
    const givenUp = new Promise<false>((resolve) => {
      this.#giveUp = () => resolve(false);
    });
    this.#watch();
    return Promise.race([work.then(() => true), givenUp]);
  }

  close(): void {
    this.#passed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#context === undefined || this.#passed) return;
    const leftMs = this.#context.getRemainingTimeInMillis() - this.#marginMs;
    this.#timer = this.#clock.timer(Math.max(0, leftMs), () => {
      this.#passed = true;
      this.#controller?.abort(
        new MillraceError('TIMED_OUT', 'The invocation is about to time out.', {
          advice: 'Stop now: what is not done is reported as such, and comes again.',
        }),
      );
      this.#timer = this.#clock.timer(this.#marginMs / 2, () => this.#giveUp?.());
    });
  }
}
