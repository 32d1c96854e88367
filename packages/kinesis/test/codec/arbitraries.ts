import type { AggregateEntry } from '@millrace/kinesis/codec';
import fc from 'fast-check';

/** Any string of the language, lone surrogates, NULs and byte order marks among them. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary-ascii', maxLength: 200 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('42', '0', '-1', '__proto__', 'constructor', '\ufeffkey', '\ud800', 'ключ', '🗝️', ''),
);

/** Few keys, so that records share them. */
export const anyKey: fc.Arbitrary<string> = fc.oneof(fc.constantFrom('user-b', '42', '7', 'ключ'), anyText);

export const anyHashKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('0', '1', '340282366920938463463374607431768211455'),
  fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(String),
);

export const anyHeaders: fc.Arbitrary<Record<string, string>> = fc.dictionary(anyText, anyText, {
  maxKeys: 4,
  noNullPrototype: false,
});

export const anyEntry: fc.Arbitrary<AggregateEntry> = fc.record(
  {
    partitionKey: anyKey,
    explicitHashKey: anyHashKey,
    data: fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 100, maxLength: 300 })),
    headers: anyHeaders,
  },
  { requiredKeys: ['partitionKey', 'data'] },
);

export const someEntries: fc.Arbitrary<AggregateEntry[]> = fc.array(anyEntry, {
  minLength: 1,
  maxLength: 30,
});

/** What a text is once it has been UTF-8: lone surrogates are replaced. */
export function throughUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** What a reader must find of an entry; names that are one in UTF-8 are one header, the last. */
export function asRead(entry: AggregateEntry): object {
  const headers = Object.entries(entry.headers ?? {}).map(([name, value]) => [
    throughUtf8(name),
    throughUtf8(value),
  ]);
  return {
    partitionKey: throughUtf8(entry.partitionKey),
    ...(entry.explicitHashKey !== undefined && { explicitHashKey: entry.explicitHashKey }),
    data: [...entry.data],
    headers: new Map(headers as [string, string][]),
  };
}
