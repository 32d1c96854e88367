import { cbor, tag, tagSymbol } from '@smithy/core/cbor';
import { isObject } from '@millrace/kinesis/runtime';

import { isServiceError, ServiceError } from '../engine/service-error.ts';
import { isPlausibleCbor } from './cbor-guard.ts';
import { timestampMember } from './json.ts';

/**
 * The body of a request, its times as seconds since the epoch like those of JSON. Bytes in it do not share memory
 * with `body`. Throws `SerializationException` when it is not a CBOR map.
 */
export function decodeCbor(body: Uint8Array): unknown {
  // Copied as a whole: records are kept, and a socket's chunk may be much larger than the request in it.
  const value = parse(new Uint8Array(body));
  if (isObject(value) && !(value instanceof Uint8Array)) return value;
  throw new ServiceError(
    'SerializationException',
    Array.isArray(value) ? 'Start of list found where not expected' : undefined,
  );
}

/** An answer: times are tag 1 with integer milliseconds, data is a byte string. No output is an empty body. */
export function encodeCbor(output: object | undefined): Uint8Array {
  return output === undefined ? new Uint8Array(0) : cbor.serialize(replace('', output));
}

/** The body of an error, and its HTTP status. Anything that is not the service's own is an `InternalFailure`. */
export function encodeCborError(error: unknown): { readonly status: number; readonly body: Uint8Array } {
  const known = isServiceError(error)
    ? error
    : new ServiceError('InternalFailure', 'The embedded Kinesis failed; this is a defect of it.');
  const { type, text, status } = known;
  return {
    status,
    body: cbor.serialize(text === undefined ? { __type: type } : { __type: type, message: text }),
  };
}

function parse(body: Uint8Array): unknown {
  if (!isPlausibleCbor(body)) throw new ServiceError('SerializationException');
  try {
    return revive(cbor.deserialize(body));
  } catch {
    throw new ServiceError('SerializationException');
  }
}

/** Tag 1, an instant in milliseconds, becomes seconds; other tags stay and fail the type check. */
function revive(value: unknown): unknown {
  // JSON has no such numbers, and nothing behind expects them.
  if (typeof value === 'number' && !Number.isFinite(value)) throw new ServiceError('SerializationException');
  // Not by instanceof: a map may say `__proto__` and then passes for anything. The copies made here do not.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(revive);
  if (!isObject(value)) return value;
  if (tagSymbol in value) {
    const { tag: number, value: milliseconds } = value;
    return number === 1 && typeof milliseconds === 'number' ? milliseconds / 1000 : value;
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revive(member)]));
}

function replace(member: string, value: unknown): unknown {
  if (typeof value === 'number') {
    return timestampMember.test(member) ? tag({ tag: 1, value: Math.round(value) }) : value;
  }
  if (member === 'Data' && typeof value === 'string') return Buffer.from(value, 'base64');
  if (Array.isArray(value)) return value.map((item) => replace('', item));
  if (!isObject(value) || value instanceof Uint8Array) return value;
  const members: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner !== undefined) members[name] = replace(name, inner);
  }
  return members;
}
