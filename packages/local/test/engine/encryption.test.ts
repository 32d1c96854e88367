import fc from 'fast-check';
import { expect, test } from 'vitest';

import { keyAt, withEncryption, type EncryptionChange } from '../../src/engine/encryption.ts';

test('a record says what held when it arrived, whatever changes later', () => {
  const step = fc.record({
    after: fc.nat({ max: 3 }),
    change: fc.option(fc.option(fc.constantFrom('k1', 'k2'), { nil: undefined }), { nil: 'record' as const }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let changes: readonly EncryptionChange[] = [];
      const said: [arrivedAt: number, key: string | undefined][] = [];
      let now = 1000;
      let lastArrival = 0;
      for (const { after, change } of steps) {
        now += after;
        if (change === 'record') {
          said.push([now, keyAt(changes, now)]);
          lastArrival = now;
        } else {
          changes = withEncryption(changes, change, now, lastArrival);
        }
        for (const [arrivedAt, key] of said) expect(keyAt(changes, arrivedAt)).toBe(key);
      }
    }),
    { numRuns: 500 },
  );
});

test('a change holds for whatever arrives in a later millisecond', () => {
  const changes = withEncryption([], 'k', 5, 5);
  expect(keyAt(changes, 5)).toBeUndefined();
  expect(keyAt(changes, 6)).toBe('k');
});
