import type { Position } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';

import type { Probe } from './probe.ts';

/** What lies between a place of a shard and its newest record. */
export interface Backlog {
  /** Age of the oldest record behind the place, milliseconds; 0 when there is none. */
  readonly behindMs: number;
  /** Records as they are stored: an aggregate counts once. */
  readonly records: number;
  /** Whether they were counted; else they are reckoned from how close together the first of them came. */
  readonly exact: boolean;
  /** Mean bytes of a record, 0 when there is none. */
  readonly recordBytes: number;
}

/** An answer of ten megabytes would keep a shard from everybody for five seconds. */
const sampleBytes = 256 * 1024;
const largestSample = 10_000;

/** Measures with two small reads at most. */
export async function measureBacklog(
  probe: Probe,
  clock: Pick<Clock, 'now'>,
  shardId: string,
  position: Position,
): Promise<Backlog> {
  const { records: firsts, millisBehindLatest } = await probe.look(shardId, position, 1);
  const [first] = firsts;
  if (first === undefined) return { behindMs: 0, records: 0, exact: true, recordBytes: 0 };
  const behindMs = Math.max(0, clock.now() - first.arrivedAt);
  if (millisBehindLatest === 0) {
    return { behindMs, records: 1, exact: true, recordBytes: first.data.length };
  }
  const limit = Math.floor(sampleBytes / Math.max(1, first.data.length));
  const { sequenceNumber } = first;
  const sample = await probe.look(
    shardId,
    { type: 'at', sequenceNumber },
    Math.min(largestSample, Math.max(2, limit)),
  );
  const { records } = sample;
  const bytes = records.reduce((sum, { data }) => sum + data.length, 0);
  const recordBytes = bytes / Math.max(1, records.length);
  if (sample.ended || sample.millisBehindLatest === 0) {
    return { behindMs, records: records.length, exact: true, recordBytes };
  }
  // Records put together arrive in the same millisecond: a second is the least that says something of a rate.
  const spanMs = Math.max(1000, (records.at(-1)?.arrivedAt ?? first.arrivedAt) - first.arrivedAt);
  const rest = (records.length / spanMs) * sample.millisBehindLatest;
  return { behindMs, records: Math.round(records.length + rest), exact: false, recordBytes };
}
