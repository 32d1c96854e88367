/** Lets most calls run side by side, and some alone: those wait for the calls before them and hold up those behind. */
export class Turnstile {
  readonly #running = new Set<Promise<void>>();
  #alone: Promise<void> = Promise.resolve();

  together<T>(run: () => Promise<T>): Promise<T> {
    const call = this.#alone.then(run);
    const settled = call.then(nothing, nothing);
    this.#running.add(settled);
    void settled.then(() => this.#running.delete(settled));
    return call;
  }

  alone<T>(run: () => Promise<T>): Promise<T> {
    const call = Promise.all([this.#alone, ...this.#running]).then(run);
    this.#alone = call.then(nothing, nothing);
    return call;
  }
}

function nothing(): void {
  // Whoever made the call hears of its failure.
}
