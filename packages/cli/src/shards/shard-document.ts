import { MAX_HASH_KEY } from '@millrace/kinesis/record';
import { isOpen, parentsOf, type HashRange, type Shard } from '@millrace/kinesis/shard';

/** A shard as the commands write it. Hash keys and sequence numbers are decimal strings: they fit no JSON number. */
export interface ShardDocument {
  readonly shardId: string;
  readonly open: boolean;
  readonly parents: readonly string[];
  readonly hashRange: { readonly start: string; readonly end: string };
  /** Of the hash space, 0 to 1. */
  readonly share: number;
  readonly startingSequenceNumber: string;
  readonly endingSequenceNumber?: string;
}

export function shardDocument(shard: Shard): ShardDocument {
  const { shardId, hashRange, startingSequenceNumber, endingSequenceNumber } = shard;
  return {
    shardId,
    open: isOpen(shard),
    parents: parentsOf(shard),
    hashRange: { start: String(hashRange.start), end: String(hashRange.end) },
    share: shareOf(hashRange),
    startingSequenceNumber,
    ...(endingSequenceNumber !== undefined && { endingSequenceNumber }),
  };
}

/** How much of the hash space a range covers, 0 to 1. */
export function shareOf({ start, end }: HashRange): number {
  // In millionths: exact enough to read, and 128 bits do not fit a number.
  return Number(((end - start + 1n) * 1_000_000n) / (MAX_HASH_KEY + 1n)) / 1_000_000;
}

/** `12.5 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
