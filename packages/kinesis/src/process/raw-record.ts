import type { StreamRecord } from '../record/record.ts';

/** A record whose value has not been decoded yet. */
export type RawStreamRecord = Omit<StreamRecord<unknown>, 'value'>;

/** One that has room for its value: to make another of each record would cost more than all else that is done for it. */
export interface Draft extends RawStreamRecord {
  value: unknown;
}

/** Gives a record its value. */
export function fill<T>(record: Draft, value: T): asserts record is Draft & StreamRecord<T> {
  record.value = value;
}
