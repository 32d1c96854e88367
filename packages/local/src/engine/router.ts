import type { HashPartitionKey, HexHashKey } from './hash-key.ts';
import type { KnownKey } from './known-key.ts';
import type { Shard } from './shard.ts';

/**
 * Finds the open shard of a record. A router serves one set of open shards; a reshard makes a new one, and with it
 * drops what was remembered.
 */
export class Router {
  readonly #shards: readonly Shard[];
  readonly #starts: readonly HexHashKey[];
  readonly #hash: HashPartitionKey;
  /** Recently used keys in two generations: when the young one is full it becomes the old one. */
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(openShards: readonly Shard[], hash: HashPartitionKey) {
    this.#shards = openShards.toSorted((a, b) => (a.firstHashKey < b.firstHashKey ? -1 : 1));
    this.#starts = this.#shards.map((shard) => shard.firstHashKey);
    this.#hash = hash;
  }

  /** The open shards by hash range. */
  get shards(): readonly Shard[] {
    return this.#shards;
  }

  byPartitionKey(partitionKey: string): Shard {
    return this.#at(this.#ordinalOfText(partitionKey));
  }

  byHashKey(hashKey: HexHashKey): Shard {
    return this.#at(this.#ordinalOfHash(hashKey));
  }

  /** Which of {@link shards} takes the key. */
  ordinalOf(key: KnownKey): number {
    if (key.router !== this) {
      key.ordinal = this.#ordinalOfText(key.text);
      key.router = this;
    }
    return key.ordinal;
  }

  #ordinalOfText(partitionKey: string): number {
    if (this.#shards.length === 1) return 0;
    const young = this.#young.get(partitionKey);
    if (young !== undefined) return young;
    const ordinal = this.#old.get(partitionKey) ?? this.#ordinalOfHash(this.#hash(partitionKey));
    if (this.#young.size >= generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(partitionKey, ordinal);
    return ordinal;
  }

  #ordinalOfHash(hashKey: HexHashKey): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? '') <= hashKey) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #at(ordinal: number): Shard {
    const shard = this.#shards[ordinal];
    if (shard === undefined) throw new Error('A stream without open shards takes no records.');
    return shard;
  }
}

const generationSize = 4096;
