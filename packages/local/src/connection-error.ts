import { isMillraceError, MillraceError, type ErrorCode } from '@millrace/kinesis/errors';

import { isDroppedConnection } from './api/dropped-connection.ts';
import { isServiceError, type ServiceError, type ServiceErrorType } from './engine/service-error.ts';

export interface CallContext {
  readonly operation: string;
  readonly stream: string;
  readonly shardId?: string;
}

/** What the engine threw, as the ports promise it. Anything else is passed through. */
export function toMillraceError(error: unknown, context: CallContext): unknown {
  if (isDroppedConnection(error)) {
    return new MillraceError(
      'ENDPOINT_UNREACHABLE',
      `${context.operation} on stream ${JSON.stringify(context.stream)} failed: ${error.message}`,
      {
        advice:
          'A fault is set: it may or may not have taken effect. Call again as after any lost connection.',
        retryable: true,
        cause: error,
        stream: context.stream,
      },
    );
  }
  if (isMillraceError(error) || !isServiceError(error)) return error;
  const { code, advice, retryable = false } = judge(error, context.operation);
  return new MillraceError(
    code,
    `${context.operation} on stream ${JSON.stringify(context.stream)} failed: ${error.type}: ${error.message}`,
    {
      advice,
      retryable,
      cause: error,
      stream: context.stream,
      service: error.type,
      ...(context.shardId === undefined ? {} : { shardId: context.shardId }),
    },
  );
}

interface Verdict {
  readonly code: ErrorCode;
  readonly advice: string;
  readonly retryable?: boolean;
}

function judge(error: ServiceError, operation: string): Verdict {
  const known = verdicts.get(error.type);
  if (known !== undefined) return known;
  if (error.status >= 500) {
    return { code: 'SERVICE_FAILED', retryable: true, advice: 'Call again after a back-off.' };
  }
  return operation === 'PutRecords'
    ? { code: 'PUT_REJECTED', advice: 'Correct the record: the same one will be refused again.' }
    : { code: 'SERVICE_FAILED', advice: 'The same call will fail again: correct what the message names.' };
}

const throttled: Verdict = {
  code: 'THROTTLED',
  retryable: true,
  advice: 'Call again after a back-off, or add shards.',
};

const verdicts: ReadonlyMap<ServiceErrorType, Verdict> = new Map<ServiceErrorType, Verdict>([
  [
    'ResourceNotFoundException',
    { code: 'STREAM_NOT_FOUND', advice: 'Create the stream or correct its name.' },
  ],
  [
    'ExpiredIteratorException',
    { code: 'ITERATOR_EXPIRED', advice: 'Open a new iterator after the last record you received.' },
  ],
  ['ProvisionedThroughputExceededException', throttled],
  ['LimitExceededException', throttled],
  [
    'ResourceInUseException',
    { code: 'SERVICE_FAILED', retryable: true, advice: 'Call again once the stream is ACTIVE.' },
  ],
  ['AccessDeniedException', { code: 'ACCESS_DENIED', advice: 'A fault hook refused this call.' }],
]);
