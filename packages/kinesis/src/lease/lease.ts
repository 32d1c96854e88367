import type { HashRange } from '../shard/hash-range.ts';
import type { SequenceNumber } from '../record/sequence-number.ts';
import type { Checkpoint } from './checkpoint.ts';

/** The right to read one shard, and how far it has been handled. One item of the KCL's lease table. */
export interface Lease {
  /** The shard id; where one group reads several streams, the stream's identifier, a colon and the shard id. */
  readonly leaseKey: string;
  readonly shardId: string;
  /** Where one group reads several streams: the KCL's `account:name:creation`, seconds since the epoch. */
  readonly streamIdentifier?: string;
  /** The worker that holds it; absent when nobody does. */
  readonly owner?: string;
  /** Goes up by one with every renewal, take-over and checkpoint: heartbeat and optimistic lock in one. */
  readonly counter: number;
  readonly ownerSwitchesSinceCheckpoint: number;
  readonly checkpoint: Checkpoint;
  /** With an AT_TIMESTAMP or LATEST checkpoint: the time to start from, milliseconds since the epoch. Ignored by the Java KCL. */
  readonly startAt?: number;
  readonly parentShardIds: readonly string[];
  /** Written when the shard has ended. */
  readonly childShardIds: readonly string[];
  readonly hashRange?: HashRange;
  /** During a graceful hand-off: the old owner, which may still checkpoint. `owner` names the one it is handed to. */
  readonly checkpointOwner?: string;
  /**
   * The worker that, when it became the owner, promised to hand over when asked. It holds as long as it still is the
   * owner: a Java worker takes a lease without touching this. Ignored by the Java KCL.
   */
  readonly handsOver?: string;
  /**
   * Partition keys put aside up to the checkpoint, each with the place of its first record. Ignored by the Java KCL. Where
   * nothing is handled yet those of the parents hold, unless there is this, if only empty: then some of them were unparked.
   */
  readonly parked?: ParkedKeys;
}

/** Partition keys whose records are put aside, each with the first that failed. */
export type ParkedKeys = ReadonlyMap<
  string,
  { readonly sequenceNumber: SequenceNumber; readonly subSequenceNumber: number }
>;

/**
 * The key of another shard's lease in the same stream.
 *
 * @example
 * ```ts
 * const parents = await Promise.all(lease.parentShardIds.map((id) => store.get(siblingKey(lease, id))));
 * ```
 */
export function siblingKey(lease: Pick<Lease, 'streamIdentifier'>, shardId: string): string {
  return leaseKeyOf(shardId, lease.streamIdentifier);
}

/** The key a lease is stored under: the KCL's, with one stream or several. */
export function leaseKeyOf(shardId: string, streamIdentifier?: string): string {
  return streamIdentifier === undefined ? shardId : `${streamIdentifier}:${shardId}`;
}
