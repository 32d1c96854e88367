import fc from 'fast-check';
import { expect, test } from 'vitest';

import { readGetRecords, readSubscriptionEvent } from '../../src/aws/get-records-answer.ts';
import { answers, codeOf, sequenceNumber, type Answered } from './answered.ts';

// From two thousand characters of base64 on, data is not read with the rest.
const records = answers(1400);

const toJson = (answered: readonly Answered[]): object => ({
  MillisBehindLatest: 12,
  Records: answered.map(({ key, data }, index) => ({
    ApproximateArrivalTimestamp: 1_700_000_000.5,
    Data: Buffer.from(data).toString('base64'),
    PartitionKey: key,
    SequenceNumber: sequenceNumber(index),
  })),
});

/** Keys and data, told apart at a glance: to compare bytes one by one takes long. */
const told = (answered: readonly Answered[]): readonly string[] =>
  answered.map(({ key, data }) => `${key} ${Buffer.from(data).toString('hex')}`);

const read = (text: string): readonly string[] => {
  const { records: come } = readGetRecords(Buffer.from(text));
  return told(come.map(({ partitionKey, data }) => ({ key: partitionKey, data })));
};

test('records are read as they were put, whatever their sizes and keys, however the JSON is written', () => {
  const ways: readonly ((answer: object) => string)[] = [
    (answer) => JSON.stringify(answer),
    (answer) => JSON.stringify(answer, undefined, 2),
    (answer) => JSON.stringify(answer).replaceAll('/', String.raw`\/`),
    (answer) =>
      JSON.stringify(answer).replaceAll(
        /[^ -~]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
  ];
  fc.assert(
    fc.property(records, fc.constantFrom(...ways), (answered, write) => {
      expect(read(write(toJson(answered)))).toEqual(told(answered));
    }),
    { numRuns: 300 },
  );
});

test('a key that looks like data is a key', () => {
  const data = new Uint8Array(3000).fill(7);
  const keys = ['"Data":"', '#0', '\\"Data\\":\\"', 'Data', '{"Data":"AAAA"}'];
  const answered = keys.map((key) => ({ key, data }));
  expect(read(JSON.stringify(toJson(answered)))).toEqual(told(answered));
});

test('an event of a subscription is read as an answer is', () => {
  const data = new Uint8Array(5000).fill(9);
  const event = { ...toJson([{ key: 'k', data }]), ContinuationSequenceNumber: sequenceNumber(3) };
  expect(readSubscriptionEvent(Buffer.from(JSON.stringify(event)))).toEqual({
    records: [{ sequenceNumber: sequenceNumber(0), partitionKey: 'k', data, arrivedAt: 1_700_000_000_500 }],
    millisBehindLatest: 12,
    continuation: sequenceNumber(3),
  });
});

test('what is cut off or garbled anywhere is an error to retry, or reads as something, and never throws another', () => {
  const data = new Uint8Array(3000).fill(1);
  const whole = Buffer.from(
    JSON.stringify(
      toJson([
        { key: 'k', data },
        { key: 'l', data },
      ]),
    ),
  );
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
      const body = cut ? whole.subarray(0, at) : Buffer.from(whole);
      if (!cut) body[at] = byte;
      expect([undefined, 'SERVICE_FAILED']).toContain(codeOf(() => readGetRecords(body)));
    }),
    { numRuns: 1000 },
  );
});
