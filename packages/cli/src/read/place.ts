import { compareSequenceNumbers, type SequenceNumber } from '@millrace/kinesis/record';

/** A record's place in its shard. */
export interface Place {
  readonly sequenceNumber: SequenceNumber;
  readonly subSequenceNumber: number;
}

/** Whether `record` stands behind `place`. */
export function isAfterPlace(record: Place, place: Place): boolean {
  const order = compareSequenceNumbers(record.sequenceNumber, place.sequenceNumber);
  return order === 0 ? record.subSequenceNumber > place.subSequenceNumber : order > 0;
}
