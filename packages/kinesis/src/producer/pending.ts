import type { MillraceError } from '../errors.ts';
import type { OutgoingRecord } from '../record/record.ts';
import type { SequenceNumber } from '../record/sequence-number.ts';

/** Where a user record was stored. */
export interface Receipt {
  readonly shardId: string;
  readonly sequenceNumber: SequenceNumber;
  /** Place inside the aggregate it travelled in, from 0; 0 for a plain record. */
  readonly subSequenceNumber: number;
  /** PutRecords calls it took, 1 when the first succeeded. */
  readonly attempts: number;
}

/** A user record the producer has accepted and owes an answer for. */
export interface Pending {
  readonly record: OutgoingRecord;
  /** Data and UTF-8 partition key, as the service counts them. */
  readonly bytes: number;
  /** On the monotonic clock, milliseconds. */
  readonly acceptedAt: number;
  readonly deadlineAt: number;
  stored(receipt: Receipt): void;
  failed(error: MillraceError): void;
}

/** One entry of a PutRecords call: a user record, or several in an aggregate. */
export interface Packed {
  readonly record: OutgoingRecord;
  readonly members: readonly Pending[];
  readonly bytes: number;
}

/** An entry under way. */
export interface Parcel extends Packed {
  /** The lane it left, and which laying of the lanes that was. */
  readonly lane: string;
  readonly epoch: number;
  /** The shard it should go to; undefined when that is not known. */
  readonly shardId: string | undefined;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly error?: MillraceError;
}

/** A user record whose deadline passed while it waited, and what had been tried. */
export interface Expired {
  readonly pending: Pending;
  readonly attempts: number;
  readonly error?: MillraceError | undefined;
}
