import { isObject } from '@millrace/kinesis/runtime';

import { isServiceError } from '../../engine/service-error.ts';
import { isLambdaError, LambdaError, type LambdaErrorType } from '../../event-source/lambda-error.ts';
import type { WireRequest, WireResponse } from '../../wire/message.ts';

/** A request of Lambda's REST protocol, taken apart. */
export interface LambdaRequest {
  readonly method: string;
  /** The path behind the API's date, in its parts, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: WireRequest['headers'];
  /** Text of the body. */
  readonly body: string;
}

/** Throws `LambdaError` for a path that is none. */
export function readRequest({ method, path, headers, body }: WireRequest): LambdaRequest {
  const [route = '', query = ''] = path.split('?');
  try {
    return {
      method,
      path: route
        .split('/')
        .slice(2)
        .filter((part) => part !== '')
        .map(decodeURIComponent),
      query: new URLSearchParams(query),
      headers,
      body: typeof body === 'string' ? body : new TextDecoder().decode(body),
    };
  } catch {
    throw new LambdaError('UnknownOperationException', `There is nothing at ${route}.`);
  }
}

/** The body as a JSON object; an empty one is {}. Throws `SerializationException`. */
export function jsonBody({ body }: LambdaRequest): object {
  if (body === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value)) return value;
  } catch {
    // It is none.
  }
  throw new LambdaError('SerializationException', 'The request body is not a JSON object.');
}

export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): WireResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** An error as Lambda answers it. What it would not say is in a header of ours. */
export function errorAnswer(error: unknown): WireResponse {
  const known = toLambdaError(error);
  const { type, status, message, reason } = known;
  const service = type === 'ServiceException' || type === 'UnknownOperationException';
  const member = upperMessage.has(type) ? { Message: message } : { message };
  return json(
    status,
    { Type: service ? 'Service' : 'User', ...member },
    {
      'x-amzn-errortype': type,
      ...(reason === undefined ? {} : { 'x-millrace-reason': reason.replaceAll(/[^\x20-\x7e]/g, '?') }),
    },
  );
}

/** Those whose shape in the model spells it with a capital. */
const upperMessage: ReadonlySet<LambdaErrorType> = new Set<LambdaErrorType>([
  'AccessDeniedException',
  'ResourceInUseException',
  'ResourceNotFoundException',
  'ServiceException',
]);

function toLambdaError(error: unknown): LambdaError {
  if (isLambdaError(error)) return error;
  if (isServiceError(error) && error.type === 'AccessDeniedException') {
    return new LambdaError('AccessDeniedException', error.message);
  }
  // Of the signature.
  if (isServiceError(error)) return new LambdaError('ValidationException', error.message);
  return new LambdaError('ServiceException', 'The embedded Lambda failed; this is a defect of it.');
}
