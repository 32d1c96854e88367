import type { Clock } from '@millrace/kinesis/runtime';

/** Lets one loop sleep until a time or until it is rung, also when it was rung before it slept. */
export class Alarm {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Until `untilMs` since the epoch, by default until rung. */
  wait(untilMs: number = Number.POSITIVE_INFINITY): Promise<void> {
    const delayMs = untilMs - this.#clock.now();
    if (this.#rung || delayMs <= 0) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer =
        delayMs === Number.POSITIVE_INFINITY ? undefined : this.#clock.timer(delayMs, () => this.ring());
      this.#wake = () => {
        timer?.[Symbol.dispose]();
        this.#wake = undefined;
        this.#rung = false;
        resolve();
      };
    });
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }
}
