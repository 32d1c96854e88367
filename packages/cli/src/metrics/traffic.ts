import type { Metrics } from '../aws/metrics.ts';

/** What CloudWatch counted of a stream over a time. */
export interface CountedTraffic {
  /** Seconds there were counts for. */
  readonly seconds: number;
  readonly inRecords: number;
  readonly inBytes: number;
  /** By polling. */
  readonly outBytes: number;
  /** By each fan-out consumer. */
  readonly fanOutBytes: readonly number[];
  /** The busiest period. */
  readonly peakInBytesPerSecond: number;
  readonly peakInRecordsPerSecond: number;
}

/** Undefined when it counted nothing. */
export async function readTraffic(
  metrics: Metrics,
  stream: string,
  consumers: readonly string[],
  time: { readonly now: number; readonly forMs: number },
  signal: AbortSignal,
): Promise<CountedTraffic | undefined> {
  const periodSeconds = Math.max(60, Math.ceil(time.forMs / 1000 / 1440 / 60) * 60);
  const periodMs = periodSeconds * 1000;
  const to = (Math.floor(time.now / periodMs) + 1) * periodMs;
  const of = (
    name: string,
    more: Readonly<Record<string, string>> = {},
  ): Parameters<Metrics['read']>[0][number] => ({
    namespace: 'AWS/Kinesis',
    name,
    dimensions: { StreamName: stream, ...more },
    statistic: 'Sum',
  });
  const [records = [], bytes = [], read = [], ...fanOut] = await metrics.read(
    [
      of('IncomingRecords'),
      of('IncomingBytes'),
      of('GetRecords.Bytes'),
      ...consumers.map((ConsumerName) => of('SubscribeToShardEvent.Bytes', { ConsumerName })),
    ],
    { from: to - Math.max(periodMs, time.forMs), to, periodSeconds },
    { signal },
  );
  const all = [records, bytes, read, ...fanOut];
  const earliest = Math.min(...all.flatMap(([first]) => first?.at ?? []));
  if (!Number.isFinite(earliest)) return undefined;
  return {
    // A stream younger than the time asked for has not been idle before.
    seconds: Math.max(periodSeconds, (to - earliest) / 1000),
    inRecords: total(records),
    inBytes: total(bytes),
    outBytes: total(read),
    fanOutBytes: fanOut.map(total),
    peakInBytesPerSecond: highest(bytes) / periodSeconds,
    peakInRecordsPerSecond: highest(records) / periodSeconds,
  };
}

type Points = readonly { readonly value: number }[];

function total(points: Points): number {
  return points.reduce((sum, { value }) => sum + value, 0);
}

function highest(points: Points): number {
  return Math.max(0, ...points.map(({ value }) => value));
}
