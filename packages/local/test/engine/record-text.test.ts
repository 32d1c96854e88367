import fc from 'fast-check';
import { expect, test } from 'vitest';

import { memberSpans, parseRecordText } from '../../src/engine/record-text.ts';

const data = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const key = fc.string({ unit: 'binary', minLength: 1 });
const ways: readonly ((data: string, key: string) => string)[] = [
  (text, name) => `"Data":"${text}","PartitionKey":${JSON.stringify(name)}`,
  (text, name) => `"PartitionKey":${JSON.stringify(name)},"Data":"${text}"`,
  (text, name) => `"Data" : "${text}", "PartitionKey" : ${JSON.stringify(name)}`,
  (text) => `"Data":"${text}"`,
  (text) => `"Data":"${text.replaceAll('/', String.raw`\/`)}"`,
];

test('where data and key stand is what reading the members finds, however a client wrote them', () => {
  let found = 0;
  fc.assert(
    fc.property(data, key, fc.constantFrom(...ways), (text, name, write) => {
      const bytes = Buffer.from(write(text, name));
      const spans = memberSpans(bytes);
      if (spans === undefined) return;
      found++;
      expect({
        data: bytes.toString('latin1', spans.dataAt, spans.dataEnd),
        partitionKey: bytes.toString('utf8', spans.keyAt, spans.keyEnd),
      }).toEqual(parseRecordText(bytes));
    }),
    { numRuns: 1000 },
  );
  expect(found).toBeGreaterThan(200);
});

test('a key that looks like data, or holds what is escaped, is no data', () => {
  for (const name of ['"Data":"AAAA"', '","Data":"AAAA', 'a\\', '\n']) {
    const bytes = Buffer.from(`"PartitionKey":${JSON.stringify(name)},"Data":"BBBB"`);
    expect(memberSpans(bytes)).toBeUndefined();
    expect(parseRecordText(bytes)).toEqual({ partitionKey: name, data: 'BBBB' });
  }
});
