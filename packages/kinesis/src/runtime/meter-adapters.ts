import type { Meter, MeterLabels } from './meter.ts';
import { promBuckets, promName } from './prom-naming.ts';

/** The part of an OpenTelemetry meter that is used. */
export interface OpenTelemetryMeter {
  createCounter(name: string): { add(value: number, attributes?: MeterLabels): void };
  createHistogram(name: string): { record(value: number, attributes?: MeterLabels): void };
}

/**
 * Sends measurements to OpenTelemetry. `@opentelemetry/api` is not a dependency; the caller brings the meter.
 *
 * @example
 * ```ts
 * const producer = createProducer(orders, connect(), { meter: openTelemetryMeter(metrics.getMeter('shop')) });
 * ```
 */
export function openTelemetryMeter(meter: OpenTelemetryMeter): Meter {
  const counters = new Map<string, ReturnType<OpenTelemetryMeter['createCounter']>>();
  const histograms = new Map<string, ReturnType<OpenTelemetryMeter['createHistogram']>>();
  return {
    add: (name, value, labels) =>
      remember(counters, name, () => meter.createCounter(name)).add(value, labels),
    record: (name, value, labels) =>
      remember(histograms, name, () => meter.createHistogram(name)).record(value, labels),
  };
}

/** The part of `prom-client` that is used: `import * as prom from 'prom-client'`. */
export interface PromClient {
  readonly Counter: new (options: PromOptions) => { inc(labels: MeterLabels, value: number): void };
  readonly Histogram: new (options: PromOptions) => { observe(labels: MeterLabels, value: number): void };
}

interface PromOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly buckets?: number[];
}

/**
 * Sends measurements to prom-client's registry, under names with underscores for dots. `prom-client` is not a dependency;
 * the caller brings it. The labels of a metric are those it is first used with.
 *
 * @example
 * ```ts
 * const producer = createProducer(orders, connect(), { meter: promMeter(prom) });
 * ```
 */
export function promMeter(prom: PromClient): Meter {
  const counters = new Map<string, InstanceType<PromClient['Counter']>>();
  const histograms = new Map<string, InstanceType<PromClient['Histogram']>>();
  return {
    add: (name, value, labels) =>
      remember(counters, name, () => new prom.Counter(promOptions(name, labels))).inc(labels, value),
    record: (name, value, labels) =>
      remember(histograms, name, () => new prom.Histogram(histogramOptions(name, labels))).observe(
        labels,
        value,
      ),
  };
}

/** Its own buckets are made for seconds. */
function histogramOptions(name: string, labels: MeterLabels): PromOptions {
  return { ...promOptions(name, labels), buckets: promBuckets(name) };
}

function promOptions(name: string, labels: MeterLabels): PromOptions {
  return { name: promName(name), help: name, labelNames: Object.keys(labels) };
}

function remember<T>(known: Map<string, T>, name: string, create: () => T): T {
  let instrument = known.get(name);
  if (instrument === undefined) {
    instrument = create();
    known.set(name, instrument);
  }
  return instrument;
}
