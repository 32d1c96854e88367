import { Distribution } from './distribution.ts';

/** What CloudWatch keeps of the samples of a minute. */
export interface Datum {
  /** Start of the minute, milliseconds since the epoch. */
  readonly minute: number;
  count: number;
  sum: number;
  min: number;
  max: number;
  /** Made with the second different value; null once samples came whose values are not known. */
  distribution: Distribution | undefined | null;
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
 * comparison and four additions as long as all are the same, and a place in their distribution when they are not; one of
 * an earlier minute a binary search.
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
    if (datum.distribution !== undefined || value !== datum.min || value !== datum.max) {
      distribute(datum, value, 1);
    }
    datum.count++;
    datum.sum += value;
    if (value < datum.min) datum.min = value;
    if (value > datum.max) datum.max = value;
  }

  addSet(minute: number, samples: SampleSet): void {
    const datum = this.#last?.minute === minute ? this.#last : this.#at(minute);
    if (datum === undefined || samples.count <= 0) return;
    if (samples.min === samples.max) distribute(datum, samples.min, samples.count);
    else datum.distribution = null;
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
      distribution: undefined,
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

/** The samples of a minute by value; undefined when only their sum and ends are known. */
export function valuesOf({
  count,
  min,
  distribution,
}: Readonly<Datum>): Iterable<readonly [value: number, count: number]> | undefined {
  if (distribution === null) return undefined;
  return distribution?.values() ?? [[min, count]];
}

/** Before `datum` counts them: most metrics have one value over and over, and need no distribution. */
function distribute(datum: Datum, value: number, count: number): void {
  if (datum.distribution === null || datum.count === 0) return;
  if (datum.distribution === undefined) {
    if (value === datum.min && value === datum.max) return;
    datum.distribution = new Distribution();
    datum.distribution.add(datum.min, datum.count);
  }
  datum.distribution.add(value, count);
}
