import { Series } from './series.ts';

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

/** What a metric is called; two with the same name, dimensions and unit are one. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  /** In any order. */
  readonly dimensions: readonly Dimension[];
}

export interface Metric extends MetricId {
  readonly unit: string;
  readonly series: Series;
}

export interface MetricStoreOptions {
  /** Minutes with samples kept for each metric. Default 1,440: a day of traffic without a pause. */
  readonly minutes?: number;
  /** Metrics kept; the one longest without a sample makes room. Default 5,000. */
  readonly metrics?: number;
}

/** Every metric, by its name, dimensions and unit. Bounded: about 80 bytes a minute kept of a metric, and some 2 kB where its values differ a lot. */
export class MetricStore {
  readonly #minutes: number;
  readonly #limit: number;
  readonly #metrics = new Map<string, Metric>();
  /** By namespace, name and dimensions: the same metric in each of its units. */
  readonly #units = new Map<string, Metric[]>();

  constructor(options: MetricStoreOptions = {}) {
    this.#minutes = options.minutes ?? 1440;
    this.#limit = options.metrics ?? 5000;
  }

  /** The metrics in the order they first had a sample. */
  get all(): Iterable<Metric> {
    return this.#metrics.values();
  }

  /** The series to add samples to, made when there is none. Hold it no longer than a minute: it may be forgotten. */
  series(id: MetricId, unit: string): Series {
    const key = keyOf(id);
    const full = `${key}\n${unit}`;
    const known = this.#metrics.get(full);
    if (known !== undefined) return known.series;
    if (this.#metrics.size >= this.#limit) this.#forgetOne();
    const metric: Metric = { ...id, unit, series: new Series(this.#minutes) };
    this.#metrics.set(full, metric);
    const siblings = this.#units.get(key);
    if (siblings === undefined) this.#units.set(key, [metric]);
    else siblings.push(metric);
    return metric.series;
  }

  /** The metric in each of its units, or only in `unit`. */
  find(id: MetricId, unit?: string): readonly Metric[] {
    const found = this.#units.get(keyOf(id)) ?? [];
    return unit === undefined ? found : found.filter((metric) => metric.unit === unit);
  }

  #forgetOne(): void {
    let oldest: readonly [string, Metric] | undefined;
    for (const entry of this.#metrics) {
      if (oldest === undefined || (entry[1].series.latest ?? 0) < (oldest[1].series.latest ?? 0))
        oldest = entry;
    }
    if (oldest === undefined) return;
    const [full, metric] = oldest;
    this.#metrics.delete(full);
    const key = keyOf(metric);
    const left = (this.#units.get(key) ?? []).filter((sibling) => sibling !== metric);
    if (left.length === 0) this.#units.delete(key);
    else this.#units.set(key, left);
  }
}

function keyOf({ namespace, name, dimensions }: MetricId): string {
  const parts = dimensions.map((one) => `${one.name}\t${one.value}`).toSorted();
  return [namespace, name, ...parts].join('\n');
}
