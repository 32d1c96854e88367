import { choiceOption, integerOption } from '@millrace/kinesis/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('an integer within its bounds is itself, anything else is refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: -5, max: 15 }), fc.double()), (value) => {
      const within = Number.isInteger(value) && value >= 1 && value <= 10;
      expect(attempt(() => integerOption('limit', value, 1, 10))).toBe(within ? value : 'OPTION_INVALID');
    }),
  );
});

test('a choice is one of those allowed', () => {
  const allowed = ['none', 'key'] as const;
  expect(choiceOption('ordering', 'key', allowed)).toBe('key');
  expect(attempt(() => choiceOption('ordering', 'keys', allowed))).toBe('OPTION_INVALID');
});

test('a refusal says the option, what was given and what is allowed', () => {
  expect(() => integerOption('producer.concurrency', 0, 1, 100)).toThrow(
    'producer.concurrency is 0. Give an integer from 1 to 100.',
  );
  expect(() => choiceOption('ordering', 'shards', ['none', 'key'])).toThrow(
    'ordering is "shards". Give one of none, key.',
  );
});

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
}
