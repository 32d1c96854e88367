/** Bytes that many may hold together. Whoever found no room is called once some is given back. */
export class ByteBudget {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes `bytes` when they fit. */
  reserve(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) return false;
    this.#used += bytes;
    return true;
  }

  /** Corrects what was reserved before the size was known; it may end above the limit. */
  adjust(bytes: number): void {
    this.#used += bytes;
    if (bytes < 0) this.#call();
  }

  /** Calls `listener` each time bytes are given back, until disposed. */
  onRoom(listener: () => void): Disposable {
    this.#waiting.add(listener);
    return { [Symbol.dispose]: () => this.#waiting.delete(listener) };
  }

  #call(): void {
    for (const listener of this.#waiting) listener();
  }
}
