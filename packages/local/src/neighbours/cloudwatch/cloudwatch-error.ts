export type CloudwatchErrorType =
  | 'InternalServiceFault'
  | 'InvalidFormatFault'
  | 'InvalidNextToken'
  | 'InvalidParameterCombinationException'
  | 'InvalidParameterValueException'
  | 'LimitExceededFault'
  | 'MissingRequiredParameterException'
  | 'ResourceNotFound'
  | 'UnknownOperationException'
  | 'AccessDeniedException'
  | 'IncompleteSignatureException'
  | 'InvalidSignatureException'
  | 'MissingAuthenticationTokenException'
  | 'UnrecognizedClientException';

/** What CloudWatch answers instead of a result. */
export class CloudwatchError extends Error {
  override readonly name = 'CloudwatchError';
  readonly type: CloudwatchErrorType;

  constructor(type: CloudwatchErrorType, message: string) {
    super(message);
    this.type = type;
  }

  /** As the query protocol names it. */
  get code(): string {
    return codes[this.type] ?? this.type.replace(/Exception$|Fault$/, '');
  }

  /** Answered before any operation runs, to a client that is not let in. */
  get isRefusal(): boolean {
    return ofFrontDoor.has(this.type);
  }

  get status(): number {
    if (this.type === 'InternalServiceFault') return 500;
    return this.type === 'ResourceNotFound' ? 404 : 400;
  }
}

export function invalidValue(message: string): CloudwatchError {
  return new CloudwatchError('InvalidParameterValueException', message);
}

const codes: Readonly<Partial<Record<CloudwatchErrorType, string>>> = {
  MissingRequiredParameterException: 'MissingParameter',
  InternalServiceFault: 'InternalServiceError',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
};

const ofFrontDoor: ReadonlySet<CloudwatchErrorType> = new Set([
  'AccessDeniedException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);
