import type { StreamRecord } from '../record/record.ts';

/** A record whose value has not been decoded yet. */
export type RawStreamRecord = Omit<StreamRecord<unknown>, 'value'>;
