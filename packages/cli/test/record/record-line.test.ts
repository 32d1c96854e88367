import fc from 'fast-check';
import { toSequenceNumber, type StreamRecord } from '@millrace/kinesis/record';
import { expect, test } from 'vitest';

import { formatRecordLine, isRecordLine, parseRecordLine } from '../../src/record/record-line.ts';

const record = (bytes: Uint8Array, more: Partial<StreamRecord> = {}): StreamRecord => ({
  stream: 'orders',
  shardId: 'shardId-000000000003',
  sequenceNumber: toSequenceNumber('49590338271490256608559692538361571095921575989136588898'),
  subSequenceNumber: 2,
  partitionKey: 'ada',
  headers: {},
  arrivedAt: new Date('2026-11-23T10:00:00.123Z'),
  value: bytes,
  bytes,
  ...more,
});
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const encodingOf = (text: string): unknown =>
  (JSON.parse(formatRecordLine(record(utf8(text)))) as { encoding: string }).encoding;

test('a line holds the whole record in the documented shape', () => {
  const line = formatRecordLine(record(utf8('{"id":1}'), { explicitHashKey: '42', headers: { trace: 'x' } }));
  expect(line).toBe(
    '{"v":1,"stream":"orders","shardId":"shardId-000000000003",' +
      '"sequenceNumber":"49590338271490256608559692538361571095921575989136588898","subSequenceNumber":2,' +
      '"partitionKey":"ada","explicitHashKey":"42","arrivalTime":"2026-11-23T10:00:00.123Z",' +
      '"encoding":"json","value":{"id":1},"headers":{"trace":"x"}}',
  );
});

test.each([
  ['{"id":1}', 'json'],
  ['"text"', 'json'],
  ['12', 'json'],
  ['{"__proto__":{"a":1},"constructor":2}', 'json'],
  ['{ "id": 1 }', 'utf8'],
  ['{"id":1}\n', 'utf8'],
  ['1.0', 'utf8'],
  ['1e2', 'utf8'],
  ['-0', 'utf8'],
  ['12345678901234567890', 'utf8'],
  ['{"a":1,"a":2}', 'utf8'],
  ['{"2":1,"1":2}', 'utf8'],
  ['"\\u0041"', 'utf8'],
  ['"\\/"', 'utf8'],
  ['\ufeff{"id":1}', 'utf8'],
  ['hello', 'utf8'],
  ['', 'utf8'],
])('%j is written as %s, because that gives its bytes back', (text, encoding) => {
  expect(encodingOf(text)).toBe(encoding);
  expect(parseRecordLine(formatRecordLine(record(utf8(text)))).data).toEqual(utf8(text));
});

test('bytes that are not UTF-8 travel as base64', () => {
  const bytes = Uint8Array.of(0xff, 0xfe, 0x00, 0xc3);
  const line = formatRecordLine(record(bytes));
  expect(JSON.parse(line)).toMatchObject({ encoding: 'base64', value: '//4Aww==' });
  expect(new Uint8Array(parseRecordLine(line).data)).toEqual(bytes);
});

test('any bytes, key, explicit hash key and headers come back exactly, and no line holds a line end', () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary' }).map(utf8),
    fc.json().map(utf8),
    fc.json().map((text) => utf8(JSON.stringify(JSON.parse(text), undefined, 1))),
  );
  fc.assert(
    fc.property(
      anyBytes,
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.option(fc.bigInt(0n, (1n << 128n) - 1n), { nil: undefined }),
      fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
      (bytes, partitionKey, hashKey, headers) => {
        const explicit = hashKey === undefined ? {} : { explicitHashKey: String(hashKey) };
        const line = formatRecordLine(record(bytes, { partitionKey, headers, ...explicit }));
        const parsed = parseRecordLine(line);
        expect(line).not.toContain('\n');
        expect(isRecordLine(line)).toBe(true);
        expect(Buffer.compare(parsed.data, bytes)).toBe(0);
        expect(parsed.partitionKey).toBe(partitionKey);
        expect(Object.entries(parsed.headers ?? {})).toEqual(Object.entries(headers));
        expect(parsed.explicitHashKey).toBe(hashKey === undefined ? undefined : String(hashKey));
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ['not json', 'line'],
  ['[]', 'v'],
  ['{"v":2,"partitionKey":"a","encoding":"utf8","value":"x"}', 'v'],
  ['{"v":1,"encoding":"utf8","value":"x"}', 'partitionKey'],
  ['{"v":1,"partitionKey":"a","encoding":"latin1","value":"x"}', 'encoding'],
  ['{"v":1,"partitionKey":"a","encoding":"json"}', 'value'],
  ['{"v":1,"partitionKey":"a","encoding":"utf8","value":1}', 'value'],
  ['{"v":1,"partitionKey":"a","encoding":"utf8","value":"\\ud800"}', 'value'],
  ['{"v":1,"partitionKey":"a","encoding":"base64","value":"a"}', 'value'],
  ['{"v":1,"partitionKey":"a","explicitHashKey":"0x1","encoding":"utf8","value":"x"}', 'explicitHashKey'],
  ['{"v":1,"partitionKey":"a","explicitHashKey":7,"encoding":"utf8","value":"x"}', 'explicitHashKey'],
  ['{"v":1,"partitionKey":"a","encoding":"utf8","value":"x","headers":[]}', 'headers'],
  ['{"v":1,"partitionKey":"a","encoding":"utf8","value":"x","headers":{"n":1}}', 'headers'],
])('%s is refused, naming %s', (line, path) => {
  expect(() => parseRecordLine(line)).toThrow(
    expect.objectContaining({
      code: 'RECORD_INVALID',
      details: expect.objectContaining({ path }) as unknown,
    }),
  );
});

test('an ordinary JSON line is not taken for a record line', () => {
  expect(isRecordLine('{"v":1,"id":3}')).toBe(false);
  expect(isRecordLine('{"v":1,"stream":"orders","partit')).toBe(true);
  expect(isRecordLine('{"v":1,"id":3')).toBe(false);
  expect(isRecordLine('{"partitionKey":"a","encoding":"utf8","value":"x"}')).toBe(false);
  expect(isRecordLine('hello')).toBe(false);
});
