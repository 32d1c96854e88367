import type { StreamRecord } from '@millrace/kinesis/record';

interface Head {
  readonly records: readonly StreamRecord[];
  index: number;
  readonly release: () => void;
}

/**
 * Hands on what shards that are read side by side give in the order it arrived, holding one batch of each: whoever is
 * ahead waits for the others. Cut off anywhere, what was handed on is all of the stream up to a time and not a lot of
 * one shard and nothing of another. Shards that come of a reshard join when their first records do.
 */
export class ArrivalOrder {
  readonly #reading: Set<string>;
  readonly #heads = new Map<string, Head>();
  readonly #handOn: (record: StreamRecord) => void;
  #stopped = false;

  /** `shardIds`: those that are read from the start. */
  constructor(shardIds: readonly string[], handOn: (record: StreamRecord) => void) {
    this.#reading = new Set(shardIds);
    this.#handOn = handOn;
  }

  /** Resolves when all of them are handed on, or it is stopped. */
  async take(shardId: string, records: readonly StreamRecord[]): Promise<void> {
    if (this.#stopped || records.length === 0) return;
    this.#reading.add(shardId);
    const done = new Promise<void>((release) => {
      this.#heads.set(shardId, { records, index: 0, release });
    });
    this.#drain();
    await done;
  }

  /** Nothing more comes of this shard. */
  end(shardId: string): void {
    this.#reading.delete(shardId);
    this.#drain();
  }

  /** Hands on nothing more, and lets everybody go. */
  stop(): void {
    this.#stopped = true;
    for (const { release } of this.#heads.values()) release();
    this.#heads.clear();
  }

  #drain(): void {
    while (!this.#stopped && this.#heads.size > 0 && this.#heads.size >= this.#reading.size) {
      const { oldest, next } = this.#oldestTwo();
      if (oldest === undefined) return;
      const [shardId, head] = oldest;
      const until = next === undefined ? Number.POSITIVE_INFINITY : arrivalOf(next);
      do {
        const record = head.records[head.index++];
        if (record !== undefined) this.#handOn(record);
      } while (!this.#stopped && head.index < head.records.length && arrivalOf(head) <= until);
      if (head.index < head.records.length) continue;
      this.#heads.delete(shardId);
      head.release();
    }
  }

  #oldestTwo(): { readonly oldest: readonly [string, Head] | undefined; readonly next: Head | undefined } {
    let oldest: readonly [string, Head] | undefined;
    let next: Head | undefined;
    for (const entry of this.#heads) {
      if (oldest === undefined || arrivalOf(entry[1]) < arrivalOf(oldest[1])) {
        next = oldest?.[1];
        oldest = entry;
      } else if (next === undefined || arrivalOf(entry[1]) < arrivalOf(next)) [, next] = entry;
    }
    return { oldest, next };
  }
}

function arrivalOf({ records, index }: Head): number {
  return records[index]?.arrivedAt.getTime() ?? Number.POSITIVE_INFINITY;
}
