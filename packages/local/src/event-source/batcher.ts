export interface BatchLimits {
  readonly records: number;
  /** How long records are gathered; 0 sends what there is. */
  readonly windowMs: number;
  /** Bytes of the records of one batch; a larger record goes alone. */
  readonly bytes: number;
}

/**
 * Gathers records until there are enough of them, their bytes would be too many, or the batching window is over. A
 * window begins when the last invocation is over, whether there are records or not; when it ends without any the next
 * begins.
 */
export class Batcher<R> {
  readonly #limits: BatchLimits;
  readonly #bytesOf: (record: R) => number;
  #waiting: R[] = [];
  #at = 0;
  #bytes = 0;
  #openedAt: number;
  #flush = false;

  constructor(limits: BatchLimits, bytesOf: (record: R) => number, now: number) {
    this.#limits = limits;
    this.#bytesOf = bytesOf;
    this.#openedAt = now;
  }

  get size(): number {
    return this.#waiting.length - this.#at;
  }

  get first(): R | undefined {
    return this.#waiting[this.#at];
  }

  get last(): R | undefined {
    return this.size === 0 ? undefined : this.#waiting.at(-1);
  }

  push(record: R, now: number): void {
    const { windowMs } = this.#limits;
    if (this.size === 0 && windowMs > 0) {
      this.#openedAt += Math.max(0, Math.floor((now - this.#openedAt) / windowMs)) * windowMs;
    }
    this.#waiting.push(record);
    this.#bytes += this.#bytesOf(record);
  }

  /** An invocation is over: the next window begins. */
  open(now: number): void {
    this.#openedAt = now;
  }

  /** No more will come: what there is waits for nothing. */
  flush(): void {
    this.#flush = true;
  }

  /** When a batch is ready, milliseconds since the epoch; undefined when there is nothing. */
  get readyAt(): number | undefined {
    if (this.size === 0) return undefined;
    const { records, bytes, windowMs } = this.#limits;
    return this.#flush || this.size >= records || this.#bytes >= bytes ? 0 : this.#openedAt + windowMs;
  }

  /** The next batch: as many as fit, and of those the ones before the first that `belongs` refuses. */
  take(belongs: (record: R) => boolean = always, reservedBytes = 0): readonly R[] {
    const { records, bytes } = this.#limits;
    let end = this.#at;
    let taken = 0;
    while (end < this.#waiting.length && end - this.#at < records) {
      const record = this.#waiting[end];
      if (record === undefined || !belongs(record)) break;
      const size = this.#bytesOf(record);
      if (end > this.#at && taken + size > bytes - reservedBytes) break;
      taken += size;
      end++;
    }
    const batch = this.#waiting.slice(this.#at, end);
    this.#at = end;
    this.#bytes -= taken;
    // What was taken is let go of by halves, so that taking stays cheap.
    if (this.#at * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#at);
      this.#at = 0;
    }
    return batch;
  }
}

function always(): boolean {
  return true;
}
