import fc from 'fast-check';
import { expect, test } from 'vitest';

import { BufferPool } from '../../src/wire/buffer-pool.ts';

test('no two who have not given theirs back share a buffer, however they take and give', () => {
  const step = fc.record({
    bytes: fc.integer({ min: 1, max: 3_000_000 }),
    gives: fc.boolean(),
    which: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = new BufferPool();
      const taken: Buffer[] = [];
      for (const { bytes, gives, which } of steps) {
        if (gives && taken.length > 0) {
          const [given] = taken.splice(which % taken.length, 1);
          // A part of it stands for it, and giving it twice is no harm.
          pool.giveBack((given as Buffer).subarray(1));
          pool.giveBack(given as Buffer);
          continue;
        }
        const buffer = pool.take(bytes);
        expect(buffer.length).toBeGreaterThanOrEqual(bytes);
        expect(taken.every((other) => other.buffer !== buffer.buffer)).toBe(true);
        taken.push(buffer);
      }
    }),
  );
});

test('a buffer that was given back is handed out again', () => {
  const pool = new BufferPool();
  const first = pool.take(100_000);
  pool.giveBack(first);
  expect(pool.take(90_000).buffer).toBe(first.buffer);
});
