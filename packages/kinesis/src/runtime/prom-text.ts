import { measurements } from './measurements.ts';
import type { Meter, MeterLabels } from './meter.ts';
import { promBuckets, promName } from './prom-naming.ts';

/** A meter that a Prometheus server can read. */
export interface PromText extends Meter {
  /** Of what {@link PromText.text} answers. */
  readonly contentType: string;
  /** All that was measured so far: what `/metrics` answers. */
  text(): string;
}

/**
 * Keeps measurements for a Prometheus server to read, without prom-client: under the names and in the buckets of
 * {@link promMeter}, so that dashboards need not know which it is.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/}
 * @example
 * ```ts
 * const meter = promText();
 * const consumer = createConsumer(orders, connect(), { group: 'billing', from: 'oldest', meter });
 * createServer((_, response) => {
 *   response.setHeader('content-type', meter.contentType).end(meter.text());
 * }).listen(9464);
 * ```
 */
export function promText(): PromText {
  return new TextMeter();
}

class TextMeter implements PromText {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  /** By name, then by labels. */
  readonly #counters = new Map<string, Map<string, number>>();
  readonly #histograms = new Map<string, Map<string, Histogram>>();

  add(name: string, value: number, labels: MeterLabels): void {
    const series = seriesOf(this.#counters, name);
    const key = labelText(labels);
    series.set(key, (series.get(key) ?? 0) + value);
  }

  record(name: string, value: number, labels: MeterLabels): void {
    const series = seriesOf(this.#histograms, name);
    const key = labelText(labels);
    let histogram = series.get(key);
    if (histogram === undefined) {
      histogram = new Histogram(promBuckets(name));
      series.set(key, histogram);
    }
    histogram.add(value);
  }

  text(): string {
    const counters = [...this.#counters].flatMap(([name, series]) => [
      ...headOf(name, 'counter'),
      ...[...series].map(([labels, value]) => line(promName(name), labels, value)),
    ]);
    const histograms = [...this.#histograms].flatMap(([name, series]) => [
      ...headOf(name, 'histogram'),
      ...[...series].flatMap(([labels, histogram]) => histogram.lines(promName(name), labels)),
    ]);
    return [...counters, ...histograms].map((one) => `${one}\n`).join('');
  }
}

/** Counts by bucket; that of what is above all of them is the last. */
class Histogram {
  readonly #ends: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(ends: readonly number[]) {
    this.#ends = ends;
    this.#counts = Array.from({ length: ends.length + 1 }, () => 0);
  }

  add(value: number): void {
    const found = this.#ends.findIndex((end) => value <= end);
    const bucket = found === -1 ? this.#ends.length : found;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  lines(name: string, labels: string): readonly string[] {
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      total += count;
      const end = `le="${this.#ends[index] ?? '+Inf'}"`;
      return line(`${name}_bucket`, labels === '' ? end : `${end},${labels}`, total);
    });
    return [...buckets, line(`${name}_sum`, labels, this.#sum), line(`${name}_count`, labels, total)];
  }
}

function headOf(name: string, type: 'counter' | 'histogram'): readonly string[] {
  const about = measurements.find((one) => one.name === name)?.about ?? name;
  return [`# HELP ${promName(name)} ${about}`, `# TYPE ${promName(name)} ${type}`];
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${value}`;
}

function labelText(labels: MeterLabels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escapeOf)}"`)
    .join(',');
}

function escapeOf(character: string): string {
  return character === '\n' ? String.raw`\n` : `\\${character}`;
}

function seriesOf<T>(all: Map<string, Map<string, T>>, name: string): Map<string, T> {
  let series = all.get(name);
  if (series === undefined) {
    series = new Map();
    all.set(name, series);
  }
  return series;
}
