/** Every error Millrace throws carries one of these; they are stable, the messages are not. */
export type ErrorCode =
  | 'ABORTED'
  | 'ACCESS_DENIED'
  | 'CLOSED'
  | 'CREDENTIALS_INVALID'
  | 'DATA_DAMAGED'
  | 'DATA_MISSING'
  | 'ENDPOINT_UNREACHABLE'
  | 'FOLDER_LOCKED'
  | 'HANDLER_FAILED'
  | 'ITERATOR_EXPIRED'
  | 'LEASE_LOST'
  | 'NOT_EMULATED'
  | 'OPTION_INVALID'
  | 'PEER_MISSING'
  | 'PORT_TAKEN'
  | 'PUT_DEADLINE'
  | 'PUT_REJECTED'
  | 'RECORD_INVALID'
  | 'SERVICE_FAILED'
  | 'STREAM_NOT_FOUND'
  | 'THROTTLED'
  | 'TIMED_OUT'
  | 'VALUE_INVALID';

/** Where it happened and what was seen; every field is optional because errors come from every room. */
export interface ErrorDetails {
  readonly stream?: string;
  readonly shardId?: string;
  readonly sequenceNumber?: string;
  readonly partitionKey?: string;
  /** The option or field at fault, for example `producer.linger`. */
  readonly path?: string;
  readonly got?: unknown;
  readonly allowed?: string;
  readonly attempts?: number;
  /** The service's own error name, for example `ProvisionedThroughputExceededException`. */
  readonly service?: string;
  readonly requestId?: string;
}

interface ErrorInit extends ErrorDetails {
  /** What the reader should do next. */
  readonly advice: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

const brand = Symbol.for('millrace.error');

/**
 * The one error class. Recognise it with {@link isMillraceError}, never with `instanceof`: two copies of the
 * package may live in one program.
 *
 * @example
 * ```ts
 * try { await producer.put(order); }
 * catch (error) { if (isMillraceError(error, 'PUT_DEADLINE')) await queue.send(order); else throw error; }
 * ```
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  readonly advice: string;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, init: ErrorInit) {
    const { advice, retryable = false, cause, ...details } = init;
    super(`${oneStop(message)} ${advice}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    this.advice = advice;
    this.details = details;
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Whether `error` came from Millrace and, when `code` is given, carries that code.
 *
 * @example
 * ```ts
 * if (isMillraceError(error, 'LEASE_LOST')) return; // another worker goes on from our last checkpoint
 * ```
 */
export function isMillraceError<C extends ErrorCode>(
  error: unknown,
  code?: C,
): error is MillraceError & { readonly code: C } {
  return isBranded(error) && (code === undefined || error.code === code);
}

/** Messages quote others', which may bring a full stop of their own; an ellipsis is left. */
function oneStop(message: string): string {
  return message.replace(/(?<=[^.][.!?])\.$/, '');
}

function isBranded(error: unknown): error is MillraceError {
  return typeof error === 'object' && error !== null && brand in error;
}
