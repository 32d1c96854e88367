/** What a measurement is about: stream, shard, code … Few values each; never a partition key. */
export type MeterLabels = Readonly<Record<string, string>>;

/**
 * The port measurements leave through; OpenTelemetry, Prometheus or CloudWatch adapters implement it. Called often and
 * on the hot path, so an implementation must be quick and must not throw.
 */
export interface Meter {
  /** Adds to a counter. */
  add(name: string, value: number, labels: MeterLabels): void;
  /** Records one value of a distribution. */
  record(name: string, value: number, labels: MeterLabels): void;
}

/** Listens to nothing. */
export const noMeter: Meter = {
  add: () => {},
  record: () => {},
};
