/** What DynamoDB answers instead of a result; dynalite's own errors have the same two members. */
export class DynamodbError extends Error {
  override readonly name = 'DynamodbError';
  readonly statusCode: number;
  readonly body: ErrorBody;

  constructor(type: DynamodbErrorType, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.statusCode = type === 'InternalServerError' ? 500 : 400;
    this.body = { __type: `${shapes[type] ?? ownShapes}#${type}`, message, ...members };
  }
}

export interface ErrorBody {
  readonly __type: string;
  readonly message?: string;
  readonly [member: string]: unknown;
}

export type DynamodbErrorType =
  | 'ConditionalCheckFailedException'
  | 'IdempotentParameterMismatchException'
  | 'InternalServerError'
  | 'LimitExceededException'
  | 'MissingAuthenticationTokenException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'TransactionCanceledException'
  | 'UnknownOperationException'
  | 'ValidationException';

export function invalid(message: string): DynamodbError {
  return new DynamodbError('ValidationException', message);
}

/** An error to be answered as it stands, of ours or of dynalite. */
export function isAnswerable(error: unknown): error is Error & Pick<DynamodbError, 'statusCode' | 'body'> {
  return (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    'body' in error &&
    typeof error.body === 'object' &&
    error.body !== null &&
    '__type' in error.body
  );
}

export function isOfType(error: unknown, type: string): error is Error & Pick<DynamodbError, 'body'> {
  return isAnswerable(error) && error.body['__type'].endsWith(`#${type}`);
}

const ownShapes = 'com.amazonaws.dynamodb.v20120810';
const shapes: Readonly<Partial<Record<DynamodbErrorType, string>>> = {
  MissingAuthenticationTokenException: 'com.amazon.coral.service',
  SerializationException: 'com.amazon.coral.service',
  UnknownOperationException: 'com.amazon.coral.service',
  ValidationException: 'com.amazon.coral.validate',
};
