import { Readable } from 'node:stream';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { collect } from '../../src/aws/http-message.ts';

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
