import { systemClock, type Clock } from './clock.ts';
import { publish } from './diagnostics.ts';
import { toMilliseconds, type Duration } from './duration.ts';
import type { Meter, MeterLabels } from './meter.ts';

export interface EmfOptions {
  /** Takes one line of JSON, without a line end. Default: standard output, which Lambda and the CloudWatch agent read. */
  readonly write?: (line: string) => void;
  /** CloudWatch namespace. @defaultValue `'Millrace'` */
  readonly namespace?: string;
  /** How long values are gathered before they are written. @defaultValue `'10s'` */
  readonly interval?: Duration;
  /** Time and chance; a manual one in tests. @defaultValue the system's */
  readonly clock?: Clock;
}

/** A meter that writes to the log what CloudWatch makes metrics of. */
export interface EmfMeter extends Meter, Disposable {
  /** Writes what there is: at the end of each invocation in Lambda, where no timer runs between two of them. */
  flush(): void;
}

/** As many values of a metric as one line may carry. */
const valuesPerLine = 100;

/**
 * Sends measurements to CloudWatch through the log, in its embedded metric format: no call, no permission, no cost but that
 * of the metrics. Labels become dimensions; what has a `shardId` is written for all shards together as well, as alarms need it,
 * since shards come and go. Beyond 100 values of a distribution in one interval a fair sample of them is
 * written, always with the least and the greatest; counters are exact.
 *
 * @see {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html}
 * @example
 * ```ts
 * using meter = emfMeter({ namespace: 'Shop' });
 * const producer = createProducer(orders, connect(), { meter });
 * ```
 */
export function emfMeter(options: EmfOptions = {}): EmfMeter {
  return new LogMeter(options);
}

class LogMeter implements EmfMeter {
  readonly #write: (line: string) => void;
  readonly #namespace: string;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  #subjects = new Map<string, Subject>();
  #timer: Disposable | undefined;

  constructor(options: EmfOptions) {
    // oxlint-disable-next-line no-console -- the log is what it writes to
    this.#write = options.write ?? ((line) => console.log(line));
    this.#namespace = options.namespace ?? 'Millrace';
    this.#intervalMs = toMilliseconds(options.interval ?? 10_000, 'emf.interval');
    this.#clock = options.clock ?? systemClock;
  }

  add(name: string, value: number, labels: MeterLabels): void {
    const { counters } = this.#subject(labels);
    counters.set(name, (counters.get(name) ?? 0) + value);
  }

  record(name: string, value: number, labels: MeterLabels): void {
    const { samples } = this.#subject(labels);
    let sample = samples.get(name);
    if (sample === undefined) {
      sample = new Sample();
      samples.set(name, sample);
    }
    sample.add(value, this.#clock);
  }

  flush(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const subjects = this.#subjects;
    this.#subjects = new Map();
    for (const subject of subjects.values()) {
      try {
        this.#write(toLine(this.#namespace, this.#clock.now(), subject));
      } catch (error) {
        // Who measures must not break what is measured.
        publish('meter:error', () => ({ error }));
      }
    }
  }

  [Symbol.dispose](): void {
    this.flush();
  }

  #subject(labels: MeterLabels): Subject {
    const key = JSON.stringify(labels);
    let subject = this.#subjects.get(key);
    if (subject === undefined) {
      subject = { labels, counters: new Map(), samples: new Map() };
      this.#subjects.set(key, subject);
      this.#timer ??= this.#clock.timer(this.#intervalMs, () => this.flush());
    }
    return subject;
  }
}

/** What was measured of one set of labels. */
interface Subject {
  readonly labels: MeterLabels;
  readonly counters: Map<string, number>;
  readonly samples: Map<string, Sample>;
}

/** Values of a distribution: all of them, or a sample in which each had the same chance; and its ends. */
class Sample {
  readonly #kept: number[] = [];
  #seen = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;

  add(value: number, clock: Pick<Clock, 'random'>): void {
    this.#seen++;
    this.#least = Math.min(this.#least, value);
    this.#greatest = Math.max(this.#greatest, value);
    if (this.#kept.length < valuesPerLine) this.#kept.push(value);
    else {
      const place = Math.floor(clock.random() * this.#seen);
      if (place < valuesPerLine) this.#kept[place] = value;
    }
  }

  get values(): readonly number[] {
    if (this.#seen <= valuesPerLine) return this.#kept;
    return [this.#least, ...this.#kept.slice(2), this.#greatest];
  }
}

function toLine(namespace: string, now: number, { labels, counters, samples }: Subject): string {
  const values = [...counters, ...[...samples].map(([name, sample]) => [name, sample.values] as const)];
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: dimensionSets(Object.keys(labels)),
          Metrics: values.map(([name]) => ({ Name: name, Unit: unitOf(name) })),
        },
      ],
    },
    ...labels,
    ...Object.fromEntries(values),
  });
}

/** An alarm looks at one metric: not at those of shards that are yet to be. */
function dimensionSets(labels: readonly string[]): readonly (readonly string[])[] {
  return labels.includes('shardId') ? [labels, labels.filter((label) => label !== 'shardId')] : [labels];
}

function unitOf(name: string): string {
  if (name.endsWith('_ms')) return 'Milliseconds';
  return name.endsWith('_bytes') ? 'Bytes' : 'Count';
}
