/**
 * How far a batch is done when its records finish out of order: up to, but not including, the first that is not. Only
 * that may be checkpointed.
 */
export class Watermark {
  readonly #done: Uint8Array;
  readonly #advanced: (last: number, count: number) => void;
  #next = 0;

  /** `advanced` is called with the index of the last record that is done with all before it, and how many have become so. */
  constructor(count: number, advanced: (last: number, count: number) => void) {
    this.#done = new Uint8Array(count);
    this.#advanced = advanced;
  }

  finish(index: number): void {
    this.#done[index] = 1;
    const before = this.#next;
    while (this.#done[this.#next] === 1) this.#next++;
    if (this.#next > before) this.#advanced(this.#next - 1, this.#next - before);
  }
}
