import { isMillraceError, MillraceError } from '../errors.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { Fifo } from '../runtime/fifo.ts';

/** How hard a sink tries. */
export interface DeliveryOptions {
  /** How long one record is tried for, counted from its first attempt. Default `'1m'`. */
  readonly deadline?: Duration;
  readonly clock: Clock;
}

const backoff: Backoff = { baseMs: 100, capMs: 10_000 };
/** Whoever takes longer will not answer, and would hold a place for ever. Should it store the thing after all, it has it twice. */
const attemptMs = 20_000;
/** When a service is gone, thousands of records are lost in one moment. */
const atOnce = 16;

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

  /** Rejects with the error of the last attempt. */
  async run(attempt: () => Promise<void>): Promise<void> {
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

  async #tryUntilDeadline(attempt: () => Promise<void>): Promise<void> {
    const giveUpAt = this.#clock.monotonic() + this.#deadlineMs;
    for (let attempts = 1; ; attempts++) {
      try {
        await this.#timed(attempt, Math.min(attemptMs, giveUpAt - this.#clock.monotonic()));
        return;
      } catch (error) {
        const delay = backoffDelay(backoff, attempts, this.#clock);
        const late = this.#clock.monotonic() + delay > giveUpAt;
        if (late || !isMillraceError(error) || !error.retryable) throw error;
        await sleep(this.#clock, delay);
      }
    }
  }
  async #timed(attempt: () => Promise<void>, limitMs: number): Promise<void> {
    let limit: Disposable | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      limit = this.#clock.timer(limitMs, () => reject(unanswered(limitMs)));
    });
    try {
      await Promise.race([attempt(), late]);
    } finally {
      limit?.[Symbol.dispose]();
    }
  }
}

function unanswered(ms: number): MillraceError {
  return new MillraceError('TIMED_OUT', `The sink did not answer for ${Math.round(ms)} ms.`, {
    advice: 'It is tried again until its deadline; look whether its endpoint can be reached from here.',
    retryable: true,
  });
}
