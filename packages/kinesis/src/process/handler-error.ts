import { MillraceError } from '../errors.ts';
import type { RawStreamRecord } from './raw-record.ts';

/** The error of a record whose handling failed for good; names the record to the last digit. */
export function handlerError(
  record: RawStreamRecord,
  attempts: number,
  cause: unknown,
  advice = 'Nothing past this record is checkpointed; mend the handler (see the cause) and start the consumer again, or let onFailure put such records aside.',
): MillraceError {
  const { stream, shardId, sequenceNumber, subSequenceNumber, partitionKey } = record;
  const place = `${stream}/${shardId} at ${sequenceNumber}:${subSequenceNumber}`;
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  return new MillraceError(
    'HANDLER_FAILED',
    `The handler failed ${times} on ${place}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    {
      advice,
      stream,
      shardId,
      sequenceNumber,
      partitionKey,
      attempts,
      cause,
    },
  );
}
