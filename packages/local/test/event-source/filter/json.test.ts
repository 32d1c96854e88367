import fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  parseJson,
  type Json,
} from '../../../src/event-source/filter/json.ts';

/** As JSON.parse has it. */
function plain(value: Json): unknown {
  if (value instanceof JsonNumber) return value.value;
  if (isJsonArray(value)) return value.map(plain);
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  return value;
}

function reference(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const parsed = parseJson(text);
      expect(parsed === undefined ? undefined : plain(parsed)).toEqual(reference(text));
    }),
  );
});

test('refuses what JSON.parse refuses', () => {
  const pieces = fc.constantFrom(
    ...Array.from('{}[]:,"\\ \n0123456789.eE+-'),
    'true',
    'false',
    'null',
    '"a"',
    '\\"',
    '\u0001',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const parsed = parseJson(text);
      expect(parsed === undefined ? undefined : plain(parsed)).toEqual(reference(text));
    }),
    { numRuns: 2000 },
  );
});

test('keeps how a number is written', () => {
  for (const text of ['300', '300.0', '3.0e2', '-0']) expect(parseJson(text)).toEqual(new JsonNumber(text));
});

test('of keys given twice the last counts', () => {
  expect(parseJson('{"a":1,"b":2,"a":3}')).toEqual(
    new Map([
      ['b', new JsonNumber('2')],
      ['a', new JsonNumber('3')],
    ]),
  );
});

test('is not brought down by what is nested without end, or by a long text', () => {
  expect(parseJson('['.repeat(100_000))).toBeUndefined();
  expect(parseJson(`"${'\\\\'.repeat(1_000_000)}"`)).toHaveLength(1_000_000);
});
