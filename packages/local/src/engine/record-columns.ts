import type { KnownKey } from './known-key.ts';

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
