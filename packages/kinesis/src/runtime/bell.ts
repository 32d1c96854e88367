/**
 * Wakes whoever waits. A ring nobody hears is lost, so look at what you wait for before each wait.
 *
 * @example
 * ```ts
 * while (queue.length === 0) await bell.wait();
 * ```
 */
export class Bell {
  #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  ring(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
