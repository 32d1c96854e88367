import { parsePosition, toSequenceNumber, type Position } from '@millrace/kinesis/record';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const now = Date.UTC(2026, 0, 15, 12);
const parse = (input: string | Date | Position): Position => parsePosition(input, now, 'consumer.from');
const at = (time: number): Position => ({ type: 'time', at: time });

test.each<[string, Position]>([
  ['oldest', { type: 'oldest' }],
  ['now', { type: 'now' }],
  ['-15m', at(now - 15 * 60_000)],
  ['-1.5h', at(now - 90 * 60_000)],
  ['-0s', at(now)],
  ['2026-01-01', at(Date.UTC(2026, 0, 1))],
  ['2026-01-01T10:30', at(Date.UTC(2026, 0, 1, 10, 30))],
  ['2026-01-01 10:30:15', at(Date.UTC(2026, 0, 1, 10, 30, 15))],
  ['2026-01-01T10:30:15.250Z', at(Date.UTC(2026, 0, 1, 10, 30, 15, 250))],
  ['2026-01-01T10:30:15.123456789Z', at(Date.UTC(2026, 0, 1, 10, 30, 15, 123))],
  ['2026-01-01T10:30:00+02:00', at(Date.UTC(2026, 0, 1, 8, 30))],
  ['2024-02-29', at(Date.UTC(2024, 1, 29))],
  ['1767225600', at(1_767_225_600_000)],
  ['1767225600000', at(1_767_225_600_000)],
  ['at:49', { type: 'at', sequenceNumber: toSequenceNumber('49') }],
  ['seq:49', { type: 'at', sequenceNumber: toSequenceNumber('49') }],
  ['after:49', { type: 'after', sequenceNumber: toSequenceNumber('49') }],
])('%s is understood', (input, position) => {
  expect(parse(input)).toEqual(position);
});

test('a Date is its time and a position is itself', () => {
  expect(parse(new Date(1234))).toEqual(at(1234));
  const position = { type: 'after', sequenceNumber: toSequenceNumber('7') } as const;
  expect(parse(position)).toBe(position);
});

const refused = [
  ['', ' ', 'Oldest', 'latest', 'TRIM_HORIZON', '15m', '-15', '-m', '-15 m', '--15m', '+15m'],
  ['at:', 'after:', 'after:-1', 'after:01', 'after:abc', 'seq:1.5', 'before:49', 'after: 49'],
  ['2026-02-30', '2025-02-29', '2026-06-31', '2026-13-01', '2026-00-10', '2026-01-00', '2026-1-1'],
  ['26-01-01', '20260101', '2026-01-01junk', '2026-01-01 (x)', '2026-01-011', '2026-01-01T'],
  ['2026-01-01T10', '2026-01-01T25:00', '2026-01-01T10:60', '2026-01-01T10:00+25:00'],
  ['2026-01-01T10:00 Z', '123456789', '12345678901'],
];

test.each(refused.flat())('%j is refused, naming the option, what was given and what is allowed', (input) => {
  expect(() => parse(input)).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      details: expect.objectContaining({
        path: expect.stringContaining('consumer.from') as unknown,
      }) as unknown,
    }),
  );
});

test('a Date that is none is refused', () => {
  expect(() => parse(new Date(Number.NaN))).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});

test('every time the platform prints is read back', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => {
        expect(parse(date.toISOString())).toEqual(at(date.getTime()));
      },
    ),
  );
});
