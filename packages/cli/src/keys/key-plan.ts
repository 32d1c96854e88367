import { HotKeys } from '@millrace/kinesis/producer';
import { hashKeyOf } from '@millrace/kinesis/record';
import type { HashRange } from '@millrace/kinesis/shard';

import { DistinctCount } from './distinct-count.ts';

/** What a way of choosing keys does to the shards. */
export interface KeyPlanReport {
  readonly name: string;
  readonly distinctKeys: number;
  /** Whether they were counted; else within about two percent. */
  readonly exact: boolean;
  readonly hottest: readonly {
    readonly partitionKey: string;
    readonly share: number;
    readonly atLeast: number;
  }[];
  readonly shards: readonly { readonly records: number; readonly bytes: number; readonly share: number }[];
  /** Load of the fullest shard over the mean: 1 is even, the number of shards is all on one. */
  readonly imbalance: number;
}

const cachedKeys = 50_000;

/** Adds up what records would do to shards of these ranges, in bounded memory. */
export class KeyPlan {
  readonly #name: string;
  readonly #ranges: readonly HashRange[];
  readonly #shards: { records: number; bytes: number }[];
  readonly #distinct = new DistinctCount();
  readonly #hot = new HotKeys();
  /** Keys come again and again, and a hash is dear. */
  readonly #places = new Map<string, number>();
  #records = 0;

  /** `ranges` in the order of their hash keys, without a gap. */
  constructor(name: string, ranges: readonly HashRange[]) {
    this.#name = name;
    this.#ranges = ranges;
    this.#shards = ranges.map(() => ({ records: 0, bytes: 0 }));
  }

  add(partitionKey: string, bytes: number): void {
    const shard = this.#shards[this.#placeOf(partitionKey)];
    this.#records++;
    this.#hot.add('', partitionKey, 1);
    if (shard === undefined) return;
    shard.records++;
    shard.bytes += bytes;
  }

  report(top: number): KeyPlanReport {
    const whole = Math.max(1, this.#records);
    const wholeBytes = Math.max(
      1,
      this.#shards.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    // By whichever fills a shard first, a record counts as much as 1,049 bytes.
    const load = this.#shards.map(({ records, bytes }) => Math.max(records * 1048.576, bytes));
    const total = load.reduce((a, b) => a + b, 0);
    return {
      name: this.#name,
      distinctKeys: this.#distinct.count,
      exact: this.#distinct.exact,
      hottest: (this.#hot.top(top).get('') ?? []).map(({ partitionKey, records, overcount }) => ({
        partitionKey,
        share: records / whole,
        atLeast: (records - overcount) / whole,
      })),
      shards: this.#shards.map(({ records, bytes }) => ({
        records,
        bytes,
        share: Math.max(records / whole, bytes / wholeBytes),
      })),
      imbalance: total === 0 ? 1 : Math.max(1, (Math.max(...load) / total) * load.length),
    };
  }

  #placeOf(partitionKey: string): number {
    let place = this.#places.get(partitionKey);
    if (place === undefined) {
      const hashKey = hashKeyOf(partitionKey);
      this.#distinct.add(hashKey);
      place = this.#ranges.findLastIndex(({ start }) => start <= hashKey);
      if (this.#places.size >= cachedKeys) this.#places.clear();
      this.#places.set(partitionKey, place);
    }
    return place;
  }
}
