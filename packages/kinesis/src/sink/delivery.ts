import { isMillraceError } from '../errors.ts';
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
        await attempt();
        return;
      } catch (error) {
        const delay = backoffDelay(backoff, attempts, this.#clock);
        const late = this.#clock.monotonic() + delay > giveUpAt;
        if (late || !isMillraceError(error) || !error.retryable) throw error;
        await sleep(this.#clock, delay);
      }
    }
  }
}
