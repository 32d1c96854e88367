/** Counts records that are under way and makes the next wait while there are too many: each costs memory beside its bytes. */
export class Gate {
  readonly #limit: number;
  #open = 0;
  #wake: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Records under way, and the one that waits. */
  get inside(): number {
    return this.#open;
  }

  /** Resolves when another may enter; undefined when it may at once. */
  enter(): Promise<void> | undefined {
    this.#open++;
    if (this.#open <= this.#limit) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  leave(): void {
    this.#open--;
    if (this.#open > this.#limit) return;
    this.#wake?.();
    this.#wake = undefined;
  }
}
