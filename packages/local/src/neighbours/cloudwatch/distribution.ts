/** Different values of a minute that are kept as they are. */
const exactValues = 100;
/** Beyond them, each bucket is so many times as wide as the one below: CloudWatch's own, within five percent. */
const factor = Math.log(1.1);

/**
 * How the samples of a minute are distributed: the values themselves as long as they are few, then logarithmic buckets
 * of them. Bounded either way, since the logarithms of all numbers CloudWatch takes are.
 */
export class Distribution {
  /** By value, or by bucket once there are too many. */
  readonly #counts = new Map<number, number>();
  #exact = true;

  add(value: number, count: number): void {
    const key = this.#exact ? value : bucketOf(value);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    if (this.#exact && this.#counts.size > exactValues) this.#coarsen();
  }

  /** Each value, or what stands for those of its bucket, with its number of samples; in no order. */
  *values(): Iterable<readonly [value: number, count: number]> {
    if (this.#exact) yield* this.#counts;
    else for (const [bucket, count] of this.#counts) yield [middleOf(bucket), count];
  }

  #coarsen(): void {
    const exact = [...this.#counts];
    this.#counts.clear();
    this.#exact = false;
    for (const [value, count] of exact) this.add(value, count);
  }
}

/**
 * The least value that `percent` of all samples do not exceed. `values` need no order; undefined when there are none, or
 * one is negative: then CloudWatch has no percentiles either.
 */
export function percentileOf(
  values: Iterable<readonly [value: number, count: number]>,
  percent: number,
): number | undefined {
  const sorted = [...values].toSorted(([a], [b]) => a - b);
  const [least] = sorted;
  if (least === undefined || least[0] < 0) return undefined;
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  // 99.9 % of 1,000 samples are 999: what the division of decimals adds is no sample.
  const needed = (total * percent) / 100 - total * 1e-12;
  let seen = 0;
  for (const [value, count] of sorted) {
    seen += count;
    if (seen >= needed) return value;
  }
  return sorted.at(-1)?.[0];
}

/** Zero is the bucket below all others; the negative ones share one, as no percentile is told of them. */
function bucketOf(value: number): number {
  return Math.floor(Math.log(value) / factor);
}

function middleOf(bucket: number): number {
  return Number.isNaN(bucket) ? Number.NEGATIVE_INFINITY : Math.exp((bucket + 0.5) * factor);
}
