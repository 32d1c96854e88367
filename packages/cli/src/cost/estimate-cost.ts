import { shardLimits } from '../limits/shard-limits.ts';
import type { Prices } from './example-prices.ts';

/** A stream as it is billed: shape, and traffic as means a second. */
export interface BilledStream {
  readonly shards: number;
  readonly retentionHours: number;
  readonly fanOutConsumers: number;
  /** Metrics of its shards that are published. */
  readonly shardMetrics: number;
  readonly inBytes: number;
  readonly inRecords: number;
  readonly outBytes: number;
  /** All fan-out consumers together. */
  readonly fanOutBytes: number;
  /** The busiest minute: what provisioned shards must hold. */
  readonly peakInBytes: number;
  readonly peakInRecords: number;
}

export type BillingMode = 'provisioned' | 'provisioned-fitted' | 'on-demand' | 'on-demand-advantage';

export interface CostItem {
  readonly what: string;
  readonly monthly: number;
}

/** What a stream would cost a month in one way of billing. */
export interface ModeCost {
  readonly mode: BillingMode;
  readonly shards?: number;
  readonly monthly: number;
  readonly items: readonly CostItem[];
}

/** What part of the put payload units is padding: a record of 300 bytes is paid as 25 KB. */
export interface PutWaste {
  readonly meanRecordBytes: number;
  /** Put payload units a month as it is. */
  readonly units: number;
  /** With records aggregated to about 25 KB each. */
  readonly unitsAggregated: number;
  readonly savedMonthly: number;
}

const hoursOfMonth = 730;
const secondsOfMonth = hoursOfMonth * 3600;
const payloadUnit = 25 * 1024;
const GB = 1024 ** 3;
/** Full to this, and a burst still fits. */
const comfortableLoad = 0.8;

/** The same traffic in every way of billing, cheapest first. */
export function estimateCost(stream: BilledStream, prices: Prices): readonly ModeCost[] {
  const fitted = Math.max(
    1,
    Math.ceil(
      Math.max(
        stream.peakInBytes / shardLimits.writtenBytes,
        stream.peakInRecords / shardLimits.writtenRecords,
      ) / comfortableLoad,
    ),
  );
  const modes = [
    provisioned('provisioned', stream, prices, stream.shards),
    ...(fitted === stream.shards ? [] : [provisioned('provisioned-fitted', stream, prices, fitted)]),
    onDemand(stream, prices),
    advantage(stream, prices),
  ];
  return modes.toSorted((a, b) => a.monthly - b.monthly);
}

/** What aggregation would save; undefined without records, or where they fill their units. */
export function putWaste(stream: BilledStream, prices: Prices): PutWaste | undefined {
  if (stream.inRecords === 0) return undefined;
  const units = payloadUnits(stream);
  const unitsAggregated = (stream.inBytes * secondsOfMonth) / payloadUnit;
  const savedMonthly = ((units - unitsAggregated) * prices.putUnitsMillion) / 1e6;
  return {
    meanRecordBytes: stream.inBytes / stream.inRecords,
    units,
    unitsAggregated,
    savedMonthly: Math.max(0, savedMonthly),
  };
}

function provisioned(mode: BillingMode, stream: BilledStream, prices: Prices, shards: number): ModeCost {
  const { fanOutConsumers, fanOutBytes, shardMetrics, retentionHours } = stream;
  return costOf(mode, { shards }, [
    ['shards', shards * hoursOfMonth * prices.shardHour],
    ['put payload units', (payloadUnits(stream) * prices.putUnitsMillion) / 1e6],
    [
      'extended retention',
      retentionHours > 24 ? shards * hoursOfMonth * prices.extendedRetentionShardHour : 0,
    ],
    ['long-term retention', longTerm(stream, prices)],
    ['fan-out consumers', fanOutConsumers * shards * hoursOfMonth * prices.fanOutShardHour],
    ['fan-out data', gigabytes(fanOutBytes) * prices.fanOutGB],
    ['metrics of shards', shardMetrics * shards * prices.shardMetricMonth],
  ]);
}

function onDemand(stream: BilledStream, prices: Prices): ModeCost {
  return costOf('on-demand', {}, [
    ['stream', hoursOfMonth * prices.onDemandStreamHour],
    ['data in', gigabytes(roundedIn(stream)) * prices.onDemandGBIn],
    ['data out', gigabytes(stream.outBytes) * prices.onDemandGBOut],
    ['fan-out data', gigabytes(stream.fanOutBytes) * prices.onDemandFanOutGB],
    ['long-term retention', longTerm(stream, prices)],
    ['metrics of shards', stream.shardMetrics * stream.shards * prices.shardMetricMonth],
  ]);
}

/** The commitment is the account's: it is counted as if this stream were alone. */
function advantage(stream: BilledStream, prices: Prices): ModeCost {
  const least = prices.advantageLeastMiBPerSecond * 1024 * 1024;
  return costOf('on-demand-advantage', {}, [
    [
      'data in, at least the commitment',
      gigabytes(Math.max(least, roundedIn(stream))) * prices.advantageGBIn,
    ],
    ['data out', gigabytes(stream.outBytes + stream.fanOutBytes) * prices.advantageGBOut],
    ['long-term retention', longTerm(stream, prices)],
    ['metrics of shards', stream.shardMetrics * stream.shards * prices.shardMetricMonth],
  ]);
}

function costOf(
  mode: BillingMode,
  more: { readonly shards?: number },
  parts: readonly (readonly [string, number])[],
): ModeCost {
  const items = parts.filter(([, monthly]) => monthly > 0).map(([what, monthly]) => ({ what, monthly }));
  return { mode, ...more, monthly: items.reduce((sum, { monthly }) => sum + monthly, 0), items };
}

/** A month's. A record is paid in whole units. */
function payloadUnits({ inRecords, inBytes }: BilledStream): number {
  if (inRecords === 0) return 0;
  return inRecords * secondsOfMonth * Math.ceil(inBytes / inRecords / payloadUnit);
}

/** On demand a record is paid in whole kilobytes. */
function roundedIn({ inRecords, inBytes }: BilledStream): number {
  return inRecords === 0 ? 0 : inRecords * Math.ceil(inBytes / inRecords / 1024) * 1024;
}

function longTerm({ retentionHours, inBytes }: BilledStream, prices: Prices): number {
  const beyond = Math.max(0, retentionHours - 168) * 3600;
  return ((inBytes * beyond) / GB) * prices.longTermRetentionGBMonth;
}

function gigabytes(bytesPerSecond: number): number {
  return (bytesPerSecond * secondsOfMonth) / GB;
}
