import { limits } from './limits.ts';

/**
 * How much is written to a stream, in shards' worth: 1 is 1 MiB or 1,000 records a second, whichever is more. Counted
 * a minute at a time; of each hour the busiest minute is remembered, for 30 days.
 */
export class WriteThroughput {
  readonly #hours = new Map<number, number>();
  #minute = Number.NEGATIVE_INFINITY;
  #records = 0;
  #bytes = 0;

  /** Milliseconds since the epoch. */
  add(records: number, bytes: number, now: number): void {
    this.settle(now);
    this.#records += records;
    this.#bytes += bytes;
  }

  /** Counts the minute under way once it is over; answers whether one was. */
  settle(now: number): boolean {
    const minute = Math.floor(now / minuteMs);
    if (minute === this.#minute) return false;
    const over = Number.isFinite(this.#minute);
    if (over) this.remember(this.#rate(), this.#minute * minuteMs);
    this.#minute = minute;
    this.#records = 0;
    this.#bytes = 0;
    return over;
  }

  /** The busiest minute of the last 30 days, in shards' worth. */
  peak(now: number): number {
    const oldest = Math.floor(now / limits.hourMs) - memoryHours;
    let peak = 0;
    for (const [hour, rate] of this.#hours) {
      if (hour < oldest) this.#hours.delete(hour);
      else if (rate > peak) peak = rate;
    }
    return peak;
  }

  /** As if so much had been written at `time`. */
  remember(rate: number, time: number): void {
    if (rate <= 0) return;
    const hour = Math.floor(time / limits.hourMs);
    this.#hours.set(hour, Math.max(this.#hours.get(hour) ?? 0, rate));
  }

  /** The busiest minute of each hour remembered. */
  get hours(): readonly (readonly [hour: number, rate: number])[] {
    return [...this.#hours];
  }

  restore(hours: readonly (readonly [hour: number, rate: number])[]): void {
    for (const [hour, rate] of hours) this.#hours.set(hour, rate);
  }

  forget(): void {
    this.#hours.clear();
  }

  #rate(): number {
    const seconds = minuteMs / 1000;
    return Math.max(
      this.#bytes / seconds / limits.shardWriteBytesPerSecond,
      this.#records / seconds / limits.shardWriteRecordsPerSecond,
    );
  }
}

const minuteMs = 60_000;
const memoryHours = 30 * 24;
