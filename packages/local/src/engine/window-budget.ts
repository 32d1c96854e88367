/**
 * So much a second, counted in whole seconds as the service does. Taking more than is left is possible once
 * something is left: the excess is a debt that the following seconds pay.
 */
export class WindowBudget {
  readonly #perSecond: number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** What is left in the second that `now` falls in, never negative. Milliseconds on a monotonic clock. */
  left(now: number): number {
    this.#roll(now);
    return Math.max(0, this.#perSecond - this.#used);
  }

  /** When something is left again; `now` or earlier when something is. Milliseconds on the same clock. */
  availableAt(now: number): number {
    this.#roll(now);
    if (this.#used < this.#perSecond) return now;
    return this.#windowStart + Math.ceil((this.#used - this.#perSecond + 1) / this.#perSecond) * 1000;
  }

  take(amount: number, now: number): void {
    this.#roll(now);
    this.#used += amount;
  }

  #roll(now: number): void {
    const elapsed = Math.floor((now - this.#windowStart) / 1000);
    if (elapsed < 1) return;
    this.#used = Math.max(0, this.#used - elapsed * this.#perSecond);
    this.#windowStart = Number.isFinite(this.#windowStart) ? this.#windowStart + elapsed * 1000 : now;
  }
}
