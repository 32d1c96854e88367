/** The error shapes of the service model, and those its front door answers before any operation runs. */
export type ServiceErrorType =
  | 'AccessDeniedException'
  | 'DryRunOperationException'
  | 'ExpiredIteratorException'
  | 'ExpiredNextTokenException'
  | 'IncompleteSignatureException'
  | 'InternalFailure'
  | 'InvalidArgumentException'
  | 'InvalidSignatureException'
  | 'KMSAccessDeniedException'
  | 'KMSDisabledException'
  | 'KMSInvalidStateException'
  | 'KMSNotFoundException'
  | 'KMSOptInRequired'
  | 'KMSThrottlingException'
  | 'LimitExceededException'
  | 'MissingAuthenticationTokenException'
  | 'ProvisionedThroughputExceededException'
  | 'RequestEntityTooLargeException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'ServiceUnavailableException'
  | 'UnknownOperationException'
  | 'UnrecognizedClientException'
  | 'ValidationException';

/** What the service answers instead of a result; the wire turns it into `__type` and `message`. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly type: ServiceErrorType;
  /** The service gives some errors no message at all. */
  readonly text: string | undefined;
  readonly status: number;

  constructor(type: ServiceErrorType, text?: string, status: number = statusOf(type)) {
    super(text ?? type);
    this.type = type;
    this.text = text;
    this.status = status;
  }
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof ServiceError;
}

/** The argument is well formed but cannot be used here. */
export function invalidArgument(text: string): ServiceError {
  return new ServiceError('InvalidArgumentException', text);
}

function statusOf(type: ServiceErrorType): number {
  if (type === 'InternalFailure') return 500;
  if (type === 'ServiceUnavailableException') return 503;
  if (type === 'RequestEntityTooLargeException') return 413;
  return 400;
}
