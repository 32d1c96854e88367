import { isMillraceError, MillraceError, type ErrorCode } from '../errors.ts';
import { memberOf } from '../runtime/unknown-value.ts';

/** What was being done when the SDK threw; the more is known, the better the message. */
export interface AwsErrorContext {
  /** The API operation, for example `PutRecords`. */
  readonly operation: string;
  readonly stream?: string;
  readonly shardId?: string;
  readonly table?: string;
  /** A queue or bucket, and its name. */
  readonly destination?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/**
 * Whatever an AWS SDK v3 client threw, as a `MillraceError`. Goes by the error's `name`, `code` and HTTP status and
 * never by `instanceof`: the program may hold several copies of the SDK. A `MillraceError` is passed through.
 *
 * @example
 * ```ts
 * try { return await client.send(new ListShardsCommand({ StreamName: stream })); }
 * catch (error) { throw toMillraceError(error, { operation: 'ListShards', stream }); }
 * ```
 */
export function toMillraceError(error: unknown, context: AwsErrorContext): MillraceError {
  if (isMillraceError(error)) return error;
  const seen = readError(error);
  const verdict = judge(seen, context);
  const reason = [seen.name, seen.message].filter((part) => part !== '').join(': ');
  return new MillraceError(
    verdict.code,
    `${context.operation}${subject(context)} failed: ${reason || 'unknown'}.`,
    {
      advice: verdict.advice,
      retryable: verdict.retryable ?? false,
      cause: error,
      ...(context.stream === undefined ? {} : { stream: context.stream }),
      ...(context.shardId === undefined ? {} : { shardId: context.shardId }),
      ...(seen.name === '' ? {} : { service: seen.name }),
      ...(seen.requestId === undefined ? {} : { requestId: seen.requestId }),
    },
  );
}

interface Verdict {
  readonly code: ErrorCode;
  readonly advice: string;
  readonly retryable?: boolean;
}

const tooManyConsumers =
  'Call again when fewer are being registered; if the stream has as many as it may, deregister one that nobody uses, or read by polling.';

function judge(seen: SeenError, context: AwsErrorContext): Verdict {
  if (seen.name === 'AbortError') {
    return { code: 'ABORTED', advice: 'Nothing is wrong unless you did not mean to abort.' };
  }
  if (seen.name === 'ResourceNotFoundException' || seen.name === 'ResourceNotFound') return missing(context);
  if (seen.name === 'ExpiredIteratorException') {
    return { code: 'ITERATOR_EXPIRED', advice: 'Open a new iterator after the last record you received.' };
  }
  if (isThrottle(seen)) {
    return {
      code: 'THROTTLED',
      retryable: true,
      advice:
        context.operation === 'RegisterStreamConsumer'
          ? tooManyConsumers
          : 'Call again after a back-off; if it goes on, add shards or capacity, or call less often.',
    };
  }
  if (credentialErrors.has(seen.name)) {
    return {
      code: 'CREDENTIALS_INVALID',
      // Credentials that have run out are renewed by whoever gave them, and a clock that is off is corrected.
      retryable: /^(?:ExpiredToken|RequestExpired)/.test(seen.name),
      advice: seen.name.endsWith('ProviderError')
        ? `Give credentials: in the environment, in a profile, or by the role of this machine; ${where(context)}.`
        : `Check the credentials (environment, profile or role) and the clock of this machine; ${where(context)}.`,
    };
  }
  if (seen.name.startsWith('AccessDenied') || seen.name === 'KMSAccessDeniedException') {
    return {
      code: 'ACCESS_DENIED',
      advice: `Allow the ${context.operation} action${subject(context)} to this identity; ${where(context)}.`,
    };
  }
  if (isUnreachable(seen)) {
    return {
      code: 'ENDPOINT_UNREACHABLE',
      retryable: true,
      advice: `Check the network and that something listens${seen.peer === '' ? '' : ` at ${seen.peer}`}; ${where(context)}.`,
    };
  }
  if (seen.fault === 'server' || (seen.status ?? 0) >= 500 || serverErrors.has(seen.name)) {
    return {
      code: 'SERVICE_FAILED',
      retryable: true,
      advice: 'Call again after a back-off; the service failed, not the request.',
    };
  }
  if (seen.name === 'SyntaxError') {
    return {
      code: 'SERVICE_FAILED',
      retryable: true,
      advice: 'Call again after a back-off; the answer was cut off or garbled on its way.',
    };
  }
  if (seen.name === 'ResourceInUseException') {
    return {
      code: 'SERVICE_FAILED',
      retryable: true,
      advice: 'Call again once the resource is ACTIVE: it is being created, changed or deleted.',
    };
  }
  if (/^(?:Validation|InvalidArgument)/.test(seen.name) && context.operation.startsWith('PutRecord')) {
    return { code: 'PUT_REJECTED', advice: 'Correct the record: the same one will be refused again.' };
  }
  return {
    code: 'SERVICE_FAILED',
    advice: `The same call will fail again: correct what the message names; ${where(context)}.`,
  };
}

function missing(context: AwsErrorContext): Verdict {
  if (context.table !== undefined) {
    return {
      code: 'SERVICE_FAILED',
      advice: `Create the table (LeaseStore.prepare does it) or correct its name; ${where(context)}.`,
    };
  }
  return { code: 'STREAM_NOT_FOUND', advice: `Create the stream or correct its name; ${where(context)}.` };
}

/** Where the caller should look: most "not found" and "denied" are the right request at the wrong door. */
function where({ region, endpoint }: AwsErrorContext): string {
  const asked = [
    ...(region === undefined ? [] : [`region ${region}`]),
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
  ];
  return asked.length === 0
    ? 'check that region and endpoint are the ones you mean'
    : `it was asked in ${asked.join(' at ')}`;
}

function subject({ stream, shardId, table, destination }: AwsErrorContext): string {
  const parts = [
    ...(stream === undefined ? [] : [`stream ${JSON.stringify(stream)}`]),
    ...(shardId === undefined ? [] : [`shard ${shardId}`]),
    ...(table === undefined ? [] : [`table ${JSON.stringify(table)}`]),
    ...(destination === undefined ? [] : [destination]),
  ];
  return parts.length === 0 ? '' : ` on ${parts.join(', ')}`;
}

const throttles: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'KMSThrottlingException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

const credentialErrors: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
]);

const serverErrors: ReadonlySet<string> = new Set([
  'InternalFailure',
  'InternalFailureException',
  'InternalServerError',
  'InternalServiceError',
  'ServiceUnavailable',
  'ServiceUnavailableException',
]);

const socketErrors: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  // An answer that broke off in its middle.
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]);

function isThrottle(seen: SeenError): boolean {
  return seen.throttling || seen.status === 429 || throttles.has(seen.name);
}

function isUnreachable(seen: SeenError): boolean {
  if (seen.name === 'TimeoutError' || seen.name === 'NetworkingError') return true;
  if (socketErrors.has(seen.code) || seen.code.startsWith('ERR_HTTP2')) return true;
  // The SDK's HTTP/2 handler raises these as plain errors, without a name or a code of their own.
  return seen.status === undefined && /\bhttp\/?2\b|socket hang up/i.test(seen.message);
}

interface SeenError {
  readonly name: string;
  readonly message: string;
  /** Node's own, for example `ECONNREFUSED`. */
  readonly code: string;
  readonly fault: string;
  readonly throttling: boolean;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Host and port of a socket that failed; empty when unknown. */
  readonly peer: string;
}

function readError(thrown: unknown): SeenError {
  const metadata = memberOf(thrown, '$metadata');
  // Node's word for a call whose connection came to nothing; what became of the connection is the reason.
  const cancelled = text(thrown, 'code') === 'ERR_HTTP2_STREAM_CANCEL';
  const error = cancelled ? (memberOf(thrown, 'cause') ?? thrown) : thrown;
  const status = memberOf(metadata, 'httpStatusCode');
  const requestId = memberOf(metadata, 'requestId');
  // A name resolved to several addresses fails as an AggregateError with one error for each.
  const attempts = memberOf(error, 'errors');
  const socket: unknown = Array.isArray(attempts) && attempts.length > 0 ? attempts[0] : error;
  const host = text(socket, 'address') || text(socket, 'hostname');
  const port = memberOf(socket, 'port');
  return {
    // A plain Error's name says nothing.
    name: text(error, 'name') === 'Error' ? '' : text(error, 'name'),
    message: (text(error, 'message') || text(socket, 'message')).replace(/\.$/, ''),
    code: text(error, 'code') || text(socket, 'code'),
    fault: text(error, '$fault'),
    throttling: memberOf(memberOf(error, '$retryable'), 'throttling') === true,
    status: typeof status === 'number' ? status : undefined,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    peer: host === '' || typeof port !== 'number' ? host : `${host}:${port}`,
  };
}

function text(value: unknown, name: string): string {
  const found = memberOf(value, name);
  return typeof found === 'string' ? found : '';
}
