import { Readable } from 'node:stream';

import { cbor, tag } from '@smithy/core/cbor';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { CborReader } from '../../src/aws/cbor-reader.ts';
import { writeCborMap } from '../../src/aws/cbor-writer.ts';
import { readGetRecords } from '../../src/aws/get-records-answer.ts';
import { readCborGetRecords } from '../../src/aws/get-records-cbor.ts';
import { collect } from '../../src/aws/http-message.ts';
import type { ReadResult } from '../../src/source/shard-reader.ts';
import { answers, codeOf, sequenceNumber, type Answered } from './answered.ts';

const arrivedAt = 1_700_000_000_500;
// From two thousand bytes on, data stays in the answer until it is asked for.
const records = answers(2000);
const behind = fc.oneof(fc.nat(), fc.constant(2 ** 40));

const child = {
  ShardId: 'shardId-000000000001',
  ParentShards: ['shardId-000000000000'],
  HashKeyRange: { StartingHashKey: '0', EndingHashKey: '340282366920938463463374607431768211455' },
};

/** As the service has it in either format: what differs is data and time. */
const answerOf = (
  answered: readonly Answered[],
  millisBehind: number,
  data: (bytes: Uint8Array) => unknown,
  time: (millis: number) => unknown,
): object => ({
  ChildShards: answered.length > 4 ? [child] : null,
  MillisBehindLatest: millisBehind,
  NextShardIterator: answered.length > 4 ? null : 'AAAA',
  Records: answered.map((record, index) => ({
    ApproximateArrivalTimestamp: time(arrivedAt),
    Data: data(record.data),
    EncryptionType: 'NONE',
    PartitionKey: record.key,
    SequenceNumber: sequenceNumber(index),
  })),
});

const inCbor = (answered: readonly Answered[], millisBehind = 0): object =>
  answerOf(
    answered,
    millisBehind,
    (bytes) => bytes,
    (value) => tag({ tag: 1, value }),
  );

const inJson = (answered: readonly Answered[], millisBehind = 0): Buffer =>
  Buffer.from(
    JSON.stringify(
      answerOf(
        answered,
        millisBehind,
        (bytes) => Buffer.from(bytes).toString('base64'),
        (millis) => millis / 1000,
      ),
    ),
  );

/** With lists, maps and byte strings whose length only a break tells, as the Java libraries write them. */
function writeOpenEnded(value: unknown): Buffer {
  const parts = (first: number, items: readonly unknown[]): Buffer =>
    Buffer.concat([Buffer.of(first), ...items.map(writeOpenEnded), Buffer.of(0xff)]);
  if (value instanceof Uint8Array) {
    const halves = [value.subarray(0, value.length >> 1), value.subarray(value.length >> 1)];
    return Buffer.concat([
      Buffer.of(0x5f),
      ...halves.map((half) => Buffer.from(cbor.serialize(half))),
      Buffer.of(0xff),
    ]);
  }
  if (Array.isArray(value)) return parts(0x9f, value);
  if (typeof value !== 'object' || value === null || 'tag' in value)
    return Buffer.from(cbor.serialize(value));
  return parts(0xbf, Object.entries(value).flat());
}

const ways: readonly ((answer: object) => Buffer)[] = [
  (answer) => Buffer.from(cbor.serialize(answer)),
  (answer) => writeOpenEnded(answer),
];

/** Data told at a glance: to compare bytes one by one takes long. */
const told = (result: ReadResult): object => ({
  ...result,
  bytes: undefined,
  records: result.records.map((record) => ({ ...record, data: Buffer.from(record.data).toString('hex') })),
});

test('an answer says in CBOR what it says in JSON, whatever the sizes and keys, and however the CBOR is written', () => {
  fc.assert(
    fc.property(records, behind, fc.constantFrom(...ways), (answered, millis, write) => {
      const result = readCborGetRecords(write(inCbor(answered, millis)));
      expect(told(result)).toEqual(told(readGetRecords(inJson(answered, millis))));
    }),
    { numRuns: 300 },
  );
});

/** As some send it who play the service: base64 and seconds, as JSON has them. */
const asInJson = (answered: readonly Answered[]): object =>
  answerOf(
    answered,
    0,
    (bytes) => Buffer.from(bytes).toString('base64'),
    (millis) => millis / 1000,
  );

test('the bytes of an answer are those of its data and keys, however the data is written', () => {
  const data = new Uint8Array(3000).fill(7);
  const answered = [
    { key: 'abc', data },
    { key: 'de', data: data.subarray(0, 10) },
  ];
  for (const write of ways) {
    for (const answer of [inCbor(answered), asInJson(answered)])
      expect(readCborGetRecords(write(answer)).bytes).toBe(3000 + 10 + 5);
  }
});

test('base64 and seconds, which some send who play the service, are data and times', () => {
  const data = new Uint8Array(Buffer.from('hello'));
  const { records: come } = readCborGetRecords(Buffer.from(cbor.serialize(asInJson([{ key: 'k', data }]))));
  expect(come).toMatchObject([{ data, arrivedAt }]);
});

/** An answer without records and one more member, whose value is in hexadecimal. */
const withMember = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.of(0xa2),
    cbor.serialize('Records'),
    Buffer.of(0x80),
    cbor.serialize(name),
    Buffer.from(value, 'hex'),
  ]);

test.for([
  ['f90000', 0],
  ['f93e00', 1.5],
  ['f97bff', 65_504],
  ['f90001', 2 ** -24],
  ['f9c400', -4],
  ['f96400', 1024],
  ['fa44800000', 1024],
  ['fb4090000000000000', 1024],
  ['190400', 1024],
  ['c1190400', 1024],
  ['c1f96400', 1024],
] as const)('a number may be written in any length, and behind a tag: %s is %d', ([written, number]) => {
  expect(readCborGetRecords(withMember('MillisBehindLatest', written)).millisBehindLatest).toBe(number);
});

test('members nobody knows may hold what JSON has not: tags, large integers, simple values', () => {
  for (const value of [
    'c249010000000000000000',
    'c074323031332d30332d32315432303a30343a30305a',
    'f0',
    'f8ff',
    'd82441ff',
  ])
    expect(readCborGetRecords(withMember('Strange', value)).records).toEqual([]);
});

test('members nobody knows are passed over, whatever they hold', () => {
  const strange = fc.anything({ maxDepth: 4, withNullPrototype: false }).filter((value) => {
    try {
      cbor.serialize(value);
      return true;
    } catch {
      return false;
    }
  });
  const data = new Uint8Array(4);
  fc.assert(
    fc.property(strange, fc.constantFrom(...ways), (value, write) => {
      const clean = JSON.parse(JSON.stringify(value) ?? 'null');
      const record = { Strange: clean, Data: data, SequenceNumber: sequenceNumber(1), Sequencenumber: clean };
      const { records: come } = readCborGetRecords(
        write({ Also: clean, Seal: data, Records: [{ ...record, Seal: data }], Rest: 1 }),
      );
      expect(come).toMatchObject([{ sequenceNumber: sequenceNumber(1), data }]);
    }),
  );
});

const data = new Uint8Array(3000).fill(1);
const whole = ways.map((write) =>
  write(
    inCbor([
      { key: 'k', data },
      { key: 'l', data: data.subarray(0, 30) },
      { key: 'm', data },
    ]),
  ),
);

test('what is cut off is an error to retry', () => {
  for (const answer of whole) {
    for (let end = 0; end < answer.length; end++) {
      expect(codeOf(() => readCborGetRecords(answer.subarray(0, end)))).toBe('SERVICE_FAILED');
    }
  }
});

test('what is garbled is an error to retry, or reads as something, and never throws another', () => {
  const at = fc.nat(200);
  fc.assert(
    fc.property(fc.constantFrom(...whole), at, fc.nat(255), (answer, from, byte) => {
      const garbled = Buffer.from(answer);
      garbled[from] = byte;
      const read = (): void => {
        for (const record of readCborGetRecords(garbled).records) void record.data;
      };
      expect([undefined, 'SERVICE_FAILED']).toContain(codeOf(read));
    }),
    { numRuns: 2000 },
  );
});

test('any bytes at all are read to their end, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const reader = new CborReader(Buffer.from(bytes));
      reader.value();
      expect(reader.failed || reader.offset <= bytes.length).toBe(true);
      expect([undefined, 'SERVICE_FAILED']).toContain(codeOf(() => readCborGetRecords(Buffer.from(bytes))));
    }),
    { numRuns: 2000 },
  );
});

test('lists within lists without end are refused', () => {
  for (const head of [0x81, 0x9f, 0xc1]) {
    const deep = Buffer.concat([Buffer.from([0xa1, 0x61, 0x78]), Buffer.alloc(1_000_000, head)]);
    expect(codeOf(() => readCborGetRecords(deep))).toBe('SERVICE_FAILED');
  }
});

const come = (body: Buffer): Promise<Buffer> =>
  collect(Readable.from([body.subarray(0, 9), body.subarray(9)], { objectMode: false }), String(body.length));

const twice = (fill: number): Buffer =>
  Buffer.from(
    cbor.serialize(
      inCbor([
        { key: 'a', data: new Uint8Array(800_000).fill(fill) },
        { key: 'b', data: new Uint8Array(800_000).fill(fill) },
      ]),
    ),
  );

test('data that was not asked for stays as it is while other answers come, and the room is another’s once all was', async () => {
  const ones = Buffer.alloc(800_000, 1);
  const body = await come(twice(1));
  const [first, second] = readCborGetRecords(body).records;
  expect(ones.equals(first?.data ?? ones.subarray(1))).toBe(true);
  const other = await come(twice(2));
  expect(other.buffer).not.toBe(body.buffer);
  expect(ones.equals(second?.data ?? ones.subarray(1))).toBe(true);
  const next = await come(twice(3));
  expect(next.buffer).toBe(body.buffer);
  expect(first?.data.buffer).not.toBe(body.buffer);
  expect(first?.data === first?.data).toBe(true);
});

const listOf = (fill: number): Buffer =>
  Buffer.from(
    cbor.serialize([{ Data: new Uint8Array(1_500_000).fill(fill), SequenceNumber: sequenceNumber(1) }]),
  );

test('a list of records that comes twice gives no room away that data is still in', async () => {
  const name = cbor.serialize('Records');
  const body = await come(Buffer.concat([Buffer.of(0xa2), name, Buffer.of(0x80), name, listOf(1)]));
  const { records: found } = readCborGetRecords(body);
  const other = await come(Buffer.concat([Buffer.of(0xa1), name, listOf(2)]));
  expect(other.buffer).not.toBe(body.buffer);
  expect(found[0]?.data.every((byte) => byte === 1)).toBe(true);
});

test('a call is written as every CBOR reader reads it', () => {
  const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.nat(), fc.constant(2 ** 32 - 1));
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), value, { maxKeys: 23 }), (members) => {
      expect(cbor.deserialize(writeCborMap(members))).toEqual({ ...members });
    }),
  );
});
