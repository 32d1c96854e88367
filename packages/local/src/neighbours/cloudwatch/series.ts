/** What CloudWatch keeps of the samples of a minute. */
export interface Datum {
  /** Start of the minute, milliseconds since the epoch. */
  readonly minute: number;
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** Samples that were summed up elsewhere. */
export interface SampleSet {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export const minuteMs = 60_000;

/**
 * One metric by the minute: the newest `capacity` minutes that have samples. A sample of the current minute costs a
 * comparison and four additions; one of an earlier minute a binary search.
 */
export class Series {
  readonly #capacity: number;
  readonly #data: Datum[] = [];
  #last: Datum | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Start of the newest minute with a sample; undefined before the first. */
  get latest(): number | undefined {
    return this.#last?.minute;
  }

  /** Adds a sample at `minute`, the start of one. */
  add(minute: number, value: number): void {
    const datum = this.#last?.minute === minute ? this.#last : this.#at(minute);
    if (datum === undefined) return;
    datum.count++;
    datum.sum += value;
    if (value < datum.min) datum.min = value;
    if (value > datum.max) datum.max = value;
  }

  addSet(minute: number, samples: SampleSet): void {
    const datum = this.#last?.minute === minute ? this.#last : this.#at(minute);
    if (datum === undefined || samples.count <= 0) return;
    datum.count += samples.count;
    datum.sum += samples.sum;
    datum.min = Math.min(datum.min, samples.min);
    datum.max = Math.max(datum.max, samples.max);
  }

  /** The minutes in [start, end) that have samples, in order. */
  between(start: number, end: number): readonly Readonly<Datum>[] {
    return this.#data.slice(this.#seek(start), this.#seek(end)).filter((datum) => datum.count > 0);
  }

  /** Undefined when the minute is older than all that is kept of a full series. */
  #at(minute: number): Datum | undefined {
    const at = this.#seek(minute);
    const found = this.#data[at];
    if (found?.minute === minute) return found;
    if (this.#data.length >= this.#capacity) {
      if (at === 0) return undefined;
      this.#data.shift();
      return this.#insert(at - 1, minute);
    }
    return this.#insert(at, minute);
  }

  #insert(at: number, minute: number): Datum {
    const datum: Datum = {
      minute,
      count: 0,
      sum: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
    };
    this.#data.splice(at, 0, datum);
    this.#last = this.#data.at(-1);
    return datum;
  }

  /** Index of the first datum at `minute` or later. */
  #seek(minute: number): number {
    let low = 0;
    let high = this.#data.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#data[middle]?.minute ?? 0) < minute) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
