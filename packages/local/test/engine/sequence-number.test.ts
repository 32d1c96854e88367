import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  END_INDEX,
  formatSequenceNumber,
  parseSequenceNumber,
  SequenceCursor,
  type SequenceParts,
} from '../../src/engine/sequence-number.ts';

const second = fc.integer({ min: 1_500_000_000, max: 4_000_000_000 });
const parts: fc.Arbitrary<SequenceParts> = fc.record({
  openedSecond: second,
  shardIndex: fc.integer({ min: 0, max: 2_147_483_647 }),
  index: fc.bigInt({ min: 0n, max: END_INDEX }),
  second,
});

describe('a sequence number', () => {
  test('has 56 digits and gives back what it was made of', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const text = formatSequenceNumber(given);
        expect(text).toMatch(/^[45]\d{55}$/);
        expect(parseSequenceNumber(text)).toEqual(given);
      }),
    );
  });

  test('of a shard opened later is larger, whatever else', () => {
    fc.assert(
      fc.property(parts, parts, fc.integer({ min: 1, max: 1000 }), (earlier, other, gap) => {
        const later = { ...other, openedSecond: earlier.openedSecond + gap };
        expect(BigInt(formatSequenceNumber(earlier))).toBeLessThan(BigInt(formatSequenceNumber(later)));
      }),
    );
  });

  test('of a later index in the same shard is larger, even if the clock went back', () => {
    fc.assert(
      fc.property(parts, fc.bigInt({ min: 0n, max: END_INDEX - 1n }), (given, index) => {
        const earlier = formatSequenceNumber({ ...given, index });
        expect(BigInt(formatSequenceNumber({ ...given, index: index + 1n, second: 0 }))).toBeGreaterThan(
          BigInt(earlier),
        );
      }),
    );
  });

  test('is told from any other digits', () => {
    const texts = fc.oneof(fc.string(), fc.bigInt({ min: 0n, max: 10n ** 129n }).map(String));
    const ours = fc.bigInt({ min: 2n << 184n, max: 3n << 184n }).map(String);
    fc.assert(
      fc.property(fc.oneof(texts, ours), (text) => {
        const found = parseSequenceNumber(text);
        expect([undefined, text]).toContain(found && formatSequenceNumber(found));
      }),
    );
  });
});

describe('a cursor', () => {
  test('writes the same numbers as building each anew, over carries, gaps and new seconds', () => {
    const walk = fc.array(
      fc.record({ skip: fc.constantFrom(1, 1, 1, 1, 2, 9, -3), tick: fc.constantFrom(0, 0, 0, 1, 7) }),
      { minLength: 1, maxLength: 60 },
    );
    const start = fc.integer({ min: 1, max: 2 ** 40 });
    fc.assert(
      fc.property(parts, start, walk, ({ openedSecond, shardIndex, second: from }, begin, steps) => {
        const cursor = new SequenceCursor(openedSecond, shardIndex);
        let index = begin;
        let now = from;
        for (const { skip, tick } of steps) {
          expect(cursor.at(index, now)).toBe(
            formatSequenceNumber({ openedSecond, shardIndex, index: BigInt(index), second: now }),
          );
          index = Math.max(1, index + skip);
          now += tick;
        }
      }),
    );
  });

  test('stays right through every carry of a long run', () => {
    const cursor = new SequenceCursor(1_767_225_600, 7);
    for (let index = 1; index <= 20_000; index++) {
      const text = cursor.at(index, 1_767_225_601);
      if (index % 97 !== 0) continue;
      expect(parseSequenceNumber(text)).toEqual({
        openedSecond: 1_767_225_600,
        shardIndex: 7,
        index: BigInt(index),
        second: 1_767_225_601,
      });
    }
  });
});
