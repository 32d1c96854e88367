import { MillraceError } from '../errors.ts';
import type { RawStreamRecord } from './raw-record.ts';

/** The error of a record whose handling failed for good; names the record to the last digit. */
export function handlerError(record: RawStreamRecord, attempts: number, cause: unknown): MillraceError {
  const { stream, shardId, sequenceNumber, subSequenceNumber, partitionKey } = record;
  const place = `${stream}/${shardId} at ${sequenceNumber}:${subSequenceNumber}`;
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  return new MillraceError(
    'HANDLER_FAILED',
    `The handler failed ${times} on ${place}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    {
      advice:
        'Mend the handler or the value (see the cause). A consumer that stopped here has checkpointed nothing past this record: start it again; a record that was put aside can be put again from there.',
      stream,
      shardId,
      sequenceNumber,
      partitionKey,
      attempts,
      cause,
    },
  );
}
