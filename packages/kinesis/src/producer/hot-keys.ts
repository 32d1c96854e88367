/** A partition key that takes much of a shard. */
export interface HotKey {
  readonly partitionKey: string;
  /** User records, at most this many; at least `records − overcount`. */
  readonly records: number;
  readonly overcount: number;
}

/** Keys watched for each shard. Any key with more than one in so many of a shard's records is among them. */
const watched = 64;

/**
 * Finds the heaviest keys of each shard in bounded memory (the space-saving sketch): a key that is not watched takes the
 * place of the lightest one and inherits its count, so counts are never too low, and what is really heavy stays.
 *
 * @example
 * ```ts
 * const hot = new HotKeys();
 * for (const { shardId, partitionKey } of records) hot.add(shardId, partitionKey, 1);
 * hot.top(3).get('shardId-000000000000');
 * ```
 */
export class HotKeys {
  readonly #shards = new Map<string, Map<string, Counter>>();

  add(shardId: string, partitionKey: string, records: number): void {
    let counters = this.#shards.get(shardId);
    if (counters === undefined) {
      counters = new Map();
      this.#shards.set(shardId, counters);
    }
    const counter = counters.get(partitionKey);
    if (counter !== undefined) counter.records += records;
    else if (counters.size < watched) counters.set(partitionKey, { records, overcount: 0 });
    else replaceLightest(counters, partitionKey, records);
  }

  /** The heaviest keys of every shard, heaviest first. */
  top(count: number): ReadonlyMap<string, readonly HotKey[]> {
    return new Map(
      [...this.#shards].map(([shardId, counters]) => [
        shardId,
        [...counters]
          .map(([partitionKey, counter]) => ({ partitionKey, ...counter }))
          .toSorted((a, b) => b.records - a.records)
          .slice(0, count),
      ]),
    );
  }
}

interface Counter {
  records: number;
  overcount: number;
}

function replaceLightest(counters: Map<string, Counter>, partitionKey: string, records: number): void {
  let lightest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [key, counter] of counters) {
    if (counter.records >= least) continue;
    least = counter.records;
    lightest = key;
  }
  if (lightest !== undefined) counters.delete(lightest);
  counters.set(partitionKey, { records: least + records, overcount: least });
}
