import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteWriter } from '../../src/wire/byte-writer.ts';

test('whatever is written comes out in its order, wherever the buffer has to grow', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 1, unit: 'grapheme-ascii' }),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), fc.array(piece, { maxLength: 40 }), (capacity, pieces) => {
      const writer = new ByteWriter(capacity);
      for (const each of pieces) {
        if (typeof each === 'string') writer.text(each);
        else writer.bytes(each);
      }
      expect(writer.finish()).toEqual(Buffer.concat(pieces.map((each) => Buffer.from(each as Uint8Array))));
      expect(writer.finish()).toHaveLength(writer.length);
    }),
  );
});
