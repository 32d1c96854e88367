import type { Position, PositionRange } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';
import { isOpen, type Shard } from '@millrace/kinesis/shard';

import type { Metrics } from '../aws/metrics.ts';
import { measureBacklog } from '../read/backlog.ts';
import type { Probe } from '../read/probe.ts';

/** What a range holds, before it is read. */
export interface Estimate {
  /** Stored records. */
  readonly records: number;
  readonly bytes: number;
  /** cloudwatch: what the service counted; counted: looked at; sampled: reckoned from the beginnings of its shards. */
  readonly basis: 'cloudwatch' | 'counted' | 'sampled';
}

const minuteMs = 60_000;

/** What CloudWatch counted, to the minute; undefined when it has nothing of that time. */
export async function estimateByMetrics(
  metrics: Metrics,
  stream: string,
  { from, to, now }: { readonly from: number; readonly to: number; readonly now: number },
  signal: AbortSignal,
): Promise<Estimate | undefined> {
  const query = (name: string): Parameters<Metrics['read']>[0][number] => ({
    namespace: 'AWS/Kinesis',
    name,
    dimensions: { StreamName: stream },
    statistic: 'Sum',
  });
  const start = Math.floor(from / minuteMs) * minuteMs;
  const [records = [], bytes = []] = await metrics.read(
    [query('IncomingRecords'), query('IncomingBytes')],
    { from: start, to: Math.ceil(to / minuteMs) * minuteMs, periodSeconds: 60 },
    { signal },
  );
  if (records.length === 0) return undefined;
  // Of a minute that is half inside, half is counted; of the one that is not over, what there is came in its beginning.
  const inside = (points: typeof records): number =>
    points.reduce((sum, { at, value }) => {
      const end = Math.min(at + minuteMs, Math.max(at + 1, now));
      const overlap = Math.min(to, end) - Math.max(from, at);
      return sum + (value * Math.max(0, overlap)) / (end - at);
    }, 0);
  return { records: Math.round(inside(records)), bytes: Math.round(inside(bytes)), basis: 'cloudwatch' };
}

/** From two looks into each shard: what is behind the beginning less what is behind the end. */
export async function estimateByProbe(
  probe: Probe,
  clock: Pick<Clock, 'now'>,
  shards: readonly Shard[],
  span: PositionRange,
): Promise<Estimate> {
  const each = await Promise.all(
    shards.map(async (shard) => {
      const { shardId } = shard;
      const all = await measureBacklog(probe, clock, shardId, span.from);
      const rest =
        all.records === 0 || isPast(span.to, clock, shard)
          ? { records: 0, exact: true }
          : await measureBacklog(probe, clock, shardId, span.to);
      const records = Math.max(0, all.records - rest.records);
      return { records, bytes: records * all.recordBytes, exact: all.exact && rest.exact };
    }),
  );
  return {
    records: each.reduce((sum, { records }) => sum + records, 0),
    bytes: Math.round(each.reduce((sum, { bytes }) => sum + bytes, 0)),
    basis: each.every(({ exact }) => exact) ? 'counted' : 'sampled',
  };
}

/** Nothing is behind an end that has not come. */
function isPast(to: Position, clock: Pick<Clock, 'now'>, shard: Shard): boolean {
  return to.type === 'time' && to.at >= clock.now() && isOpen(shard);
}

export interface Capacity {
  /** Shards that are read. */
  readonly sourceShards: number;
  readonly readsPerSecond: number;
  /** Shards that are written, when it goes into a stream. */
  readonly targetShards: number | undefined;
  /** `--rate`, records a second. */
  readonly rate: number | undefined;
}

const MiB = 1024 * 1024;

/** The least time it takes with the limits of the service and one's own, seconds. */
export function leastSeconds({ records, bytes }: Estimate, capacity: Capacity): number {
  const { sourceShards, readsPerSecond, targetShards, rate } = capacity;
  const shards = Math.max(1, sourceShards);
  const limits = [
    bytes / (shards * 2 * MiB),
    records / (shards * readsPerSecond * 10_000),
    ...(targetShards === undefined ? [] : [records / (targetShards * 1000), bytes / (targetShards * MiB)]),
    ...(rate === undefined ? [] : [records / rate]),
  ];
  return Math.max(...limits);
}
