import { encodeBatch, encodeColumns, type BatchGroup, type ColumnGroup } from './batch.ts';
import type { HexHashKey } from './hash-key.ts';
import { limits } from './limits.ts';
import type { BatchPlace } from './record-heap.ts';
import type { RecordColumns } from './record-columns.ts';
import type { PutPayload } from './record-text.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';

export interface PutEntry {
  readonly partitionKey: string;
  /** Overrides the hash of the partition key. */
  readonly hashKey?: HexHashKey | undefined;
  readonly payload: PutPayload;
  /** Bytes of data and partition key. */
  readonly bytes: number;
}

/** What became of an entry. Its number is written out only when asked for. */
export class PutOutcome {
  readonly shard: Shard;
  /** Undefined when the shard was over its rate. */
  readonly index: number | undefined;
  readonly second: number;

  constructor(shard: Shard, index: number | undefined, second: number) {
    this.shard = shard;
    this.index = index;
    this.second = second;
  }

  get shardId(): string {
    return this.shard.id;
  }

  /** Undefined when the shard was over its rate. */
  get sequenceNumber(): string | undefined {
    return this.index === undefined ? undefined : this.shard.numbers.at(this.index, this.second);
  }
}

/** What became of records in columns: all are stored. */
export interface StoredColumns {
  /** What each record's ordinal means. */
  readonly shards: readonly Shard[];
  /** The shard of each record. */
  readonly ordinals: Uint32Array;
  /** For each shard that got some, the index of the first. */
  readonly bases: Float64Array;
  /** For each shard that got some, the second they arrived in. */
  readonly seconds: Float64Array;
}

interface WriterContext {
  /** Wall time, milliseconds since the epoch. */
  readonly now: number;
  readonly accountId: string;
  /** Monotonic milliseconds; given when limits are enforced. */
  readonly budgetTime?: number;
}

/** Puts the records of one call, all at the same instant, and wakes each shard's readers once at its end. */
export class StreamWriter {
  readonly #stream: Stream;
  readonly #context: WriterContext;
  readonly #groups = new Map<Shard, Group>();
  #group: Group | undefined;
  #records = 0;
  #bytes = 0;

  constructor(stream: Stream, context: WriterContext) {
    this.#stream = stream;
    this.#context = context;
  }

  get stream(): Stream {
    return this.#stream;
  }

  put(entry: PutEntry): PutOutcome {
    const shard = this.#route(entry);
    if (!this.#fits(shard, entry.bytes)) return new PutOutcome(shard, undefined, 0);
    this.#records++;
    this.#bytes += entry.bytes;
    if (this.#stream.settings.distribution === 'AUTO') this.#stream.autoCursor++;
    const group = this.#groupOf(shard);
    const index = group.base + group.entries.length;
    group.entries.push(entry);
    return new PutOutcome(shard, index, group.second);
  }

  /** Whether every record is taken and goes where its key says, so that {@link putAll} may be used. */
  get takesAll(): boolean {
    return this.#context.budgetTime === undefined && this.#stream.settings.distribution !== 'AUTO';
  }

  /** Keeps all of them, at once; throws when they cannot be kept. */
  putAll(records: RecordColumns): StoredColumns {
    const { id, heap, router } = this.#stream;
    const { keys } = records;
    const { shards } = router;
    const ordinals = new Uint32Array(keys.length);
    const counts = new Uint32Array(shards.length);
    const touched: number[] = [];
    for (let record = 0; record < keys.length; record++) {
      const key = keys[record];
      const ordinal = key === undefined ? 0 : router.ordinalOf(key);
      ordinals[record] = ordinal;
      const before = counts[ordinal] ?? 0;
      if (before === 0) touched.push(ordinal);
      counts[ordinal] = before + 1;
    }
    const bases = new Float64Array(shards.length);
    const seconds = new Float64Array(shards.length);
    const groupOf = new Uint32Array(shards.length);
    const groups: (ColumnGroup & { readonly shard: Shard })[] = [];
    for (const ordinal of touched) {
      const shard = shards[ordinal];
      if (shard === undefined) continue;
      const count = counts[ordinal] ?? 0;
      const arrivedAt = arrivalAt(shard, this.#context.now);
      const base = shard.log.next;
      bases[ordinal] = base;
      seconds[ordinal] = Math.floor(arrivedAt / 1000);
      groupOf[ordinal] = groups.length;
      groups.push({ shard, shardIndex: shard.index, base, arrivedAt, count });
    }
    const batch = encodeColumns(id, groups, records, (record) => groupOf[ordinals[record] ?? 0] ?? 0);
    this.#log(groups, heap.append(batch, groups.length));
    this.#records += keys.length;
    this.#bytes += records.bytes;
    this.#told(groups.map(({ shard }) => shard));
    return { shards, ordinals, bases, seconds };
  }

  /** Where the record would go. */
  shardIdOf(entry: PutEntry): string {
    return this.#route(entry).id;
  }

  /** The service's words for a shard over its rate. */
  rateExceeded(shardId: string): string {
    return rateExceeded(shardId, this.#stream.name, this.#context.accountId);
  }

  /** Keeps what was put; throws when it cannot be kept, and then nothing of it is. */
  finish(): void {
    const groups = [...this.#groups.values()];
    if (groups.length > 0) {
      const { id, heap } = this.#stream;
      const place = heap.append(encodeBatch(id, groups), groups.length);
      this.#log(
        groups.map((group) => ({ ...group, count: group.entries.length })),
        place,
      );
    }
    this.#told(this.#groups.keys());
  }

  #log(groups: readonly (ColumnGroup & { readonly shard: Shard })[], place: BatchPlace): void {
    let firstEntry = 0;
    for (const { shard, base, arrivedAt, count } of groups) {
      shard.log.append({ base, count, arrivedAt, place, firstEntry });
      firstEntry += count;
      const due = Math.floor((base + count) / expireEvery) > Math.floor(base / expireEvery);
      if (due) shard.log.expire(this.#stream.horizon(this.#context.now));
    }
  }

  #told(shards: Iterable<Shard>): void {
    if (this.#stream.mode === 'ON_DEMAND') {
      this.#stream.throughput.add(this.#records, this.#bytes, this.#context.now);
    }
    for (const shard of shards) shard.wake();
  }

  #groupOf(shard: Shard): Group {
    if (this.#group?.shard === shard) return this.#group;
    const group = this.#groups.get(shard) ?? createGroup(shard, this.#context.now);
    this.#groups.set(shard, group);
    this.#group = group;
    return group;
  }

  #route(entry: PutEntry): Shard {
    const { router } = this.#stream;
    if (this.#stream.settings.distribution === 'AUTO') return this.#next(entry);
    return entry.hashKey === undefined
      ? router.byPartitionKey(entry.partitionKey)
      : router.byHashKey(entry.hashKey);
  }

  /** The shard whose turn it is, or the next one with room. */
  #next(entry: PutEntry): Shard {
    const { openShards, autoCursor, router } = this.#stream;
    for (let step = 0; step < openShards.length; step++) {
      const shard = openShards[(autoCursor + step) % openShards.length];
      if (shard !== undefined && this.#hasRoom(shard, entry.bytes)) return shard;
    }
    return openShards[autoCursor % openShards.length] ?? router.byPartitionKey(entry.partitionKey);
  }

  #fits(shard: Shard, bytes: number): boolean {
    const time = this.#context.budgetTime;
    if (time === undefined) return true;
    if (!this.#hasRoom(shard, bytes)) return false;
    shard.budgets.writeRecords.take(1, time);
    shard.budgets.writeBytes.take(bytes, time);
    return true;
  }

  #hasRoom(shard: Shard, bytes: number): boolean {
    const time = this.#context.budgetTime;
    if (time === undefined) return true;
    const { writeRecords, writeBytes } = shard.budgets;
    // A record larger than a second's worth goes through when something is left, and is paid off afterwards.
    const needed = Math.min(bytes, bytes > limits.shardWriteBytesPerSecond ? 1 : bytes);
    return writeRecords.left(time) >= 1 && writeBytes.left(time) >= needed;
  }
}

export function rateExceeded(shardId: string, stream: string, accountId: string): string {
  return `Rate exceeded for shard ${shardId} in stream ${stream} under account ${accountId}.`;
}

/** What one call puts into one shard. */
interface Group extends BatchGroup {
  readonly shard: Shard;
  readonly second: number;
  readonly entries: PutEntry[];
}

function createGroup(shard: Shard, now: number): Group {
  const arrivedAt = arrivalAt(shard, now);
  return {
    shard,
    shardIndex: shard.index,
    base: shard.log.next,
    arrivedAt,
    second: Math.floor(arrivedAt / 1000),
    entries: [],
  };
}

/** Never before the shard was opened or a record before it arrived: the wall clock may have gone back. */
function arrivalAt(shard: Shard, now: number): number {
  return Math.max(now, shard.log.lastArrival, shard.openedAt);
}

/** Records between two looks at what has expired, so that a stream nobody reads does not grow for ever. */
const expireEvery = 4096;
