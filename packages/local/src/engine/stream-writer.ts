import type { HexHashKey } from './hash-key.ts';
import { limits } from './limits.ts';
import type { Payload } from './shard-log.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';

export interface PutEntry {
  readonly partitionKey: string;
  /** Overrides the hash of the partition key. */
  readonly hashKey?: HexHashKey | undefined;
  readonly payload: Payload;
  /** Bytes of data and partition key. */
  readonly bytes: number;
}

export interface PutOutcome {
  readonly shardId: string;
  /** Undefined when the shard was over its rate. */
  readonly sequenceNumber: string | undefined;
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
  readonly #touched = new Set<Shard>();
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
    const { log, id } = shard;
    if (!this.#fits(shard, entry.bytes)) return { shardId: id, sequenceNumber: undefined };
    this.#records++;
    this.#bytes += entry.bytes;
    if (this.#stream.settings.distribution === 'AUTO') this.#stream.autoCursor++;
    const arrivedAt = Math.max(this.#context.now, log.lastArrival, shard.openedAt);
    const index = log.append(entry.partitionKey, entry.payload, entry.bytes, arrivedAt);
    if (index % expireEvery === 0) log.expire(this.#stream.horizon(this.#context.now));
    this.#touched.add(shard);
    return { shardId: id, sequenceNumber: shard.numbers.at(index, Math.floor(arrivedAt / 1000)) };
  }

  /** Where the record would go. */
  shardIdOf(entry: PutEntry): string {
    return this.#route(entry).id;
  }

  /** The service's words for a shard over its rate. */
  rateExceeded(shardId: string): string {
    return rateExceeded(shardId, this.#stream.name, this.#context.accountId);
  }

  finish(): void {
    if (this.#stream.mode === 'ON_DEMAND') {
      this.#stream.throughput.add(this.#records, this.#bytes, this.#context.now);
    }
    for (const shard of this.#touched) shard.wake();
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

/** Records between two looks at what has expired, so that a stream nobody reads does not grow for ever. */
const expireEvery = 4096;
