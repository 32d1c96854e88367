import type { HashPartitionKey, HexHashKey } from './hash-key.ts';
import type { Shard } from './shard.ts';

/**
 * Finds the open shard of a record. A router serves one set of open shards; a reshard makes a new one, and with it
 * drops what was remembered.
 */
export class Router {
  readonly #shards: readonly Shard[];
  readonly #starts: readonly HexHashKey[];
  readonly #hash: HashPartitionKey;
  readonly #only: Shard | undefined;
  /** Recently used keys in two generations: when the young one is full it becomes the old one. */
  #young = new Map<string, Shard>();
  #old = new Map<string, Shard>();

  constructor(openShards: readonly Shard[], hash: HashPartitionKey) {
    this.#shards = openShards.toSorted((a, b) => (a.firstHashKey < b.firstHashKey ? -1 : 1));
    this.#starts = this.#shards.map((shard) => shard.firstHashKey);
    this.#hash = hash;
    this.#only = this.#shards.length === 1 ? this.#shards[0] : undefined;
  }

  /** The open shards by hash range. */
  get shards(): readonly Shard[] {
    return this.#shards;
  }

  byPartitionKey(partitionKey: string): Shard {
    if (this.#only !== undefined) return this.#only;
    const young = this.#young.get(partitionKey);
    if (young !== undefined) return young;
    const shard = this.#old.get(partitionKey) ?? this.byHashKey(this.#hash(partitionKey));
    if (this.#young.size >= generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(partitionKey, shard);
    return shard;
  }

  byHashKey(hashKey: HexHashKey): Shard {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? '') <= hashKey) low = middle;
      else high = middle - 1;
    }
    const shard = this.#shards[low];
    if (shard === undefined) throw new Error('A stream without open shards takes no records.');
    return shard;
  }
}

const generationSize = 4096;
