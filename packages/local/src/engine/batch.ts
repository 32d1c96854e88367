import { PLACE, type RecordColumns } from './record-columns.ts';
import { isRecordText, recordBinary, recordText, type PutPayload } from './record-text.ts';

/**
 * The records of one call as bytes, the same in memory and on disk. Little-endian:
 *
 *     stream u32 | groups u32 | records u32 | payloads u32 (where they begin)
 *     group:  shard u32 | records u32 | first index f64 | arrival f64
 *     record: start u32 (from `payloads`) | length u32, top bit: binary | size u32
 *     the payloads, usually one slice of the request
 *
 * Records stand group by group, those of a group in the order of their indexes.
 */
export interface BatchGroup {
  readonly shardIndex: number;
  /** Index of the first record; the others follow without gap. */
  readonly base: number;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly entries: readonly BatchEntry[];
}

export interface BatchEntry {
  readonly partitionKey: string;
  readonly payload: PutPayload;
  /** Bytes of data and partition key, as the service counts them. */
  readonly bytes: number;
}

/** The pieces of a batch, to be stored one behind the other. */
export type BatchBytes = readonly [head: Uint8Array, payloads: Uint8Array];

export const BATCH_HEAD = 16;
export const GROUP_BYTES = 24;
export const ENTRY_BYTES = 12;
export const BINARY = 0x8000_0000;

export function encodeBatch(streamId: number, groups: readonly BatchGroup[]): BatchBytes {
  const { head, view, entriesAt } = encodeHead(
    streamId,
    groups.map((group) => ({ ...group, count: group.entries.length })),
  );
  return [head, sliceOf(groups, view, entriesAt) ?? gather(groups, view, entriesAt)];
}

/** A group of {@link encodeColumns}. */
export type ColumnGroup = Omit<BatchGroup, 'entries'> & { readonly count: number };

/**
 * The batch of records in columns. Each record belongs to the group `groupOf` says, and in it stands behind those
 * before it.
 */
export function encodeColumns(
  streamId: number,
  groups: readonly ColumnGroup[],
  { source, keys, places }: RecordColumns,
  groupOf: (record: number) => number,
): BatchBytes {
  const { head, view, entriesAt } = encodeHead(streamId, groups);
  const nextAt = new Uint32Array(groups.length);
  let at = entriesAt;
  for (const [index, { count }] of groups.entries()) {
    nextAt[index] = at;
    at += count * ENTRY_BYTES;
  }
  // The records stand in the request in their order, so the first begins and the last ends what is kept of it.
  const from = places[0] ?? 0;
  const to = places[places.length - PLACE + 1] ?? 0;
  for (let record = 0, place = 0; record < keys.length; record++, place += PLACE) {
    const group = groupOf(record);
    const entryAt = nextAt[group] ?? 0;
    const start = places[place] ?? 0;
    view.setUint32(entryAt, start - from, true);
    view.setUint32(entryAt + 4, (places[place + 1] ?? 0) - start, true);
    view.setUint32(entryAt + 8, places[place + 2] ?? 0, true);
    nextAt[group] = entryAt + ENTRY_BYTES;
  }
  return [head, source.subarray(from, to)];
}

function encodeHead(
  streamId: number,
  groups: readonly ColumnGroup[],
): { readonly head: Uint8Array; readonly view: DataView; readonly entriesAt: number } {
  let records = 0;
  for (const { count } of groups) records += count;
  const entriesAt = BATCH_HEAD + groups.length * GROUP_BYTES;
  const payloadsAt = entriesAt + records * ENTRY_BYTES;
  const head = new Uint8Array(payloadsAt);
  const view = new DataView(head.buffer);
  view.setUint32(0, streamId, true);
  view.setUint32(4, groups.length, true);
  view.setUint32(8, records, true);
  view.setUint32(12, payloadsAt, true);
  let at = BATCH_HEAD;
  for (const { shardIndex, count, base, arrivedAt } of groups) {
    view.setUint32(at, shardIndex, true);
    view.setUint32(at + 4, count, true);
    view.setFloat64(at + 8, base, true);
    view.setFloat64(at + 16, arrivedAt, true);
    at += GROUP_BYTES;
  }
  return { head, view, entriesAt };
}

/** One group of a batch in `bytes`, found by {@link groupsOf}. */
export interface StoredGroup {
  readonly shardIndex: number;
  readonly count: number;
  readonly base: number;
  readonly arrivedAt: number;
  /** Which record of the batch is its first. */
  readonly firstEntry: number;
}

export function groupsOf(view: DataView, at: number): readonly StoredGroup[] {
  const groups: StoredGroup[] = [];
  const count = view.getUint32(at + 4, true);
  let firstEntry = 0;
  for (let group = 0; group < count; group++) {
    const from = at + BATCH_HEAD + group * GROUP_BYTES;
    const records = view.getUint32(from + 4, true);
    groups.push({
      shardIndex: view.getUint32(from, true),
      count: records,
      base: view.getFloat64(from + 8, true),
      arrivedAt: view.getFloat64(from + 16, true),
      firstEntry,
    });
    firstEntry += records;
  }
  return groups;
}

/** When every payload is text out of the same request, the stretch of it from the first to the last. */
function sliceOf(groups: readonly BatchGroup[], view: DataView, entriesAt: number): Uint8Array | undefined {
  let source: Uint8Array | undefined;
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const { entries } of groups) {
    for (const { payload } of entries) {
      if (!isRecordText(payload)) return undefined;
      source ??= payload.source;
      if (payload.source !== source) return undefined;
      if (payload.start < from) from = payload.start;
      if (payload.end > to) to = payload.end;
    }
  }
  if (source === undefined) return undefined;
  let at = entriesAt;
  for (const { entries } of groups) {
    for (const { payload, bytes } of entries) {
      if (!isRecordText(payload)) return undefined;
      view.setUint32(at, payload.start - from, true);
      view.setUint32(at + 4, payload.end - payload.start, true);
      view.setUint32(at + 8, bytes, true);
      at += ENTRY_BYTES;
    }
  }
  return source.subarray(from, to);
}

function gather(groups: readonly BatchGroup[], view: DataView, entriesAt: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let at = entriesAt;
  for (const { entries } of groups) {
    for (const { partitionKey, payload, bytes } of entries) {
      const piece = bytesOf(partitionKey, payload);
      view.setUint32(at, length, true);
      view.setUint32(at + 4, payload instanceof Uint8Array ? piece.length + BINARY : piece.length, true);
      view.setUint32(at + 8, bytes, true);
      at += ENTRY_BYTES;
      pieces.push(piece);
      length += piece.length;
    }
  }
  const whole = new Uint8Array(length);
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}

function bytesOf(partitionKey: string, payload: PutPayload): Uint8Array {
  if (isRecordText(payload)) return payload.source.subarray(payload.start, payload.end);
  return typeof payload === 'string'
    ? recordText(partitionKey, payload)
    : recordBinary(partitionKey, payload);
}
