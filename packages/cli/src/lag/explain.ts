import { showDuration, type LagRow } from './lag-row.ts';

/** What is known of one group on one stream, from two looks and what CloudWatch counted meanwhile. */
export interface LagEvidence {
  readonly stream: string;
  readonly reader: string;
  /** Time between the looks, milliseconds. */
  readonly windowMs: number;
  readonly before: readonly LagRow[];
  readonly after: readonly LagRow[];
  /** Lease counters moved between the looks: shards whose owner is alive. */
  readonly alive: ReadonlySet<string>;
  /** GetRecords calls of all readers refused in the last minutes; undefined when it is not known. */
  readonly throttledReads: number | undefined;
}

export type LagCause =
  | 'nobody-reads'
  | 'owner-dead'
  | 'poison-loop'
  | 'slow-handler'
  | 'throttled-reads'
  | 'hot-shard'
  | 'parked-keys'
  | 'paused-mapping'
  | 'failing-mapping';

/** One reason for being behind, and what to do about it. */
export interface LagFinding {
  readonly stream: string;
  readonly reader: string;
  readonly cause: LagCause;
  readonly shardIds: readonly string[];
  readonly what: string;
  readonly advice: string;
}

/** When a reader will have caught up. */
export interface CatchUp {
  readonly stream: string;
  readonly reader: string;
  /** Records it has before it. */
  readonly records: number;
  /** Whether they were counted at both looks; else they are reckoned, and so is the rate. */
  readonly exact: boolean;
  /** By how many they become fewer in a second; below 0: more. */
  readonly drainPerSecond: number;
  /** Undefined: never at this rate. 0: it has caught up. */
  readonly inMs?: number;
}

/** Less than this is the rhythm of polling, not lag. */
const noticeableMs = 2000;
/** A shard is hot that has so many times the records of the others. */
const hotFactor = 2;

/** Why a group is behind, as far as two looks tell; nothing when it is not. */
export function explainLag(evidence: LagEvidence): readonly LagFinding[] {
  const behind = evidence.after.filter(isBehind);
  if (behind.length === 0) return parkedKeys(evidence);
  const moving = behind.filter((row) => hasMoved(evidence, row));
  const standing = behind.filter((row) => row.state === 'reading' && !hasMoved(evidence, row));
  const dead = standing.filter(({ shardId = '' }) => !evidence.alive.has(shardId));
  const stuck = standing.filter(({ shardId = '' }) => evidence.alive.has(shardId));
  const free = behind.filter(({ state }) => state === 'free');
  const losing = moving.filter((row) => isLosing(evidence, row));
  const hot = hotShards(evidence.after);
  return [
    ...finding(
      evidence,
      'nobody-reads',
      free,
      'nobody holds the lease',
      'Start workers of the group, or look why they do not take it: maxShards, another lease duration.',
    ),
    ...finding(
      evidence,
      'owner-dead',
      dead,
      'the owner has not renewed its lease',
      `Others take it after the lease duration; at once with: millrace leases release ${evidence.reader} ${shortList(dead)}`,
    ),
    ...finding(
      evidence,
      'poison-loop',
      stuck,
      'the owner is alive, but its checkpoint stands still: it tries one record again and again, or its handler hangs',
      `See the record with: millrace tail ${evidence.stream} --shard <id> --from after:<checkpoint> -n 1. Give the consumer onFailure: deadLetter(...).`,
    ),
    ...throttled(evidence, behind),
    ...finding(
      evidence,
      'hot-shard',
      hot.filter(isBehind),
      'it has far more before it than the other shards',
      `Find the key with: millrace hot ${evidence.stream}. Split the shard, or spread the key.`,
    ),
    ...finding(
      evidence,
      'slow-handler',
      losing.filter((row) => !hot.includes(row)),
      'the checkpoint moves on, but more arrives than is handled',
      'Raise concurrency, make the handler faster, or add shards and workers.',
    ),
    ...parkedKeys(evidence),
  ];
}

/** From the records before it at both looks. */
export function catchUp({ stream, reader, windowMs, before, after }: LagEvidence): CatchUp {
  const records = total(after);
  const drainPerSecond = ((total(before) - records) / windowMs) * 1000;
  const exact = [...before, ...after].every((row) => row.exact !== false);
  const base = { stream, reader, records, exact, drainPerSecond };
  if (!after.some(isBehind)) return { ...base, inMs: 0 };
  return drainPerSecond > 0 ? { ...base, inMs: (records / drainPerSecond) * 1000 } : base;
}

/** `drains in 14 m 0 s at 120 records/s`. */
export function showCatchUp({ records, exact, drainPerSecond, inMs }: CatchUp): string {
  if (inMs === 0) return 'has caught up';
  const about = exact ? '' : '~';
  const count = `${about}${records.toLocaleString('en-US')}`;
  const rate = `${about}${Math.abs(drainPerSecond).toFixed(1)} records/s`;
  if (inMs !== undefined) return `drains ${count} records in ${showDuration(inMs)} at ${rate}`;
  return drainPerSecond === 0
    ? `${count} records before it, and does not get nearer`
    : `${count} records before it, and ${rate} more`;
}

function isBehind({ behindMs = 0, records = 0, state }: LagRow): boolean {
  return records > 0 && behindMs > noticeableMs && state !== 'waiting' && state !== 'finished';
}

function hasMoved({ before }: LagEvidence, row: LagRow): boolean {
  const earlier = before.find(({ shardId }) => shardId === row.shardId);
  return earlier !== undefined && earlier.checkpoint !== row.checkpoint;
}

function isLosing({ before }: LagEvidence, row: LagRow): boolean {
  const earlier = before.find(({ shardId }) => shardId === row.shardId);
  return earlier !== undefined && (row.records ?? 0) >= (earlier.records ?? 0);
}

function hotShards(rows: readonly LagRow[]): readonly LagRow[] {
  const read = rows.filter(({ state }) => state === 'reading');
  if (read.length < 2) return [];
  return read.filter((row) => {
    const others = total(read) - (row.records ?? 0);
    return (row.records ?? 0) > hotFactor * Math.max(1, others / (read.length - 1));
  });
}

function throttled(evidence: LagEvidence, behind: readonly LagRow[]): readonly LagFinding[] {
  const { throttledReads = 0 } = evidence;
  if (throttledReads === 0) return [];
  return finding(
    evidence,
    'throttled-reads',
    behind,
    `${throttledReads.toLocaleString('en-US')} reads of the stream were refused in the last five minutes`,
    'Five reads a second and 2 MiB/s of a shard are for all readers together: poll less often, or use a fan-out consumer.',
  );
}

function parkedKeys(evidence: LagEvidence): readonly LagFinding[] {
  const parked = evidence.after.filter(({ parkedKeys: keys = 0 }) => keys > 0);
  return finding(
    evidence,
    'parked-keys',
    parked,
    'partition keys were put aside after a failure',
    `See them with: millrace leases show ${evidence.reader} <shard>`,
  );
}

function finding(
  { stream, reader }: LagEvidence,
  cause: LagCause,
  rows: readonly LagRow[],
  what: string,
  advice: string,
): readonly LagFinding[] {
  if (rows.length === 0) return [];
  return [{ stream, reader, cause, shardIds: rows.flatMap(({ shardId }) => shardId ?? []), what, advice }];
}

function total(rows: readonly LagRow[]): number {
  return rows.reduce((sum, { records }) => sum + (records ?? 0), 0);
}

function shortList(rows: readonly LagRow[]): string {
  return rows
    .flatMap(({ shardId }) => shardId ?? [])
    .slice(0, 4)
    .join(' ');
}
