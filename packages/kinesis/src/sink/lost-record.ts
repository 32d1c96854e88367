import type { MillraceError } from '../errors.ts';
import type { OutgoingRecord } from '../record/record.ts';
import type { SequenceNumber } from '../record/sequence-number.ts';

/** A record that could not be delivered, and why. */
export interface LostRecord {
  readonly stream: string;
  readonly record: OutgoingRecord;
  readonly error: MillraceError;
  /** Where it stands in the stream; absent for a record that was never stored. */
  readonly position?: LostPosition;
}

/** The place of a record that could not be handled, and how often that was tried. */
export interface LostPosition {
  readonly shardId: string;
  readonly sequenceNumber: SequenceNumber;
  readonly subSequenceNumber: number;
  readonly arrivedAt: Date;
  /** 0 for a record that was put aside untried, behind one of its key. */
  readonly attempts: number;
  /** The first record of its key that failed, with the policy that parks keys: this one came behind it. */
  readonly parkedBehind?: Pick<LostPosition, 'sequenceNumber' | 'subSequenceNumber'>;
}

/** Keeps a lost record somewhere it can be put from again; resolves when it is safe there. */
export type LostRecordSink = (lost: LostRecord) => Promise<void>;
