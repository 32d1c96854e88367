import { isDeepStrictEqual } from 'node:util';

import { decodeAggregate, encodeAggregate, type AggregatedEntry } from '@millrace/kinesis/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { field, hex, integer, seal, unseal, utf8, varint } from './aggregate-bytes.ts';
import { asRead, someEntries } from './arbitraries.ts';
import { referenceDecode } from './reference-decoder.ts';

const sample = encodeAggregate([
  { partitionKey: 'user-b', data: utf8('one') },
  { partitionKey: '42', explicitHashKey: '7', data: utf8(''), headers: { trace: 'ab', ключ: 'значение' } },
  { partitionKey: 'user-b', data: new Uint8Array(200).fill(9) },
]).data;

const key = field(1, 'k');
const record = field(3, integer(1, 0), field(3, 'data'));

describe('reading back', () => {
  test('every record comes back in order with its own key, hash key, bytes and headers', () => {
    fc.assert(
      fc.property(someEntries, (entries) => {
        const decoded = decodeAggregate(encodeAggregate(entries).data);
        expect(decoded?.map(plain)).toEqual(entries.map(asRead));
      }),
    );
  });

  test('numeric-looking, multi-byte and odd keys stay with their records', () => {
    const keys = [
      'user-b',
      '42',
      '7',
      'ключ',
      '🗝️',
      '\ufeffbom',
      '__proto__',
      'x'.repeat(256),
      '0',
      '🗝️'.repeat(80),
    ];
    const entries = keys.map((partitionKey) => ({ partitionKey, data: utf8(`for ${partitionKey}`) }));
    const decoded = decodeAggregate(encodeAggregate(entries).data);
    expect(decoded?.map((entry) => [entry.partitionKey, Buffer.from(entry.data).toString()])).toEqual(
      keys.map((partitionKey) => [partitionKey, `for ${partitionKey}`]),
    );
  });

  test('a lone surrogate in a key becomes U+FFFD, as it does for the service', () => {
    expect(
      decodeAggregate(encodeAggregate([{ partitionKey: 'a\ud800b', data: utf8('') }]).data),
    ).toMatchObject([{ partitionKey: 'a\ufffdb' }]);
  });

  test('data is a view into the aggregate, wherever that lies in its buffer', () => {
    const outer = new Uint8Array(sample.length + 10);
    outer.set(sample, 7);
    const [first] = decodeAggregate(outer.subarray(7, 7 + sample.length)) ?? [];
    expect(first?.data.buffer).toBe(outer.buffer);
    expect(Buffer.from(first?.data ?? []).toString()).toBe('one');
  });

  test('a header named like a property of every object is only a header', () => {
    const headers = Object.fromEntries([['__proto__', 'polluted']]);
    const [first] =
      decodeAggregate(encodeAggregate([{ partitionKey: 'k', data: utf8(''), headers }]).data) ?? [];
    expect(Object.entries(first?.headers ?? {})).toEqual([['__proto__', 'polluted']]);
    expect(first?.headers['constructor']).toBeUndefined();
  });

  test('an aggregate within an aggregate is bytes', () => {
    const outer = encodeAggregate([{ partitionKey: 'k', data: sample }]).data;
    expect(decodeAggregate(outer)?.map(({ data }) => [...data])).toEqual([[...sample]]);
  });
});

describe('damage', () => {
  test('every truncation is a plain record', () => {
    for (let length = 0; length < sample.length; length++) {
      expect(decodeAggregate(sample.subarray(0, length))).toBeUndefined();
    }
  });

  test('every change of a single byte is a plain record', () => {
    for (let index = 0; index < sample.length; index++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = Uint8Array.from(sample);
        damaged[index] = (damaged[index] ?? 0) ^ flip;
        expect(decodeAggregate(damaged)).toBeUndefined();
      }
    }
  });

  test('a truncation with the right digest yields the whole records before it or a plain record', () => {
    const protobuf = unseal(sample);
    const all = decodeAggregate(sample)?.map(plain) ?? [];
    for (let length = 0; length < protobuf.length; length++) {
      const decoded = decodeAggregate(seal(protobuf.subarray(0, length)))?.map(plain);
      expect(decoded ?? []).toEqual(all.slice(0, decoded?.length ?? 0));
    }
  });

  test('every single byte of a sealed aggregate, whatever it is changed to, is read as protobuf says', () => {
    const protobuf = unseal(
      encodeAggregate([
        { partitionKey: 'k1', explicitHashKey: '7', data: utf8('one'), headers: { h: 'v' } },
        { partitionKey: 'k2', data: utf8('two') },
      ]).data,
    );
    for (let index = 0; index < protobuf.length; index++) {
      for (let byte = 0; byte < 256; byte++) {
        const damaged = Uint8Array.from(protobuf);
        damaged[index] = byte;
        expectAsReference(seal(damaged));
      }
    }
  });

  test('any sealed bytes are read as protobuf says', () => {
    const anyField = fc.oneof(
      fc
        .tuple(fc.integer({ min: 1, max: 5 }), fc.bigInt({ min: 0n, max: 1n << 64n }))
        .map(([n, v]) => integer(n, v)),
      fc.tuple(fc.integer({ min: 1, max: 5 }), fc.uint8Array({ maxLength: 6 })).map(([n, v]) => field(n, v)),
      fc.uint8Array({ maxLength: 3 }),
    );
    const anyMessage = fc.array(anyField, { maxLength: 6 }).map((fields) => Buffer.concat(fields));
    const likely = anyMessage.map((tail) => Buffer.concat([integer(1, 0), field(3, 'data'), tail]));
    const anyTop = fc.array(
      fc.oneof(
        fc.constant(key),
        fc.constant(field(2, '7')),
        fc.oneof(likely, anyMessage).map((message) => field(3, message)),
        likely.map((message) => field(3, message, field(4, field(1, 'h')))),
        anyField,
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(anyTop, (fields) => expectAsReference(seal(Buffer.concat(fields)))),
      { numRuns: 2000 },
    );
  });
});

describe('what is not an aggregate', () => {
  test.each([
    ['nothing', hex('')],
    ['text', utf8('{"id":"1"}')],
    ['the magic alone', hex('f3899ac2')],
    ['the magic and the digest of nothing', seal(hex(''))],
    ['another magic', Uint8Array.from(sample, (byte, index) => (index === 3 ? byte + 1 : byte))],
  ])('%s is a plain record', (_, data) => {
    expect(decodeAggregate(data)).toBeUndefined();
  });

  test.each([
    ['keys but no records', key],
    ['a record without a key', Buffer.concat([key, field(3, field(3, 'data'))])],
    ['a record without data', Buffer.concat([key, field(3, integer(1, 0))])],
    ['a key outside the table', Buffer.concat([key, field(3, integer(1, 1), field(3, 'data'))])],
    [
      'a hash key outside the table',
      Buffer.concat([key, field(3, integer(1, 0), integer(2, 0), field(3, ''))]),
    ],
    ['a key index near 2^64', Buffer.concat([key, field(3, integer(1, (1n << 64n) - 1n), field(3, ''))])],
    ['a varint of eleven bytes', Buffer.concat([key, record, hex('2880808080808080808080 01')])],
    ['a length beyond the end', Buffer.concat([key, record, hex('1a7f')])],
    ['a length of 2^63', Buffer.concat([key, record, hex('0a80808080808080808001')])],
    [
      'a tag without a key',
      Buffer.concat([key, field(3, integer(1, 0), field(3, ''), field(4, field(2, 'v')))]),
    ],
    ['a field number of 0', Buffer.concat([key, record, hex('0001')])],
    ['a wire type that does not exist', Buffer.concat([key, record, hex('2e')])],
    ['the end of a group that was not begun', Buffer.concat([key, record, hex('2c')])],
    ['a group without end', Buffer.concat([key, record, hex('2b')])],
    [
      'groups a thousand deep',
      Buffer.concat([key, record, Buffer.alloc(1000, 0x2b), Buffer.alloc(1000, 0x2c)]),
    ],
  ])('an aggregate with %s is a plain record', (_, protobuf) => {
    expect(decodeAggregate(seal(protobuf))).toBeUndefined();
  });
});

describe('other writers', () => {
  test.each([
    ['tables behind the records', Buffer.concat([record, key])],
    [
      'a last value that overrides earlier ones',
      Buffer.concat([key, field(3, integer(1, 9), field(3, 'x'), integer(1, 0), field(3, 'data'))]),
    ],
    [
      'an integer with a bit beyond the 64th',
      Buffer.concat([key, field(3, hex('08 80808080808080808002'), field(3, 'data'))]),
    ],
    [
      'integers longer than they need be',
      Buffer.concat([key, field(3, hex('88 80 00 80 80 00'), field(3, 'data'))]),
    ],
    [
      'unknown fields of every wire type at the top',
      Buffer.concat([key, hex('28ff01 31 0102030405060708 3a0161 45 01020304 2b 0801 33 34 2c'), record]),
    ],
    [
      'unknown fields of every wire type in the record',
      Buffer.concat([
        key,
        field(
          3,
          integer(1, 0),
          hex('28ff01 31 0102030405060708 3a0161 45 01020304 2b 0801 2c'),
          field(3, 'data'),
        ),
      ]),
    ],
    [
      'a known number with another wire type',
      Buffer.concat([
        key,
        hex('0801'),
        field(3, field(1, 'x'), integer(1, 0), field(3, 'data'), integer(3, 5)),
      ]),
    ],
  ])('%s is read', (_, protobuf) => {
    expect(decodeAggregate(seal(protobuf))?.map(plain)).toEqual([
      { partitionKey: 'k', data: [...utf8('data')], headers: new Map() },
    ]);
  });

  test('a tag without a value is an empty header, and of two with one name the last counts', () => {
    const tags = [
      field(4, field(1, 'empty')),
      field(4, field(1, 'h'), field(2, '1')),
      field(4, field(2, '2'), field(1, 'h')),
    ];
    const [first] =
      decodeAggregate(seal(Buffer.concat([key, field(3, integer(1, 0), field(3, ''), ...tags)]))) ?? [];
    expect({ ...first?.headers }).toEqual({ empty: '', h: '2' });
  });

  test('bytes that are not UTF-8 in a key become U+FFFD', () => {
    expect(decodeAggregate(seal(Buffer.concat([field(1, hex('61ff')), record])))).toMatchObject([
      { partitionKey: 'a\ufffd' },
    ]);
  });
});

describe('hostile size', () => {
  test('ten mebibytes of the smallest records are passed through rather than built', () => {
    const count = Math.floor((10 * 1024 * 1024) / 6);
    const bomb = seal(Buffer.concat([key, Buffer.alloc(count * 6, hex('1a0408001a00'))]));
    const before = process.memoryUsage().heapUsed;
    expect(decodeAggregate(bomb)).toBeUndefined();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(128 * 1024 * 1024);
  });

  test('ten mebibytes of table entries are passed through rather than built', () => {
    const bomb = seal(Buffer.concat([Buffer.alloc(10 * 1024 * 1024, hex('0a00')), record]));
    expect(decodeAggregate(bomb)).toBeUndefined();
  });

  test('a million records are read', () => {
    const decoded = decodeAggregate(seal(Buffer.concat([key, Buffer.alloc(6_000_000, hex('1a0408001a00'))])));
    expect(decoded?.length).toBe(1_000_000);
  });

  test('a length that claims far more than there is allocates nothing', () => {
    expect(
      decodeAggregate(seal(Buffer.concat([key, record, hex('1a'), varint(0x7fff_ffffn)]))),
    ).toBeUndefined();
  });
});

function expectAsReference(data: Uint8Array): void {
  const found = decodeAggregate(data)?.map(plain);
  const wanted = referenceDecode(data)?.map(plain);
  // Thousands of comparisons, and `expect` is slow: it is only asked to show what differs.
  const same = isDeepStrictEqual(found, wanted);
  expect(same ? undefined : found).toEqual(same ? undefined : wanted);
}

/** Comparable whatever kind of byte array and prototype. */
function plain(entry: AggregatedEntry): object {
  return { ...entry, data: [...entry.data], headers: new Map(Object.entries(entry.headers)) };
}
