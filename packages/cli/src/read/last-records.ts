import type { Position, StreamRecord } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';
import type { Shard } from '@millrace/kinesis/shard';
import type { ShardReader } from '@millrace/kinesis/source';

import { scanStream } from './stream-scan.ts';

export interface LastOptions {
  readonly stream: string;
  readonly reader: ShardReader;
  readonly clock: Clock;
  /** How many. */
  readonly count: number;
  /** Counts only these. */
  readonly wanted: (record: StreamRecord) => boolean;
  /** Records that arrive at this time or later are not among them, milliseconds since the epoch. */
  readonly before: number;
  /** How far back it looks at most, milliseconds: the retention of the stream. */
  readonly furthestMs: number;
  readonly only?: readonly Shard[];
  readonly pollMs: number;
  readonly asStored: boolean;
}

const firstWindowMs = 10_000;
const growth = 10;

/**
 * The last records of a stream in the order of their arrival, without reading it from its beginning: looks at the last ten
 * seconds, then ten times further back and so on, each stretch once, until there are enough. Reads about ten times
 * what it answers at worst where records come evenly; an idle stream of a day's retention takes five looks.
 */
export async function lastRecords(
  options: LastOptions,
  signal: AbortSignal,
): Promise<readonly StreamRecord[]> {
  const { before, count, furthestMs } = options;
  let found: readonly StreamRecord[] = [];
  let until = before;
  for (let windowMs = firstWindowMs; ; windowMs *= growth) {
    const oldest = windowMs >= furthestMs;
    const from: Position = oldest ? { type: 'oldest' } : { type: 'time', at: before - windowMs };
    const older = await newest(options, { from, until, count: count - found.length }, signal);
    found = [...older, ...found];
    if (found.length >= count || oldest || signal.aborted) return found;
    until = before - windowMs;
  }
}

/** The newest `count` records of a stretch. */
async function newest(
  options: LastOptions,
  stretch: { readonly from: Position; readonly until: number; readonly count: number },
  signal: AbortSignal,
): Promise<readonly StreamRecord[]> {
  const { wanted, ...scan } = options;
  const kept = new Map<string, StreamRecord[]>();
  const until: Position = { type: 'time', at: stretch.until };
  await scanStream(
    { ...scan, from: stretch.from, until, exitAtEnd: true },
    async (records, { shardId }) => {
      const mine = [...(kept.get(shardId) ?? []), ...records.filter(wanted)];
      kept.set(shardId, mine.slice(-stretch.count));
    },
    signal,
  );
  // Sorting keeps the order of those that arrived in the same millisecond, so a shard's own order stays.
  const all = [...kept.values()].flat().toSorted((a, b) => a.arrivedAt.getTime() - b.arrivedAt.getTime());
  return all.slice(-stretch.count);
}
