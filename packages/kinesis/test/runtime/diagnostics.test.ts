import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { publish } from '@millrace/kinesis/runtime';
import { expect, test } from 'vitest';

test('a message is only made when somebody listens', () => {
  const seen: unknown[] = [];
  const listener = (message: unknown): void => {
    seen.push(message);
  };
  let made = 0;
  const message = (): object => ({ number: ++made });
  publish('test:event', message);
  subscribe('millrace:test:event', listener);
  publish('test:event', message);
  unsubscribe('millrace:test:event', listener);
  publish('test:event', message);
  expect(seen).toEqual([{ number: 1 }]);
  expect(made).toBe(1);
});
