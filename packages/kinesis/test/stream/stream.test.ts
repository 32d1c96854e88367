import { bytes, defineStream, json, rawStream, text } from '@millrace/kinesis';
import fc from 'fast-check';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);

test('a value comes back as it was put', async () => {
  const stream = defineStream<unknown>({ name: 's', key: () => 'k' });
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const { data } = await stream.encode(value);
      expect(await stream.decode(data)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('text and bytes travel without any dressing', async () => {
  const words = defineStream({ name: 's', key: (word: string) => word, codec: text });
  expect(await words.encode('grüße')).toEqual({ partitionKey: 'grüße', data: utf8('grüße') });
  expect(await words.decode(utf8('grüße'))).toBe('grüße');
  const blobs = defineStream({ name: 's', key: () => 'k', codec: bytes });
  const blob = Uint8Array.of(0, 255, 128);
  expect((await blobs.encode(blob)).data).toBe(blob);
});

test('a schema gives producers its input type and consumers its output type', async () => {
  const stream = defineStream({
    name: 's',
    schema: z.object({ at: z.string().transform((iso) => new Date(iso)) }),
    key: (value) => value.at,
  });
  const { data } = await stream.encode({ at: '2026-01-01T00:00:00Z' });
  const value = await stream.decode(data);
  expectTypeOf(value).toEqualTypeOf<{ at: Date }>();
  expect(value).toEqual({ at: new Date('2026-01-01T00:00:00Z') });
});

test('what does not fit the schema is refused on both ways', async () => {
  const stream = defineStream({ name: 's', schema: z.object({ id: z.string() }), key: (value) => value.id });
  const refusal = { code: 'VALUE_INVALID', details: { stream: 's' }, message: expect.stringContaining('id') };
  await expect(async () => stream.encode({ id: 1 as unknown as string })).rejects.toMatchObject(refusal);
  await expect(async () => stream.decode(utf8('{"id":1}'))).rejects.toMatchObject(refusal);
});

test.each([
  ['JSON that is none', () => json.decode(utf8('{'))],
  ['bytes that are not UTF-8', () => json.decode(Uint8Array.of(0xff))],
  ['text that is not UTF-8', () => text.decode(Uint8Array.of(0xc3))],
  ['undefined', () => json.encode(undefined)],
  ['a cycle', () => json.encode(Object.assign([], { 0: globalThis }))],
  ['a bigint', () => json.encode(1n)],
])('%s is a typed error, not a crash', (_name, attempt) => {
  expect(attempt).toThrow(expect.objectContaining({ code: 'VALUE_INVALID', retryable: false }));
});

test.each(['', 'a b', 'ä', 'x'.repeat(129)])('a stream cannot be called %j', (name) => {
  for (const define of [() => rawStream(name), () => defineStream({ name, key: () => 'k' })]) {
    expect(define).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  }
});
