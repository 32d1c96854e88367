import { effectiveHashKey } from '../record/hash-key.ts';
import type { OutgoingRecord } from '../record/record.ts';
import type { ShardMap } from '../shard/shard-map.ts';
import type { Berth } from './lane.ts';
import type { Berthing } from './lane-table.ts';
import type { Aggregation, Ordering } from './options.ts';

/** Hash keys remembered; keys beyond are computed again. */
const remembered = 20_000;

/**
 * Decides in which lane a record waits: its key's, its shard's, or the one for all.
 *
 * Lanes by shard need the map. Until there is one, and where it has a gap, a record waits in its key's lane, or, when
 * order by shard is asked for, in the one for all: that keeps every promise and is only slower.
 */
export class Routing {
  readonly #hashKeys = new Map<string, bigint>();
  readonly #byKey: boolean;
  readonly #byShard: boolean;
  readonly #orderedByShard: boolean;

  constructor({ ordering, aggregation }: { readonly ordering: Ordering; readonly aggregation: Aggregation }) {
    this.#byShard = ordering === 'shard' || aggregation === 'shard';
    this.#orderedByShard = ordering === 'shard';
    this.#byKey = !this.#byShard && (ordering === 'key' || aggregation === 'key');
  }

  /** Whether lanes cannot be laid well without a map. */
  get needsMap(): boolean {
    return this.#byShard;
  }

  berthing(map: ShardMap | undefined): Berthing {
    const shardIdOf = (record: OutgoingRecord): string | undefined =>
      map?.shardFor(this.hashKeyOf(record))?.shardId;
    if (this.#byKey) return ({ record }) => ({ lane: record.partitionKey, shardId: shardIdOf(record) });
    if (!this.#byShard && map === undefined) return () => ({ lane: '' });
    return ({ record }) => {
      const shardId = shardIdOf(record);
      if (shardId !== undefined) return { lane: shardId, shardId };
      return this.#byShard && !this.#orderedByShard ? byKey(record) : { lane: '' };
    };
  }

  /** The place of a record in the hash space. Remembered, since keys repeat and MD5 costs more than all the rest. */
  hashKeyOf({ partitionKey, explicitHashKey }: OutgoingRecord): bigint {
    if (explicitHashKey !== undefined) return effectiveHashKey(partitionKey, explicitHashKey);
    let hashKey = this.#hashKeys.get(partitionKey);
    if (hashKey === undefined) {
      if (this.#hashKeys.size >= remembered) this.#hashKeys.clear();
      hashKey = effectiveHashKey(partitionKey, undefined);
      this.#hashKeys.set(partitionKey, hashKey);
    }
    return hashKey;
  }
}

/** Beside lanes named by shards, a lane named by a key says so. */
function byKey(record: OutgoingRecord): Berth {
  return { lane: `key:${record.partitionKey}` };
}
