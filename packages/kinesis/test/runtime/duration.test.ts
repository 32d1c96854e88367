import { toMilliseconds } from '@millrace/kinesis/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

test('a duration is its number times its unit', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom(...Object.keys(units)), (count, unit) => {
      expect(toMilliseconds(`${count}${unit}`, 'x')).toBe(count * units[unit as keyof typeof units]);
    }),
  );
});

test('a bare number is milliseconds and a fraction is a fraction', () => {
  expect(toMilliseconds(1500, 'x')).toBe(1500);
  expect(toMilliseconds(0, 'x')).toBe(0);
  expect(toMilliseconds('1.5s', 'x')).toBe(1500);
});

const refused = [
  [
    '',
    's',
    '15',
    '15 s',
    ' 15s',
    '15s ',
    '-15s',
    '+15s',
    '1e3s',
    '.5s',
    '5.s',
    '15S',
    '15sec',
    '1m30s',
    '١s',
  ],
  [`${'9'.repeat(400)}s`, -1, Number.NaN, Number.POSITIVE_INFINITY],
];

test.each(refused.flat())(
  '%j is refused, naming the option, what was given and what is allowed',
  (duration) => {
    expect(() => toMilliseconds(duration, 'producer.linger')).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringContaining('producer.linger') as unknown,
        details: expect.objectContaining({ path: 'producer.linger', got: duration }) as unknown,
      }),
    );
  },
);
