import type { KnownKey } from './known-key.ts';
import type { Shard } from './shard.ts';

/** Records that stand as text in one request, in columns. */
export interface RecordColumns {
  readonly source: Uint8Array;
  /** The partition key of each. */
  readonly keys: readonly KnownKey[];
  /** {@link PLACE} numbers of each: where its members begin and end in the source, and its size as the service counts. */
  readonly places: Uint32Array;
  /** Bytes of all data and partition keys. */
  readonly bytes: number;
}

/** Numbers of a record in `places`. */
export const PLACE = 3;

/** What became of them: all are stored. */
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
