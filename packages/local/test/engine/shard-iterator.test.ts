import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { decodeIterator, encodeIterator, type ShardIterator } from '../../src/engine/shard-iterator.ts';

const now = Date.UTC(2026, 0, 1);
const iterators: fc.Arbitrary<ShardIterator> = fc.record({
  stream: fc.stringMatching(/^[a-zA-Z0-9_.-]{1,128}$/),
  streamCreatedAt: fc.integer({ min: 0, max: now }),
  shardIndex: fc.integer({ min: 0, max: 2_147_483_647 }),
  index: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  issuedAt: fc.integer({ min: now - 300_000, max: now }),
});

describe('a shard iterator', () => {
  test('survives the journey through a client, within the length the model allows', () => {
    fc.assert(
      fc.property(iterators, (iterator) => {
        const text = encodeIterator(iterator);
        expect(text.length).toBeLessThanOrEqual(512);
        expect(decodeIterator(text, now)).toEqual(iterator);
      }),
    );
  });

  test('with one letter changed is no iterator', () => {
    fc.assert(
      fc.property(iterators, fc.nat(), fc.constantFrom('A', 'z', '0', '='), (iterator, at, letter) => {
        const text = encodeIterator(iterator);
        const place = at % text.length;
        const changed = text.slice(0, place) + letter + text.slice(place + 1);
        if (atob(text) === safely(() => atob(changed))) return;
        expect(() => decodeIterator(changed, now)).toThrow('Invalid ShardIterator.');
      }),
    );
  });

  test('made of anything else is refused, never a crash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(() => decodeIterator(text, now)).toThrow('Invalid ShardIterator.');
      }),
    );
  });

  test('is good for five minutes and not a millisecond longer', () => {
    const text = encodeIterator({ stream: 's', streamCreatedAt: 0, shardIndex: 0, index: 1, issuedAt: now });
    expect(decodeIterator(text, now + 300_000).index).toBe(1);
    expect(() => decodeIterator(text, now + 300_001)).toThrow(
      'Iterator expired. The iterator was created at time Thu Jan 01 00:00:00 UTC 2026 while right now it is Thu Jan ' +
        '01 00:05:00 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.',
    );
  });
});

function safely<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
