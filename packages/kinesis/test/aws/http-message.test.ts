import { Readable } from 'node:stream';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { collect, release } from '../../src/aws/http-message.ts';

const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 20 });

test('a body is all of its chunks in order, whether its length is said, not said, or not true', async () => {
  const said = fc.oneof(
    fc.constant('true'),
    fc.constant(undefined),
    fc.nat(400).map(String),
    fc.constantFrom('', '-1', '1e99', 'x'),
  );
  await fc.assert(
    fc.asyncProperty(chunks, said, fc.boolean(), async (given, length, asStream) => {
      const whole = Buffer.concat(given);
      const parts = given.map((chunk) => Buffer.from(chunk));
      const body = asStream
        ? Readable.from(parts, { objectMode: false })
        : Readable.from(parts)[Symbol.asyncIterator]();
      const told = length === 'true' ? String(whole.length) : length;
      expect(await collect(body, told)).toEqual(whole);
    }),
  );
});

test('a body that breaks off is an error, however much has come', async () => {
  const body = new Readable({ read() {} });
  const collecting = collect(body, '10');
  body.push('half');
  body.destroy();
  await expect(collecting).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
});

const bodyOf = (fill: number, length: number): Promise<Buffer> =>
  collect(
    Readable.from([Buffer.alloc(length - 1, fill), Buffer.alloc(1, fill)], { objectMode: false }),
    String(length),
  );

test('the room of a large body that was released is taken by the next, and by no other', async () => {
  const kept = await bodyOf(1, 2_000_000);
  const done = await bodyOf(2, 2_000_000);
  release(done);
  const next = await bodyOf(3, 1_900_000);
  const other = await bodyOf(4, 2_000_000);
  expect(next.buffer).toBe(done.buffer);
  expect(next.equals(Buffer.alloc(1_900_000, 3))).toBe(true);
  expect(other.buffer).not.toBe(done.buffer);
  expect(kept.equals(Buffer.alloc(2_000_000, 1))).toBe(true);
});
