import { compareSequenceNumbers, type SequenceNumber } from '../record/sequence-number.ts';

/** Where a shard stands before its first record was handled, or after its last. KCL's own words, as stored. */
export type CheckpointSentinel = 'AT_TIMESTAMP' | 'TRIM_HORIZON' | 'LATEST' | 'SHARD_END';

/** Everything up to and including this record has been handled. */
export interface Checkpoint {
  readonly sequenceNumber: SequenceNumber | CheckpointSentinel;
  /** Place inside a KPL aggregate; 0 for a plain record and for a sentinel. */
  readonly subSequenceNumber: number;
}

const rank: Readonly<Record<CheckpointSentinel, number>> = {
  AT_TIMESTAMP: 0,
  TRIM_HORIZON: 1,
  LATEST: 2,
  SHARD_END: 4,
};
const numberRank = 3;

/**
 * The order the KCL keeps: AT_TIMESTAMP < TRIM_HORIZON < LATEST < any number < SHARD_END, ties by sub-sequence.
 *
 * @example
 * ```ts
 * checkpoints.toSorted(compareCheckpoints);
 * ```
 */
export function compareCheckpoints(a: Checkpoint, b: Checkpoint): number {
  const left = a.sequenceNumber;
  const right = b.sequenceNumber;
  if (isSentinel(left) || isSentinel(right)) return rankOf(left) - rankOf(right);
  return compareSequenceNumbers(left, right) || a.subSequenceNumber - b.subSequenceNumber;
}

export const SHARD_END: Checkpoint = { sequenceNumber: 'SHARD_END', subSequenceNumber: 0 };

/**
 * Whether the shard has been read to its end.
 *
 * @example
 * ```ts
 * const open = leases.filter(({ checkpoint }) => !isShardEnd(checkpoint));
 * ```
 */
export function isShardEnd(checkpoint: Checkpoint): boolean {
  return checkpoint.sequenceNumber === 'SHARD_END';
}

/** Whether nothing of the shard, or all of it, is handled: it names no record. */
export function isSentinelCheckpoint({ sequenceNumber }: Checkpoint): boolean {
  return isSentinel(sequenceNumber);
}

/** Whether nothing of the shard is handled yet. */
export function isBeginning(checkpoint: Checkpoint): boolean {
  return isSentinel(checkpoint.sequenceNumber) && !isShardEnd(checkpoint);
}

/** Whether it names a place by word, not by number. */
export function isSentinel(value: string): value is CheckpointSentinel {
  return Object.hasOwn(rank, value);
}

function rankOf(value: Checkpoint['sequenceNumber']): number {
  return isSentinel(value) ? rank[value] : numberRank;
}
