/** A queue whose front can be taken in constant time, however many wait: an array would move all of them up. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Removes the first. */
  drop(): void {
    // Whatever has left must not be kept in memory.
    this.#items[this.#head++] = undefined;
    // Seldom enough that it costs nothing on average.
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Removes and returns everything, first to last. */
  empty(): readonly T[] {
    const items = this.#items.filter((item) => item !== undefined);
    this.#items = [];
    this.#head = 0;
    return items;
  }
}
