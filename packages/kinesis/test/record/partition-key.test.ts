import { checkPartitionKey } from '@millrace/kinesis/record';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test.each([
  ['one character', 'k'],
  ['256 characters', 'k'.repeat(256)],
  ['256 characters of two units each', '🗝'.repeat(256)],
  ['256 lone surrogates', '\ud800'.repeat(256)],
  ['256 low surrogates before a high one', `${'\udc00'.repeat(255)}\ud800`],
])('a partition key of %s is taken as it is', (_, key) => {
  expect(checkPartitionKey(key)).toBe(key);
});

test.each([
  ['no character', '', 0],
  ['257 characters', 'k'.repeat(257), 257],
  ['257 characters of two units each', '🗝'.repeat(257), 257],
  ['an undefined', undefined, 'undefined'],
  ['a number', 42, 'number'],
  ['null', null, 'object'],
])('a partition key of %s is refused, saying what was given', (_, key, got) => {
  expect(() => checkPartitionKey(key)).toThrow(
    expect.objectContaining({
      code: 'RECORD_INVALID',
      details: expect.objectContaining({ path: 'partitionKey', got }) as unknown,
    }),
  );
});

test('length is counted in code points, as the language iterates them', () => {
  const anyUnits = fc
    .array(fc.oneof(fc.integer({ min: 0xd700, max: 0xe0ff }), fc.constant(0x61)), {
      minLength: 1,
      maxLength: 520,
    })
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(anyUnits, (key) => {
      const takes = Array.from(key).length <= 256;
      expect(attempt(() => checkPartitionKey(key))).toBe(takes ? key : undefined);
    }),
  );
});

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
