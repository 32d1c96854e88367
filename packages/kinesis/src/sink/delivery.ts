import { isMillraceError, MillraceError } from '../errors.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep, unlessAborted, type Clock } from '../runtime/clock.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { Fifo } from '../runtime/fifo.ts';

/** How hard a sink tries. */
export interface DeliveryOptions {
  /** How long one record is tried for, counted from its first attempt. Default `'1m'`. */
  readonly deadline?: Duration;
  readonly clock: Clock;
}

const backoff: Backoff = { baseMs: 100, capMs: 10_000 };
/** A service may take a call and never answer, which its client would wait for without end. Should it store the thing after all, it has it twice. */
const answerWithinMs = 15_000;
/** When a service is gone, thousands of records are lost in one moment. */
const atOnce = 16;

/** One try; what it waits for ends with its signal. */
export type Attempt = (signal: AbortSignal) => Promise<void>;

/**
 * Brings things to a place that may be slow or away for a while: a few at once, each tried again with full jitter while
 * its error says that this may help and its deadline allows.
 */
export class Delivery {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #waiting = new Fifo<() => void>();
  #running = 0;

  constructor({ deadline = '1m', clock }: DeliveryOptions) {
    this.#clock = clock;
    this.#deadlineMs = toMilliseconds(deadline, 'sink.deadline');
  }

  /**
   * Rejects with the error of the last attempt, which is `TIMED_OUT` for one that was not answered; its signal fires then.
   */
  async run(attempt: Attempt): Promise<void> {
    if (this.#running >= atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      await this.#tryUntilDeadline(attempt);
    } finally {
      const next = this.#waiting.first;
      // Whoever waits takes over the place.
      if (next === undefined) this.#running--;
      else {
        this.#waiting.drop();
        next();
      }
    }
  }

  async #tryUntilDeadline(attempt: Attempt): Promise<void> {
    const giveUpAt = this.#clock.monotonic() + this.#deadlineMs;
    for (let attempts = 1; ; attempts++) {
      try {
        await this.#answered(attempt, Math.min(answerWithinMs, giveUpAt - this.#clock.monotonic()));
        return;
      } catch (error) {
        const delay = backoffDelay(backoff, attempts, this.#clock);
        const late = this.#clock.monotonic() + delay > giveUpAt;
        if (late || !isMillraceError(error) || !error.retryable) throw error;
        await sleep(this.#clock, delay);
      }
    }
  }

  async #answered(attempt: Attempt, withinMs: number): Promise<void> {
    const unanswered = new AbortController();
    const timer = this.#clock.timer(withinMs, () => unanswered.abort());
    try {
      await unlessAborted(attempt(unanswered.signal), unanswered.signal);
    } catch (error) {
      if (!unanswered.signal.aborted) throw error;
      throw new MillraceError('TIMED_OUT', `A lost record was not taken within ${withinMs} ms.`, {
        advice: 'See whether the place where lost records go can be reached from here.',
        retryable: true,
        cause: error,
      });
    } finally {
      timer[Symbol.dispose]();
    }
  }
}
