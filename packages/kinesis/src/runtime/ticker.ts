import type { Clock } from './clock.ts';

/** Paces a loop: waits an interval, or less when something calls for attention. */
export class Ticker {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #ended = false;
  #poked = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves after the interval, up to a tenth sooner so that a fleet does not march in step; at once when poked or ended. */
  wait(): Promise<void> {
    if (this.#ended || this.#poked) {
      this.#poked = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const wake = (): void => {
        timer[Symbol.dispose]();
        this.#wake = undefined;
        this.#poked = false;
        resolve();
      };
      const timer = this.#clock.timer(this.#intervalMs * (1 - this.#clock.random() / 10), wake);
      this.#wake = wake;
    });
  }

  /** Cuts the wait under way, or the next one, short. */
  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  /** No wait waits any more. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }
}
