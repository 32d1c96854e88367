import { MillraceError } from '@millrace/kinesis';
import type { RetryRecord } from '@millrace/local/event-source';
import { memberOf } from '@millrace/kinesis/runtime';

/** The records of an event, as far as retries need them. Throws `RECORD_INVALID` for what is no event of Kinesis. */
export function retryRecordsOf(event: unknown): readonly RetryRecord[] {
  const records = memberOf(event, 'Records');
  if (!Array.isArray(records) || records.length === 0) throw notKinesis('Records', 'records, at least one');
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
