import { createRequire } from 'node:module';

import { decodeAggregate, encodeAggregate, type AggregateEntry } from '@millrace/kinesis/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { anyHashKey, throughUtf8 } from './arbitraries.ts';
import { utf8 } from './aggregate-bytes.ts';

/** What we call of it; its own types name packages of AWS's that nobody here installs. */
interface Library {
  deaggregateSync(
    record: { readonly partitionKey: string; readonly sequenceNumber: string; readonly data: string },
    checkDigest: boolean,
    after: (error: Error | undefined, records: readonly TheirRecord[]) => void,
  ): void;
  readonly RecordAggregator: new () => {
    addUserRecord(record: AggregateEntry): void;
    build(): { readonly data: Buffer };
  };
}

interface TheirRecord {
  readonly partitionKey: string;
  readonly explicitPartitionKey?: string;
  readonly subSequenceNumber: number;
  /** Base64. */
  readonly data: string;
}

const library = loadLibrary();

/** Keys it gets right: no names of its tables' prototypes, and none that look like an array's index. */
const plainKey = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .map((text) => `k${throughUtf8(text)}`)
  .filter((key) => !(key in {}));

const entryWith = (partitionKey: fc.Arbitrary<string>): fc.Arbitrary<AggregateEntry> =>
  fc.record({ partitionKey, data: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)) });

describe('the de-aggregator of aws-kinesis-agg', () => {
  test('reads everything we write: keys of any look, explicit hash keys, empty data', () => {
    const anyEntry = fc.record(
      {
        partitionKey: fc.oneof(plainKey, fc.constantFrom('user-b', '42', '7', '__proto__', 'ключ')),
        explicitHashKey: anyHashKey,
        data: fc.uint8Array({ maxLength: 100 }),
        headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 3 }),
      },
      { requiredKeys: ['partitionKey', 'data'] },
    );
    fc.assert(
      fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 20 }), (entries) => {
        const theirs = theirDecode(encodeAggregate(entries).data);
        expect(theirs.map(({ partitionKey, data }) => [partitionKey, data])).toEqual(
          entries.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data).toString('base64')]),
        );
        expect(theirs.map((record) => record.subSequenceNumber)).toEqual(entries.map((_, index) => index));
        // Without a hash key it reports that of index 0, whether or not the record names it.
        const placed = entries.flatMap(({ explicitHashKey }, index) =>
          explicitHashKey === undefined ? [] : [index],
        );
        expect(placed.map((index) => theirs[index]?.explicitPartitionKey)).toEqual(
          placed.map((index) => entries[index]?.explicitHashKey),
        );
      }),
    );
  });

  test('rejects a record with a wrong digest; we hand it to the handler as it is', () => {
    const data = Uint8Array.from(encodeAggregate([{ partitionKey: 'k', data: utf8('one') }]).data);
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
    expect(() => theirDecode(data)).toThrow('Invalid record checksum');
    expect(decodeAggregate(data)).toBeUndefined();
  });
});

describe('the aggregator of aws-kinesis-agg', () => {
  test('writes what we write, byte for byte, where it is right', () => {
    fc.assert(
      fc.property(fc.array(entryWith(plainKey), { minLength: 1, maxLength: 20 }), (entries) => {
        expect(theirEncode(entries)).toEqual(Buffer.from(encodeAggregate(entries).data));
      }),
    );
  });

  test('mixes up numeric-looking keys; ours does not', () => {
    const entries = ['user-b', '42', '7'].map((partitionKey) => ({
      partitionKey,
      data: Buffer.from(`for ${partitionKey}`),
    }));
    expect(pairs(theirEncode(entries))).toEqual(['7: for user-b', '42: for 42', 'user-b: for 7']);
    expect(pairs(encodeAggregate(entries).data)).toEqual(['user-b: for user-b', '42: for 42', '7: for 7']);
  });
});

function loadLibrary(): Library {
  const require = createRequire(import.meta.url);
  // Its protobufjs requires `long` and cannot use the ES module that the test runner's `import` condition selects.
  const long = require('long') as { readonly default?: object };
  Reflect.set(globalThis, 'Long', long.default ?? long);
  const loaded = require('aws-kinesis-agg') as Library;
  Reflect.deleteProperty(globalThis, 'Long');
  return loaded;
}

function pairs(data: Uint8Array): readonly string[] {
  const entries = decodeAggregate(data) ?? [];
  return entries.map((entry) => `${entry.partitionKey}: ${Buffer.from(entry.data).toString()}`);
}

function theirDecode(data: Uint8Array): readonly TheirRecord[] {
  let found: readonly TheirRecord[] = [];
  const record = { partitionKey: 'a', sequenceNumber: '1', data: Buffer.from(data).toString('base64') };
  library.deaggregateSync(record, true, (error, records) => {
    if (error) throw error;
    found = records;
  });
  return found;
}

function theirEncode(entries: readonly AggregateEntry[]): Buffer {
  const aggregator = new library.RecordAggregator();
  for (const entry of entries) aggregator.addUserRecord(entry);
  return aggregator.build().data;
}
