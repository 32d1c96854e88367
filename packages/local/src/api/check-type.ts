import { isObject } from '@millrace/kinesis/runtime';

import { ServiceError } from '../engine/service-error.ts';
import type { RequiredMember, Shape } from './shape.ts';

/** Throws `SerializationException`, in the words of the service's deserialiser, when a value is of the wrong kind. */
export function checkType(shape: Shape, value: unknown): void {
  if (value === null || value === undefined) return;
  switch (shape.type) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, 'String');
      return;
    case 'integer':
    case 'long':
      if (typeof value !== 'number') throw mismatch(value, shape.type === 'long' ? 'Long' : 'Integer');
      return;
    case 'boolean':
      if (typeof value === 'boolean') return;
      throw typeof value === 'string'
        ? serialization(`'${value.toUpperCase()}' can not be converted to an Boolean`)
        : mismatch(value, 'Boolean');
    case 'timestamp':
      if (typeof value === 'number') return;
      throw mismatch(value, 'milliseconds since epoch', '');
    case 'blob':
      if (typeof value === 'string') checkBase64(value);
      else if (!(value instanceof Uint8Array)) throw mismatch(value, 'Blob', 'a ');
      return;
    case 'list':
      checkList(shape.item, value);
      return;
    case 'map':
      for (const item of Object.values(container(value, 'Expected map or null')))
        checkType(shape.value, item);
      return;
    case 'structure': {
      const fields = container(value, 'Expected null');
      for (const name of Object.keys(shape.members)) {
        const member = shape.members[name];
        if (member !== undefined) checkType(shapeOf(member), fields[name]);
      }
    }
  }
}

export function shapeOf(member: Shape | RequiredMember): Shape {
  return 'required' in member ? member.required : member;
}

/** Bytes of a payload; base64 text must have been checked. */
export function payloadBytes(payload: string | Uint8Array): number {
  if (typeof payload !== 'string') return payload.byteLength;
  const { length } = payload;
  if (length === 0) return 0;
  return (length / 4) * 3 - (payload.endsWith('==') ? 2 : payload.endsWith('=') ? 1 : 0);
}

/** Whether the text is base64 as the service takes it: padded, no white space, no stray bits at the end. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && base64.test(text) && !hasStrayBits(text);
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

function hasStrayBits(text: string): boolean {
  if (!text.endsWith('=')) return false;
  return text.endsWith('==')
    ? !'AQgw'.includes(text.at(-3) ?? '')
    : !'AEIMQUYcgkosw048'.includes(text.at(-2) ?? '');
}

function checkBase64(text: string): void {
  if (isBase64(text)) return;
  const what = `'${text.length > 1000 ? `${text.slice(0, 1000)}…` : text}' can not be converted to a Blob: `;
  if (text.length % 4 !== 0) {
    throw serialization(
      `${what}Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`,
    );
  }
  const wrong = /[^A-Za-z0-9+/=]|=(?!=?$)/.exec(text)?.[0];
  throw serialization(
    wrong === undefined
      ? `${what}Invalid last non-pad Base64 character dectected`
      : `${what}Invalid Base64 character: '${wrong}'`,
  );
}

function checkList(item: Shape, value: unknown): void {
  if (!Array.isArray(value)) {
    throw serialization(
      isObject(value) ? 'Start of structure or map found where not expected.' : 'Expected list or null',
    );
  }
  for (const element of value) checkType(item, element);
}

function container(value: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw serialization(Array.isArray(value) ? 'Start of list found where not expected' : expected);
}

function mismatch(value: unknown, type: string, article: string = 'an '): ServiceError {
  if (Array.isArray(value)) return serialization('Start of list found where not expected');
  if (typeof value === 'object') return serialization('Start of structure or map found where not expected.');
  return serialization(`class ${javaClass(value)} can not be converted to ${article}${type}`);
}

function javaClass(value: unknown): string {
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  if (typeof value === 'string') return 'java.lang.String';
  return 'com.amazon.coral.value.json.numbers.TruncatingBigNumber';
}

function serialization(text: string): ServiceError {
  return new ServiceError('SerializationException', text);
}
