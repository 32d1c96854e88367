import { runInNewContext } from 'node:vm';

import {
  bytes,
  defineStream,
  gzip,
  json,
  rawStream,
  text,
  type StandardSchema,
  type StreamOptions,
} from '@millrace/kinesis';
import fc from 'fast-check';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);

const throwing = (): never => {
  throw new TypeError('no customer');
};
const schemaThat = (validate: StandardSchema['~standard']['validate']): StandardSchema => ({
  '~standard': { version: 1, vendor: 'test', validate },
});

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

test('JSON, packed or not, carries values of any type, and of a schema', async () => {
  interface Event {
    readonly user: string;
  }
  const schema = z.object({ user: z.string() });
  for (const codec of [json, gzip(json)]) {
    const events = defineStream<Event>({ name: 's', key: ({ user }) => user, codec });
    const { data } = await events.encode({ user: 'ada' });
    expectTypeOf(await events.decode(data)).toEqualTypeOf<Event>();
    const checked = defineStream({ name: 's', schema, key: ({ user }) => user, codec });
    expect(await checked.decode(data)).toEqual({ user: 'ada' });
    const spread = defineStream({ name: 's', schema, distribution: 'auto', codec });
    expect((await spread.encode({ user: 'ada' })).data).toEqual(data);
  }
  // @ts-expect-error text is no codec of an Event
  expect(defineStream<Event>({ name: 's', key: ({ user }) => user, codec: text }).name).toBe('s');
});

test('a schema that answers later is waited for, also with a promise of another realm, as test runners have them', async () => {
  const schema = schemaThat(() => runInNewContext('Promise.resolve({ issues: [{ message: "never" }] })'));
  const stream = defineStream({ name: 's', schema, key: () => 'k' });
  const refusal = { code: 'VALUE_INVALID', message: expect.stringContaining('never') };
  await expect(async () => stream.encode({})).rejects.toMatchObject(refusal);
  await expect(async () => stream.decode(utf8('{}'))).rejects.toMatchObject(refusal);
});

test.each<[string, Partial<StreamOptions<unknown>> & { readonly schema?: StandardSchema }]>([
  ['a key function', { key: throwing }],
  ['an explicit hash key', { explicitHashKey: throwing }],
  ['a codec', { codec: { name: 'c', encode: throwing, decode: throwing } }],
  ['a schema', { schema: schemaThat(throwing) }],
  ['a schema that answers later', { schema: schemaThat(async () => throwing()) }],
])('what %s throws for a value is a typed error with the cause', async (_, options) => {
  const stream = defineStream<unknown>({ name: 's', key: () => 'k', ...options });
  await expect(async () => stream.encode({})).rejects.toMatchObject({
    code: 'VALUE_INVALID',
    message: expect.stringContaining('no customer'),
    cause: { message: 'no customer' },
    details: { stream: 's', path: 'value' },
  });
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
