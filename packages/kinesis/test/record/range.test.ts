import { expect, test } from 'vitest';

import { parseRange } from '../../src/record/index.ts';

const now = Date.UTC(2026, 10, 27, 12);

test.each([
  ['-2h..-1h', { type: 'time', at: now - 7_200_000 }, { type: 'time', at: now - 3_600_000 }],
  ['..-1h', { type: 'oldest' }, { type: 'time', at: now - 3_600_000 }],
  ['-1h..', { type: 'time', at: now - 3_600_000 }, { type: 'time', at: now }],
  ['oldest..now', { type: 'oldest' }, { type: 'time', at: now }],
  [
    '2026-11-27T10:00:00.5Z..2026-11-27T11:00Z',
    { type: 'time', at: Date.UTC(2026, 10, 27, 10, 0, 0, 500) },
    { type: 'time', at: Date.UTC(2026, 10, 27, 11) },
  ],
  ['at:5..after:7', { type: 'at', sequenceNumber: '5' }, { type: 'after', sequenceNumber: '7' }],
])('%s is read', (text, from, to) => {
  expect(parseRange(text, now, 'range')).toEqual({ from, to });
});

test.each(['-1h', '-1h..-2h', '-1h..-1h', 'now..', '-2h..oldest', 'a..b', '-3h..-2h..-1h', '-1h...'])(
  '%s is refused, with what is allowed',
  (text) => {
    expect(() => parseRange(text, now, '--range')).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  },
);
