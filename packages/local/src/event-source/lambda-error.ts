/** The error shapes of the Lambda service model that are answered here. */
export type LambdaErrorType =
  | 'AccessDeniedException'
  | 'InvalidParameterValueException'
  | 'InvalidRequestContentException'
  | 'RequestTooLargeException'
  | 'ResourceConflictException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'ServiceException'
  | 'TooManyRequestsException'
  | 'UnknownOperationException'
  | 'ValidationException';

/** What Lambda answers instead of a result, in its own words. `reason` is ours: more than Lambda would say. */
export class LambdaError extends Error {
  override readonly name = 'LambdaError';
  readonly type: LambdaErrorType;
  readonly status: number;
  readonly reason: string | undefined;

  constructor(type: LambdaErrorType, message: string, reason?: string) {
    super(message);
    this.type = type;
    this.status = statuses[type] ?? 400;
    this.reason = reason;
  }
}

export function isLambdaError(error: unknown): error is LambdaError {
  return error instanceof LambdaError;
}

/** The parameter is well formed but cannot be used. */
export function invalidParameter(message: string, reason?: string): LambdaError {
  return new LambdaError('InvalidParameterValueException', message, reason);
}

const statuses: Readonly<Partial<Record<LambdaErrorType, number>>> = {
  AccessDeniedException: 403,
  RequestTooLargeException: 413,
  ResourceConflictException: 409,
  ResourceNotFoundException: 404,
  ServiceException: 500,
  TooManyRequestsException: 429,
  UnknownOperationException: 404,
};
