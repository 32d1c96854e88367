import {
  compareSequenceNumbers,
  isSequenceNumber,
  toSequenceNumber,
  type SequenceNumber,
} from '@millrace/kinesis/record';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const anySequenceNumber: fc.Arbitrary<SequenceNumber> = fc
  .oneof(
    fc.bigInt({ min: 0n, max: 1000n }),
    // Neighbours around a power of ten, where the order of the digits and of the numbers part.
    fc
      .tuple(fc.integer({ min: 1, max: 128 }), fc.integer({ min: -2, max: 2 }))
      .map(([e, d]) => 10n ** BigInt(e) + BigInt(d)),
    fc.bigInt({ min: 0n, max: 10n ** 129n - 1n }),
  )
  .map((value) => toSequenceNumber(value.toString()));

test('sequence numbers compare as the integers they are', () => {
  fc.assert(
    fc.property(anySequenceNumber, anySequenceNumber, (a, b) => {
      const [x, y] = [BigInt(a), BigInt(b)];
      expect(compareSequenceNumbers(a, b)).toBe(x < y ? -1 : x > y ? 1 : 0);
      expect(compareSequenceNumbers(a, a)).toBe(0);
    }),
  );
});

test('sequence numbers sort by value, not by text', () => {
  const sorted = ['10', '9', '0', '100', '99'].map(toSequenceNumber).toSorted(compareSequenceNumbers);
  expect(sorted).toEqual(['0', '9', '10', '99', '100']);
});

test.each(['0', '1', '49590338271490256608559692538361571095921575989136588898', '9'.repeat(129)])(
  '%s is a sequence number',
  (text) => {
    expect(isSequenceNumber(text)).toBe(true);
    expect(toSequenceNumber(text)).toBe(text);
  },
);

test.each([
  '',
  '-1',
  '+1',
  '01',
  '00',
  '1.0',
  '1e3',
  ' 1',
  '1 ',
  '1\n',
  '0x1',
  '١',
  'TRIM_HORIZON',
  '9'.repeat(130),
])('%j is refused as a sequence number', (text) => {
  expect(isSequenceNumber(text)).toBe(false);
  expect(() => toSequenceNumber(text)).toThrow(
    expect.objectContaining({
      code: 'RECORD_INVALID',
      details: expect.objectContaining({ got: text }) as unknown,
    }),
  );
});
