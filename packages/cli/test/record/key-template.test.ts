import fc from 'fast-check';
import { createManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { hashKeyTemplate, keyTemplate } from '../../src/record/key-template.ts';

const clock = createManualClock();
const keyOf = (template: string, value: unknown): string => keyTemplate(template, clock).keyOf(value);

test.each([
  ['.customer', { customer: 'ada' }, 'ada'],
  ['.order.items[1].id', { order: { items: [{ id: 'a' }, { id: 'b' }] } }, 'b'],
  ['.["a b"].c', { 'a b': { c: 'x' } }, 'x'],
  ['.größe', { größe: 'L' }, 'L'],
  ['.n', { n: 42 }, '42'],
  ['.n', { n: 1.5 }, '1.5'],
  ['.ok', { ok: false }, 'false'],
])('%s of %j is %s', (template, value, key) => {
  expect(keyOf(template, value)).toBe(key);
});

test.each([
  ['.customer', {}],
  ['.customer', { customer: null }],
  ['.customer', { customer: { id: 1 } }],
  ['.customer', 'text'],
  ['.toString', {}],
  ['.id', { id: 1.2345678901234567e19 }],
])('%s of %j is no key', (template, value) => {
  expect(() => keyOf(template, value)).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
});

test('a text that is neither a path nor random is the key itself', () => {
  expect(keyOf('ada', undefined)).toBe('ada');
  expect(keyOf('=random', undefined)).toBe('random');
  expect(keyOf('=.customer', undefined)).toBe('.customer');
  expect(keyOf('==', undefined)).toBe('=');
});

test('random keys differ', () => {
  const keys = new Set(Array.from({ length: 1000 }, () => keyOf('random', undefined)));
  expect(keys.size).toBe(1000);
});

test.each(['', '=', 'x'.repeat(257), '.', '.a..b', '.a[x]', '.a[', '.["a]'])(
  '--key %j is refused before anything is read',
  (text) => {
    expect(() => keyTemplate(text, clock)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  },
);

test.each(['0x12', '-1', '01', '340282366920938463463374607431768211456', '', '.'])(
  '--hash-key %j is refused',
  (text) => {
    expect(() => hashKeyTemplate(text)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  },
);

test('a hash key out of the data must be decimal', () => {
  const template = hashKeyTemplate('.h');
  expect(template.keyOf({ h: '340282366920938463463374607431768211455' })).toBe(
    '340282366920938463463374607431768211455',
  );
  expect(() => template.keyOf({ h: 'abc' })).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
});

test('any property name can be reached by its quoted form', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (name) => {
      const template = keyTemplate(`.[${JSON.stringify(name)}]`, clock);
      expect(template.keyOf(Object.fromEntries([[name, 'found']]))).toBe('found');
    }),
  );
});
