import { isMillraceError, MillraceError } from '../errors.ts';
import type { WriteOutcome } from './record-writer.ts';

type Failure = Extract<WriteOutcome, { readonly ok: false }>;

/** Names of entry failures that no retry can mend. */
const permanent = /^(?:AccessDenied|Validation|InvalidArgument|KMS(?!Throttling)|ResourceNotFound)/;

/** What one failed entry of an answered PutRecords call comes to; `retryable` says whether to try again. */
export function judgeEntry(stream: string, failure: Failure): MillraceError {
  const throttled = /Throttl|ThroughputExceeded|LimitExceeded/.test(failure.code);
  const retry = throttled || !permanent.test(failure.code);
  return new MillraceError(
    throttled ? 'THROTTLED' : retry ? 'SERVICE_FAILED' : 'PUT_REJECTED',
    `Kinesis refused a record of ${stream}: ${failure.code}: ${failure.message}`,
    {
      advice: throttled
        ? 'Add shards, spread the partition keys, or put less.'
        : retry
          ? 'It is the service that failed; the same record may be taken later.'
          : 'Mend the cause the service names; retrying cannot help.',
      retryable: retry,
      stream,
      service: failure.code,
    },
  );
}

/** What a PutRecords call that failed as a whole comes to; `retryable` says whether to try again. */
export function judgeCall(stream: string, cause: unknown): MillraceError {
  if (isMillraceError(cause)) return cause;
  return new MillraceError('SERVICE_FAILED', `Putting records to ${stream} failed: ${String(cause)}`, {
    advice: 'See the cause; a record writer should throw MillraceErrors.',
    retryable: true,
    stream,
    cause,
  });
}

/** The error of a record whose deadline passed before the service took it. */
export function deadlineError(
  stream: string,
  partitionKey: string,
  attempts: number,
  cause?: MillraceError,
): MillraceError {
  const why = cause === undefined ? 'it was never sent' : `the last attempt failed with ${cause.code}`;
  return new MillraceError(
    'PUT_DEADLINE',
    `A record of ${stream} was not stored before its deadline: ${why}.`,
    {
      advice:
        'Put it again later, raise producer.deadline, or write it aside; Kinesis may still hold it if an answer was lost.',
      retryable: true,
      stream,
      partitionKey,
      attempts,
      cause,
    },
  );
}

/** Why an aggregate that went to an unexpected shard is not called stored: the shard's hash keys could not be learnt. */
export function unlistedError(stream: string, shardId: string): MillraceError {
  return new MillraceError(
    'SERVICE_FAILED',
    `Records of ${stream} went to ${shardId}, which ListShards did not tell of in time.`,
    {
      advice:
        'A consumer drops those of them that are another shard’s; allow ListShards, or look why it fails.',
      retryable: true,
      stream,
      shardId,
    },
  );
}
