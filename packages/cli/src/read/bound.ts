import { compareSequenceNumbers, type Position, type StoredRecord } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';
import type { ShardBatch } from '@millrace/kinesis/source';

/** Where reading a shard ends. */
export interface Bound {
  /** What of a batch lies before the end, and whether all that follows lies behind it. */
  cut(batch: ShardBatch): { readonly kept: readonly StoredRecord[]; readonly passed: boolean };
}

/** The end at `until`, not included; without one there is none. */
export function createBound(until: Position | undefined, clock: Pick<Clock, 'now'>): Bound {
  if (until === undefined || until.type === 'now' || until.type === 'oldest') {
    return { cut: ({ records }) => ({ kept: records, passed: false }) };
  }
  if (until.type === 'time') {
    const { at } = until;
    return {
      cut({ records, millisBehindLatest }) {
        const kept = records.filter(({ arrivedAt }) => arrivedAt < at);
        // Whatever comes behind this answer arrives later than what the answer reached.
        return { kept, passed: kept.length < records.length || clock.now() - millisBehindLatest >= at };
      },
    };
  }
  const { type, sequenceNumber } = until;
  const isBefore = (record: StoredRecord): boolean => {
    const order = compareSequenceNumbers(record.sequenceNumber, sequenceNumber);
    return type === 'after' ? order <= 0 : order < 0;
  };
  return {
    cut({ records }) {
      const kept = records.filter(isBefore);
      const last = records.at(-1)?.sequenceNumber;
      const passed = last !== undefined && compareSequenceNumbers(last, sequenceNumber) >= 0;
      return { kept, passed };
    },
  };
}
