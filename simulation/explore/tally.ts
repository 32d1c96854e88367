import type { Summary } from './explore.ts';

/** What all seeds came to; one line of JSON. */
export interface Figures {
  readonly seeds: number;
  readonly violations: number;
  readonly faults: number;
  readonly seedsPerSecond: number;
  readonly byFault: Readonly<Record<string, number>>;
  /** Runs that went another way than every other. */
  readonly schedules: number;
  readonly records: number;
  readonly steps: number;
  readonly virtualHours: number;
}

/** Adds up what seeds came to. */
export class Tally {
  readonly #startedAt: number;
  readonly #hashes = new Set<string>();
  readonly #faults = new Map<string, number>();
  readonly violations: Summary[] = [];
  #seeds = 0;
  #records = 0;
  #steps = 0;
  #virtualMs = 0;

  /** `startedAt`: milliseconds on the clock that {@link Tally.figures} is asked by. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  get seeds(): number {
    return this.#seeds;
  }

  add(summary: Summary): void {
    this.#seeds++;
    this.#records += summary.records;
    this.#steps += summary.steps;
    this.#virtualMs += summary.virtualMs;
    this.#hashes.add(`${summary.hash}/${summary.steps}`);
    for (const [kind, count] of Object.entries(summary.faults)) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count);
    }
    if (summary.violation !== undefined) this.violations.push(summary);
  }

  figures(now: number): Figures {
    const byFault = [...this.#faults].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      seeds: this.#seeds,
      violations: this.violations.length,
      faults: byFault.reduce((sum, [, count]) => sum + count, 0),
      seedsPerSecond: Math.round((this.#seeds / Math.max(1, now - this.#startedAt)) * 10_000) / 10,
      byFault: Object.fromEntries(byFault),
      schedules: this.#hashes.size,
      records: this.#records,
      steps: this.#steps,
      virtualHours: Math.round(this.#virtualMs / 360_000) / 10,
    };
  }
}
