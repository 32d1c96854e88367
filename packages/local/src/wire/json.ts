import { isServiceError, ServiceError } from '../engine/service-error.ts';

export const jsonContentType = 'application/x-amz-json-1.1';

/** The body of a request. Throws `SerializationException` when it is not a JSON object. */
export function decodeJson(body: string | Uint8Array): unknown {
  const value = parse(typeof body === 'string' ? body : decoder.decode(body));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new ServiceError(
    'SerializationException',
    Array.isArray(value) ? 'Start of list found where not expected' : undefined,
  );
}

/** An answer: timestamps become seconds, bytes become base64. No output is an empty body, as the service sends. */
export function encodeJson(output: object | undefined): string {
  return output === undefined ? '' : JSON.stringify(output, replace);
}

/** The body of an error, and its HTTP status. Anything that is not the service's own is an `InternalFailure`. */
export function encodeJsonError(error: unknown): { readonly status: number; readonly body: string } {
  const known = isServiceError(error)
    ? error
    : new ServiceError('InternalFailure', 'The embedded Kinesis failed; this is a defect of it.');
  return {
    status: known.status,
    body: JSON.stringify({
      __type: known.type,
      ...(known.text === undefined ? {} : { message: known.text }),
    }),
  };
}

/** Seconds since the epoch with milliseconds as decimals. */
export function encodeTimestamp(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const rest = Math.floor(milliseconds - seconds * 1000);
  return rest === 0 ? String(seconds) : `${seconds}.${String(rest).padStart(3, '0')}`;
}

/** Data as base64, whichever way it was put. */
export function encodePayload(payload: string | Uint8Array): string {
  if (typeof payload === 'string') return payload;
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('base64');
}

const decoder = new TextDecoder();
/** The members of answers that are times, in every format. */
export const timestampMember: RegExp = /Timestamp$|^(?:StartedAt|EndedAt|EarliestAllowedEndAt)$/;

function replace(member: string, value: unknown): unknown {
  if (typeof value === 'number' && timestampMember.test(member)) return value / 1000;
  return value instanceof Uint8Array ? encodePayload(value) : value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('SerializationException');
  }
}
