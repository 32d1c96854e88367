import type { Colour, Paint } from '../io/paint.ts';
import { showBytes, showNumber } from '../io/amount.ts';
import { bar } from '../io/sparkline.ts';
import { visible } from '../io/visible.ts';
import { showDuration, type LagRow } from '../lag/lag-row.ts';
import { writeLoad } from '../limits/shard-limits.ts';
import type { ShardRate } from '../read/shard-rate.ts';
import { shortShardId } from '../shards/shard-id.ts';

/** What one look at a stream shows. */
export interface TopFrame {
  readonly at: string;
  readonly stream: string;
  readonly mode: string;
  readonly shards: readonly (ShardRate & {
    /** Of what a shard takes, 0 to 1 and beyond. */
    readonly load: number;
    /** Who holds its lease, with the group. */
    readonly owners: readonly string[];
    /** The slowest of its readers, milliseconds. */
    readonly behindMs?: number;
  })[];
  readonly readers: readonly {
    readonly reader: string;
    readonly kind: LagRow['kind'];
    readonly behindMs?: number;
    readonly records?: number;
    readonly workers: number;
    readonly freeShards: number;
  }[];
  /** Refused in the last whole minute; absent when CloudWatch says nothing. */
  readonly throttledWrites?: number;
  readonly throttledReads?: number;
}

/** Puts what was measured together. */
export function createFrame(
  about: Pick<TopFrame, 'at' | 'stream' | 'mode' | 'throttledReads' | 'throttledWrites'>,
  rates: readonly ShardRate[],
  lag: readonly LagRow[],
): TopFrame {
  const readers = new Map<string, LagRow[]>();
  for (const row of lag) {
    const name = `${row.kind}/${row.reader}`;
    readers.set(name, [...(readers.get(name) ?? []), row]);
  }
  return {
    ...about,
    shards: rates.map((rate) => {
      const mine = lag.filter(({ shardId }) => shardId === rate.shardId);
      const behind = mine.flatMap(({ behindMs }) => behindMs ?? []);
      return {
        ...rate,
        load: writeLoad(rate.recordsPerSecond, rate.bytesPerSecond),
        owners: mine.flatMap(({ reader, owner }) => (owner === undefined ? [] : `${reader}: ${owner}`)),
        ...(behind.length > 0 && { behindMs: Math.max(...behind) }),
      };
    }),
    readers: [...readers.values()].flatMap((rows) => {
      const [first] = rows;
      if (first === undefined) return [];
      const behind = rows.flatMap(({ behindMs }) => behindMs ?? []);
      const records = rows.flatMap((row) => row.records ?? []);
      return {
        reader: first.reader,
        kind: first.kind,
        ...(behind.length > 0 && { behindMs: Math.max(...behind) }),
        ...(records.length > 0 && { records: records.reduce((a, b) => a + b, 0) }),
        workers: new Set(rows.flatMap(({ owner }) => owner ?? [])).size,
        freeShards: rows.filter(({ state }) => state === 'free').length,
      };
    }),
  };
}

/** As text, fullest shards first; `rows`: as many as there is room for. */
export function renderFrame(frame: TopFrame, paint: Paint, rows: number): string {
  const { stream, mode, at, shards, readers, throttledReads, throttledWrites } = frame;
  const records = shards.reduce((sum, { recordsPerSecond }) => sum + recordsPerSecond, 0);
  const bytes = shards.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  const throttled = [
    ...(throttledWrites === undefined ? [] : [`writes ${showNumber(throttledWrites)}`]),
    ...(throttledReads === undefined ? [] : [`reads ${showNumber(throttledReads)}`]),
  ];
  const shown = shards.toSorted((a, b) => b.load - a.load).slice(0, Math.max(1, rows));
  const lines = [
    `${paint('bold', visible(stream))}  ${mode}  ${shards.length} shards  ${showNumber(records)} records/s  ${showBytes(bytes)}/s  ${at.slice(11, 19)}Z`,
    `throttled in the last minute: ${throttled.length === 0 ? 'not known' : throttled.join(', ')}`,
    '',
    paint(
      'bold',
      `${'SHARD'.padStart(6)} ${'RECORDS/S'.padStart(10)} ${'BYTES/S'.padStart(11)}  ${'WRITE LOAD'.padEnd(18)} ${'BEHIND'.padStart(10)}  OWNERS`,
    ),
    ...shown.map(({ shardId, recordsPerSecond, bytesPerSecond, load, owners, behindMs }) =>
      [
        shortShardId(shardId).padStart(6),
        showNumber(recordsPerSecond).padStart(10),
        showBytes(bytesPerSecond).padStart(11),
        ` ${paint(loadColour(load), bar(load, 12))} ${`${(load * 100).toFixed(0)} %`.padStart(5)}`,
        (behindMs === undefined ? '' : showDuration(behindMs)).padStart(10),
        ` ${visible(owners.join(', '))}`,
      ]
        .join(' ')
        .trimEnd(),
    ),
    ...(shown.length < shards.length ? [`       … and ${shards.length - shown.length} more`] : []),
  ];
  const ofReaders = readers.map(({ reader, kind, behindMs, records: waiting, workers, freeShards }) => {
    const more = [
      behindMs === undefined ? 'lag not known' : `${showDuration(behindMs)} behind`,
      ...(waiting === undefined ? [] : [`${showNumber(waiting)} records`]),
      ...(kind === 'group' ? [`${workers} ${workers === 1 ? 'worker' : 'workers'}`] : [kind]),
      ...(freeShards > 0 ? [paint('red', `${freeShards} shards free`)] : []),
    ];
    return `${visible(reader)}: ${more.join(', ')}`;
  });
  return `${[...lines, ...(ofReaders.length > 0 ? ['', ...ofReaders] : [])].join('\n')}\n`;
}

function loadColour(load: number): Colour {
  if (load >= 0.8) return 'red';
  return load >= 0.5 ? 'yellow' : 'green';
}
