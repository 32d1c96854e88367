/** Counts what was put and what has been settled, and tells when everything put so far is. */
export class Tally {
  #delivered = 0;
  #failed = 0;
  #epoch = new Epoch();
  #earlier: Promise<unknown> = Promise.resolve();

  get count(): { readonly delivered: number; readonly failed: number } {
    return { delivered: this.#delivered, failed: this.#failed };
  }

  /** One more is under way; give what this answers back to {@link Tally.close}. */
  open(): Epoch {
    this.#epoch.open++;
    return this.#epoch;
  }

  close(epoch: Epoch, delivered: boolean): void {
    if (delivered) this.#delivered++;
    else this.#failed++;
    epoch.open--;
    if (epoch.open === 0) epoch.check();
  }

  /** Resolves when everything opened before this call is closed; what is opened later does not hold it up. */
  async settled(): Promise<void> {
    const epoch = this.#epoch;
    this.#epoch = new Epoch();
    this.#earlier = Promise.all([this.#earlier, epoch.end()]);
    await this.#earlier;
  }
}

/** What was put between two calls of {@link Tally.settled}. */
export class Epoch {
  open = 0;
  #ended: (() => void) | undefined;

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.check();
    });
  }

  check(): void {
    if (this.open === 0) this.#ended?.();
  }
}
