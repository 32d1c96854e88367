import type { Retrieval, ShardBatch } from '../source/shard-source.ts';

/** How much the newest sight of the arrival rate counts against what was known. */
const weight = 0.3;

/**
 * How far a shard's handling is behind, told the same way whatever brings the records.
 *
 * In milliseconds: between the last record handled and the newest of its batch, by their arrival, plus what the service said
 * lay behind that batch. In records: those of the batch still to be handled, which is exact, plus an estimate of the others:
 * the rate at which the shard's last batches arrived, times the milliseconds the service named. The service itself tells no
 * number of records to anybody.
 */
export class Lag {
  #behindBatchMs: number | undefined;
  #retrieval: Retrieval | undefined;
  /** Arrival of the newest record of the last batch with any. */
  #newestArrival: number | undefined;
  #handledAt: Date | undefined;
  #unhandled = 0;
  #opened = 0;
  /** In which the last batch arrived, milliseconds. */
  #spanMs = 0;
  #begunAt = 0;
  /** User records a millisecond. */
  #rate: number | undefined;

  get retrieval(): Retrieval | undefined {
    return this.#retrieval;
  }

  /** Undefined before the first batch. */
  get millis(): number | undefined {
    if (this.#behindBatchMs === undefined) return undefined;
    if (this.#unhandled === 0) return this.#behindBatchMs;
    const newest = this.#newestArrival ?? 0;
    return this.#behindBatchMs + Math.max(0, newest - (this.#handledAt?.getTime() ?? newest));
  }

  /**
   * {@link Lag.millis} as it grows while records are in the handler's hands: behind a record that is newest now, were there
   * one. `now`: monotonic. Undefined before the first batch.
   */
  behind(now: number): number | undefined {
    const { millis } = this;
    return millis === undefined || this.#unhandled === 0 ? millis : millis + (now - this.#begunAt);
  }

  /** User records; exact when the service says nothing is behind the batch. Undefined while there is nothing to estimate from. */
  get records(): number | undefined {
    if (this.#behindBatchMs === undefined) return undefined;
    if (this.#behindBatchMs === 0) return this.#unhandled;
    return this.#rate === undefined
      ? undefined
      : this.#unhandled + Math.round(this.#rate * this.#behindBatchMs);
  }

  /** A batch is about to be handled. `now`: monotonic. */
  begin({ millisBehindLatest, records, retrieval }: ShardBatch, now: number): void {
    this.#begunAt = now;
    this.#retrieval = retrieval;
    this.#behindBatchMs = millisBehindLatest;
    const newest = records.at(-1)?.arrivedAt;
    const since = this.#newestArrival ?? records[0]?.arrivedAt;
    if (newest === undefined || since === undefined) return;
    this.#spanMs += Math.max(0, newest - since);
    this.#handledAt ??= new Date(since);
    this.#newestArrival = newest;
  }

  /** Records of the batch were taken out of their aggregates. */
  opened(records: number): void {
    this.#unhandled += records;
    this.#opened += records;
  }

  /** `count` records are done, the last of which arrived then. */
  handled(arrivedAt: Date, count: number): void {
    this.#handledAt = arrivedAt;
    this.#unhandled -= count;
    if (this.#unhandled === 0) this.#learn();
  }

  #learn(): void {
    if (this.#spanMs === 0) return;
    const seen = this.#opened / this.#spanMs;
    this.#rate = this.#rate === undefined ? seen : this.#rate + weight * (seen - this.#rate);
    this.#opened = 0;
    this.#spanMs = 0;
  }
}
