import type { Datapoint, Dimensions, MetricQuery, MetricSpan, Metrics, Statistic } from '../aws/metrics.ts';

/** How the numbers of a metric are shown. */
export type Unit = 'count' | 'bytes' | 'ms' | 'ratio';

/** A metric of the service, and what one looks at first. */
export interface MetricKind {
  readonly name: string;
  readonly unit: Unit;
  /** The one drawn. */
  readonly main: 'Sum' | 'Average' | 'Maximum';
}

/** Of a stream. */
export const streamMetrics: readonly MetricKind[] = [
  { name: 'IncomingRecords', unit: 'count', main: 'Sum' },
  { name: 'IncomingBytes', unit: 'bytes', main: 'Sum' },
  { name: 'PutRecord.Success', unit: 'ratio', main: 'Average' },
  { name: 'PutRecords.Success', unit: 'ratio', main: 'Average' },
  { name: 'PutRecords.ThrottledRecords', unit: 'count', main: 'Sum' },
  { name: 'PutRecords.FailedRecords', unit: 'count', main: 'Sum' },
  { name: 'WriteProvisionedThroughputExceeded', unit: 'count', main: 'Sum' },
  { name: 'GetRecords.Records', unit: 'count', main: 'Sum' },
  { name: 'GetRecords.Bytes', unit: 'bytes', main: 'Sum' },
  { name: 'GetRecords.Success', unit: 'ratio', main: 'Average' },
  { name: 'GetRecords.IteratorAgeMilliseconds', unit: 'ms', main: 'Maximum' },
  { name: 'ReadProvisionedThroughputExceeded', unit: 'count', main: 'Sum' },
];

/** Of a fan-out consumer. */
export const consumerMetrics: readonly MetricKind[] = [
  { name: 'SubscribeToShardEvent.Records', unit: 'count', main: 'Sum' },
  { name: 'SubscribeToShardEvent.Bytes', unit: 'bytes', main: 'Sum' },
  { name: 'SubscribeToShardEvent.MillisBehindLatest', unit: 'ms', main: 'Maximum' },
  { name: 'SubscribeToShard.RateExceeded', unit: 'count', main: 'Sum' },
];

/** Of a shard, where the stream publishes them. */
export const shardMetrics: readonly MetricKind[] = [
  { name: 'IncomingRecords', unit: 'count', main: 'Sum' },
  { name: 'IncomingBytes', unit: 'bytes', main: 'Sum' },
  { name: 'OutgoingRecords', unit: 'count', main: 'Sum' },
  { name: 'OutgoingBytes', unit: 'bytes', main: 'Sum' },
  { name: 'IteratorAgeMilliseconds', unit: 'ms', main: 'Maximum' },
  { name: 'WriteProvisionedThroughputExceeded', unit: 'count', main: 'Sum' },
  { name: 'ReadProvisionedThroughputExceeded', unit: 'count', main: 'Sum' },
];

/** What a metric is asked of: the stream, one of its consumers, one of its shards. */
export interface Subject {
  readonly dimensions: Dimensions;
  readonly kinds: readonly MetricKind[];
}

/** One period of a metric. */
export interface MetricPoint {
  /** When the period begins. */
  readonly at: string;
  readonly sum: number;
  readonly average: number;
  readonly maximum: number;
}

/** A metric over a time. */
export interface MetricRow {
  readonly metric: string;
  readonly dimensions: Dimensions;
  readonly unit: Unit;
  readonly main: MetricKind['main'];
  /** Over all periods; absent where there is nothing. */
  readonly sum?: number;
  readonly average?: number;
  readonly maximum?: number;
  readonly points: readonly MetricPoint[];
}

const statistics: readonly Statistic[] = ['Sum', 'Average', 'Maximum', 'SampleCount'];

/** Reads every metric of the subjects, all statistics at once. */
export async function readMetricRows(
  metrics: Metrics,
  subjects: readonly Subject[],
  span: MetricSpan,
  signal: AbortSignal,
): Promise<readonly MetricRow[]> {
  const wanted = subjects.flatMap(({ dimensions, kinds }) => kinds.map((kind) => ({ dimensions, kind })));
  const queries = wanted.flatMap(({ dimensions, kind }) =>
    statistics.map((statistic): MetricQuery => ({
      namespace: 'AWS/Kinesis',
      name: kind.name,
      dimensions,
      statistic,
    })),
  );
  const series = await metrics.read(queries, span, { signal });
  return wanted.map(({ dimensions, kind }, index) => {
    const [sums = [], averages = [], maxima = [], counts = []] = series.slice(
      index * statistics.length,
      (index + 1) * statistics.length,
    );
    return rowOf(kind, dimensions, { sums, averages, maxima, counts });
  });
}

interface Series {
  readonly sums: readonly Datapoint[];
  readonly averages: readonly Datapoint[];
  readonly maxima: readonly Datapoint[];
  readonly counts: readonly Datapoint[];
}

function rowOf({ name, unit, main }: MetricKind, dimensions: Dimensions, series: Series): MetricRow {
  const { sums, averages, maxima, counts } = series;
  const base = { metric: name, dimensions, unit, main };
  if (sums.length === 0) return { ...base, points: [] };
  const average = new Map(averages.map(({ at, value }) => [at, value]));
  const maximum = new Map(maxima.map(({ at, value }) => [at, value]));
  const sum = total(sums);
  const samples = total(counts);
  return {
    ...base,
    sum,
    // Of all samples, not of the periods: a busy minute weighs more than an idle one.
    average: samples === 0 ? 0 : sum / samples,
    maximum: Math.max(...maxima.map(({ value }) => value)),
    points: sums.map(({ at, value }) => ({
      at: new Date(at).toISOString(),
      sum: value,
      average: average.get(at) ?? 0,
      maximum: maximum.get(at) ?? 0,
    })),
  };
}

function total(points: readonly Datapoint[]): number {
  return points.reduce((sum, { value }) => sum + value, 0);
}
