/** What is paid for, in the currency of the prices. A month has 730 hours. */
export interface Prices {
  /** One provisioned shard for an hour. */
  readonly shardHour: number;
  /** A million put payload units of 25 KB. */
  readonly putUnitsMillion: number;
  /** One shard for an hour, beyond 24 hours of retention and up to 7 days. */
  readonly extendedRetentionShardHour: number;
  /** A gigabyte kept for a month beyond 7 days. */
  readonly longTermRetentionGBMonth: number;
  /** One consumer on one shard for an hour. */
  readonly fanOutShardHour: number;
  readonly fanOutGB: number;
  /** One stream on demand for an hour. */
  readonly onDemandStreamHour: number;
  readonly onDemandGBIn: number;
  readonly onDemandGBOut: number;
  readonly onDemandFanOutGB: number;
  /** On-demand Advantage: no stream-hour, no fan-out premium, and at least so much paid for. */
  readonly advantageGBIn: number;
  readonly advantageGBOut: number;
  readonly advantageLeastMiBPerSecond: number;
  /** One metric of one shard for a month. */
  readonly shardMetricMonth: number;
}

/**
 * Examples, of the order of list prices in us-east-1 in 2026. They differ by region and change: yours belong into
 * `--prices`. @see https://aws.amazon.com/kinesis/data-streams/pricing/
 */
export const examplePrices: Prices = {
  shardHour: 0.015,
  putUnitsMillion: 0.014,
  extendedRetentionShardHour: 0.02,
  longTermRetentionGBMonth: 0.023,
  fanOutShardHour: 0.015,
  fanOutGB: 0.013,
  onDemandStreamHour: 0.04,
  onDemandGBIn: 0.08,
  onDemandGBOut: 0.04,
  onDemandFanOutGB: 0.05,
  advantageGBIn: 0.032,
  advantageGBOut: 0.016,
  advantageLeastMiBPerSecond: 25,
  shardMetricMonth: 0.3,
};
