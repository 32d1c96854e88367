import { BATCH_HEAD, BINARY, ENTRY_BYTES, GROUP_BYTES } from './batch.ts';
import type { BatchPlace, BatchView, RecordHeap } from './record-heap.ts';
import { parseKeyText, parseRecordText, splitRecordBinary, type Payload } from './record-text.ts';

export type { Payload } from './record-text.ts';

/** The records of one shard in one batch. */
export interface LogGroup {
  readonly base: number;
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly place: BatchPlace;
  /** Which record of the batch is the group's first. */
  readonly firstEntry: number;
}

/**
 * A stored record. Its payload is taken out of the bytes only when asked for; to be used before anything else is done
 * to the stream, since the bytes of records that are gone are written again.
 */
export class LogRecord {
  readonly index: number;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** Bytes of data and partition key, as the service counts them. */
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #binary: boolean;

  constructor(batch: BatchView, entryAt: number, index: number, arrivedAt: number) {
    const { view, bytes, offset } = batch;
    const length = view.getUint32(entryAt + 4, true);
    this.index = index;
    this.arrivedAt = arrivedAt;
    this.size = view.getUint32(entryAt + 8, true);
    this.#bytes = bytes;
    this.#start = offset + view.getUint32(offset + 12, true) + view.getUint32(entryAt, true);
    this.#binary = length >= BINARY;
    this.#end = this.#start + (this.#binary ? length - BINARY : length);
  }

  /** Key and data, copied by every call. */
  content(): { readonly partitionKey: string; readonly data: Payload } {
    if (!this.#binary) return parseRecordText(this.raw);
    const { keyText, data } = splitRecordBinary(this.raw);
    return { partitionKey: parseKeyText(keyText), data: data.slice() };
  }

  /** Whether {@link raw} is the record's members in JSON. */
  get isText(): boolean {
    return !this.#binary;
  }

  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }
}

/**
 * The records of one shard in order, as columns of groups that say where in the heap they are: appending is O(1),
 * finding a place O(log n), expiring drops groups from the front and never touches a record. Indexes count from 1.
 */
export class ShardLog {
  readonly #heap: RecordHeap;
  readonly #segments: Segment[] = [];
  #first = 1;
  #next = 1;
  #lastArrival = 0;

  constructor(heap: RecordHeap) {
    this.#heap = heap;
  }

  /** Index of the oldest record still kept; equals `next` when there is none. */
  get first(): number {
    return this.#first;
  }

  /** Index the next record will get. */
  get next(): number {
    return this.#next;
  }

  /** Arrival of the newest record ever appended, 0 before the first. */
  get lastArrival(): number {
    return this.#lastArrival;
  }

  /** Takes up where an earlier log of the shard ended, whose records come with {@link append} or are gone. */
  resume(next: number, lastArrival: number): void {
    this.#next = Math.max(this.#next, next);
    this.#lastArrival = Math.max(this.#lastArrival, lastArrival);
    if (this.#segments.length === 0) this.#first = this.#next;
  }

  /** Keeps records that are in the heap; neither their index nor their arrival may be before the last one's. */
  append(group: LogGroup): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined) this.#first = group.base;
    if (segment === undefined || segment.length === segment.bases.length) {
      segment = createSegment(segment?.bases.length);
      this.#segments.push(segment);
    }
    const at = segment.length++;
    segment.bases[at] = group.base;
    segment.counts[at] = group.count;
    segment.arrivals[at] = group.arrivedAt;
    segment.blocks[at] = group.place.block;
    segment.offsets[at] = group.place.offset;
    segment.entries[at] = group.firstEntry;
    this.#next = Math.max(this.#next, group.base + group.count);
    this.#lastArrival = Math.max(this.#lastArrival, group.arrivedAt);
  }

  /** Forgets every record that arrived before `time`. */
  expire(time: number): void {
    for (let segment = this.#segments[0]; segment !== undefined; segment = this.#segments[0]) {
      while (segment.start < segment.length && (segment.arrivals[segment.start] ?? 0) < time) {
        this.#heap.release(segment.blocks[segment.start++] ?? 0);
      }
      if (segment.start < segment.length) {
        this.#first = segment.bases[segment.start] ?? this.#next;
        return;
      }
      this.#segments.shift();
    }
    this.#first = this.#next;
  }

  /** Forgets every record: the stream or shard is gone. */
  drop(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }

  /** Index of the first record kept that arrived at `time` or later; `next` when none did. */
  seek(time: number): number {
    if (this.#lastArrival < time) return this.#next;
    const found = this.#find((segment, at) => (segment.arrivals[at] ?? 0) >= time);
    return found === undefined ? this.#next : (found.segment.bases[found.at] ?? this.#next);
  }

  /** Milliseconds since the epoch; `index` must be kept. */
  arrivalOf(index: number): number {
    const found = this.#holding(index);
    return found?.segment.arrivals[found.at] ?? this.#lastArrival;
  }

  /**
   * Calls `visit` for each record from `index` on until it answers false or the log ends; answers the index of the
   * record it stopped at.
   */
  scan(index: number, visit: (record: LogRecord) => boolean): number {
    let position = Math.max(index, this.#first);
    const found = this.#holding(position);
    if (found === undefined) return Math.max(position, this.#next);
    let { at } = found;
    for (let ordinal = found.ordinal; ordinal < this.#segments.length; ordinal++) {
      const segment = this.#segments[ordinal];
      if (segment === undefined) break;
      for (; at < segment.length; at++) {
        const base = segment.bases[at] ?? 0;
        const arrivedAt = segment.arrivals[at] ?? 0;
        const end = base + (segment.counts[at] ?? 0);
        const batch = this.#heap.read({ block: segment.blocks[at] ?? 0, offset: segment.offsets[at] ?? 0 });
        const entriesAt =
          batch.offset + BATCH_HEAD + batch.view.getUint32(batch.offset + 4, true) * GROUP_BYTES;
        // After records lost to damage, a group may begin behind the position.
        position = Math.max(position, base);
        let entryAt = entriesAt + ((segment.entries[at] ?? 0) + position - base) * ENTRY_BYTES;
        for (; position < end; position++, entryAt += ENTRY_BYTES) {
          if (!visit(new LogRecord(batch, entryAt, position, arrivedAt))) return position;
        }
      }
      at = this.#segments[ordinal + 1]?.start ?? 0;
    }
    return Math.max(position, this.#next);
  }

  /** The group with that record, or the first one behind it. */
  #holding(index: number): Found | undefined {
    return this.#find((segment, at) => (segment.bases[at] ?? 0) + (segment.counts[at] ?? 0) > index);
  }

  /** The first group that `accepts`, given that all after one accepted are accepted. */
  #find(accepts: (segment: Segment, at: number) => boolean): Found | undefined {
    const ordinal = lowest(0, this.#segments.length, (one) => {
      const segment = this.#segments[one];
      return segment !== undefined && accepts(segment, segment.length - 1);
    });
    const segment = this.#segments[ordinal];
    if (segment === undefined) return undefined;
    return { segment, ordinal, at: lowest(segment.start, segment.length - 1, (at) => accepts(segment, at)) };
  }
}

/** Columns of consecutive groups; those before `start` are forgotten. */
interface Segment {
  start: number;
  length: number;
  readonly bases: Float64Array;
  readonly counts: Uint32Array;
  readonly arrivals: Float64Array;
  readonly blocks: Uint32Array;
  readonly offsets: Uint32Array;
  readonly entries: Uint32Array;
}

interface Found {
  readonly segment: Segment;
  readonly ordinal: number;
  readonly at: number;
}

const firstCapacity = 8;
const largestCapacity = 4096;

/** Short logs stay small, since a stream may have thousands of shards; long ones waste no more than a segment. */
function createSegment(previousCapacity: number | undefined): Segment {
  const capacity =
    previousCapacity === undefined ? firstCapacity : Math.min(largestCapacity, previousCapacity * 2);
  return {
    start: 0,
    length: 0,
    bases: new Float64Array(capacity),
    counts: new Uint32Array(capacity),
    arrivals: new Float64Array(capacity),
    blocks: new Uint32Array(capacity),
    offsets: new Uint32Array(capacity),
    entries: new Uint32Array(capacity),
  };
}

/** The smallest of `low`…`high` that `accepts`, given that all above one accepted are accepted; `high` when none is. */
function lowest(low: number, high: number, accepts: (at: number) => boolean): number {
  let from = low;
  let top = Math.max(low, high);
  while (from < top) {
    const middle = (from + top) >> 1;
    if (accepts(middle)) top = middle;
    else from = middle + 1;
  }
  return from;
}
