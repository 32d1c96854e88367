import { MillraceError } from '@millrace/kinesis';
import type { RetryRecord } from '@millrace/local/event-source';
import { memberOf } from '@millrace/kinesis/runtime';

/** The tumbling window of an event; undefined outside of one. */
export interface EventWindow {
  /** Milliseconds since the epoch. */
  readonly end: number;
  readonly final: boolean;
}

/** Throws `RECORD_INVALID` for a window whose end is no time. */
export function windowOf(event: unknown): EventWindow | undefined {
  const window = memberOf(event, 'window');
  if (window === undefined) return undefined;
  const text = memberOf(window, 'end');
  const end = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(end)) throw notKinesis('window.end', 'a time in ISO 8601');
  return { end, final: memberOf(event, 'isFinalInvokeForWindow') === true };
}

/** The records of an event, as far as retries need them. Throws `RECORD_INVALID` for what is no event of Kinesis. */
export function retryRecordsOf(event: unknown): readonly RetryRecord[] {
  const records = memberOf(event, 'Records');
  // The last invocation of a window has none.
  const least = windowOf(event)?.final === true ? 0 : 1;
  if (!Array.isArray(records) || records.length < least) {
    throw notKinesis('Records', 'records, at least one');
  }
  return records.map((record: unknown, index) => {
    const kinesis = memberOf(record, 'kinesis');
    const sequenceNumber = memberOf(kinesis, 'sequenceNumber');
    const arrival = memberOf(kinesis, 'approximateArrivalTimestamp');
    const place = `Records[${index}].kinesis`;
    if (typeof sequenceNumber !== 'string') throw notKinesis(`${place}.sequenceNumber`, 'a decimal string');
    if (typeof arrival !== 'number')
      throw notKinesis(`${place}.approximateArrivalTimestamp`, 'seconds since 1970');
    return { sequenceNumber, arrivedAt: arrival * 1000 };
  });
}

function notKinesis(path: string, allowed: string): MillraceError {
  return new MillraceError('RECORD_INVALID', `The event's ${path} is not what Kinesis sends.`, {
    advice: `Give ${allowed}; millrace lambda event makes events.`,
    path,
    allowed,
  });
}
