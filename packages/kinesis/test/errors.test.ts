import { MillraceError } from '@millrace/kinesis';
import { expect, test } from 'vitest';

test.each([
  ['The handler failed: no such customer..', 'The handler failed: no such customer. Look there.'],
  ['The handler failed: really?.', 'The handler failed: really? Look there.'],
  ['It was cut off: and so on....', 'It was cut off: and so on.... Look there.'],
  ['It ends as it is…', 'It ends as it is… Look there.'],
  ['One stop.', 'One stop. Look there.'],
])('a reason that brings its own full stop gets no second one: %s', (message, whole) => {
  expect(new MillraceError('HANDLER_FAILED', message, { advice: 'Look there.' }).message).toBe(whole);
});
