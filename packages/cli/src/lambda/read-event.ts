import { MillraceError } from '@millrace/kinesis';
import type { RetryRecord } from '@millrace/local/event-source';

/** The records of an event, as far as retries need them. Throws `RECORD_INVALID` for what is no event of Kinesis. */
export function retryRecordsOf(event: unknown): readonly RetryRecord[] {
  const records = member(event, 'Records');
  if (!Array.isArray(records) || records.length === 0) throw notKinesis('Records', 'records, at least one');
  return records.map((record: unknown, index) => {
    const kinesis = member(record, 'kinesis');
    const sequenceNumber = member(kinesis, 'sequenceNumber');
    const arrival = member(kinesis, 'approximateArrivalTimestamp');
    const place = `Records[${index}].kinesis`;
    if (typeof sequenceNumber !== 'string') throw notKinesis(`${place}.sequenceNumber`, 'a decimal string');
    if (typeof arrival !== 'number')
      throw notKinesis(`${place}.approximateArrivalTimestamp`, 'seconds since 1970');
    return { sequenceNumber, arrivedAt: arrival * 1000 };
  });
}

/** A member of what may be anything. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function notKinesis(path: string, allowed: string): MillraceError {
  return new MillraceError('RECORD_INVALID', `The event's ${path} is not what Kinesis sends.`, {
    advice: `Give ${allowed}; millrace lambda event makes events.`,
    path,
    allowed,
  });
}
