import { decodeLostRecord, MillraceError, type LostRecord } from '@millrace/kinesis';
import { toSequenceNumber } from '@millrace/kinesis/record';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { encodeLostRecord } from '../../src/sink/lost-document.ts';

const text = fc.string({ unit: 'binary' });
const place = {
  sequenceNumber: fc.bigInt({ min: 0n }).map((number) => toSequenceNumber(String(number))),
  subSequenceNumber: fc.nat(),
};
const anyLost: fc.Arbitrary<LostRecord> = fc.record(
  {
    stream: text,
    record: fc.record(
      {
        partitionKey: text,
        explicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
        headers: fc.dictionary(text, text, { noNullPrototype: true }),
        data: fc.uint8Array(),
      },
      { requiredKeys: ['partitionKey', 'data'] },
    ),
    error: fc.option(fc.nat(), { nil: undefined }).map(
      (attempts) =>
        new MillraceError('THROTTLED', 'Too much.', {
          advice: 'Less.',
          ...(attempts !== undefined && { attempts }),
        }),
    ),
    position: fc.record(
      {
        shardId: text,
        ...place,
        arrivedAt: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') }),
        attempts: fc.nat(),
        parkedBehind: fc.record(place),
      },
      { requiredKeys: ['shardId', 'sequenceNumber', 'subSequenceNumber', 'arrivedAt', 'attempts'] },
    ),
  },
  { requiredKeys: ['stream', 'record', 'error'] },
);
const at = new Date('2026-01-01T00:00:00.000Z');

test('a lost record comes back as it was, from one line of ASCII', () => {
  fc.assert(
    fc.property(anyLost, (lost) => {
      const document = encodeLostRecord(lost, at);
      expect(document).toMatch(/^[\u0020-\u007e]*$/);
      const { error, ...rest } = lost;
      const { attempts } = error.details;
      expect(decodeLostRecord(document)).toEqual({
        ...rest,
        error: { code: 'THROTTLED', message: error.message, ...(attempts !== undefined && { attempts }) },
        lostAt: at,
      });
    }),
  );
});

test('any other text is a typed error that names the place', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (document) => {
      expect(() => decodeLostRecord(document)).toThrow(
        expect.objectContaining({
          code: 'RECORD_INVALID',
          details: expect.objectContaining({ path: expect.any(String) }),
        }),
      );
    }),
  );
});

test.each([
  ['v', { v: 2 }],
  ['stream', { stream: 7 }],
  ['partitionKey', { partitionKey: undefined }],
  ['explicitHashKey', { explicitHashKey: '007' }],
  ['encoding', { encoding: 'hex' }],
  ['value', { value: 'AQ' }],
  ['value', { value: '!' }],
  ['headers.a', { headers: { a: 1 } }],
  ['position', { position: [] }],
  ['position.sequenceNumber', { position: { sequenceNumber: '-1' } }],
  [
    'position.arrivedAt',
    { position: { sequenceNumber: '1', shardId: 's', subSequenceNumber: 0, arrivedAt: 'soon' } },
  ],
  ['error.code', { error: {} }],
  ['lostAt', { lostAt: 'never' }],
])('a document whose %s is wrong is refused for that (%j)', (path, wrong) => {
  const lost = {
    stream: 'orders',
    record: { partitionKey: 'k', data: Uint8Array.of(1) },
    error: new MillraceError('THROTTLED', 'Too much.', { advice: 'Less.' }),
  };
  const document = JSON.stringify({ ...JSON.parse(encodeLostRecord(lost, at)), ...wrong });
  expect(() => decodeLostRecord(document)).toThrow(
    expect.objectContaining({ code: 'RECORD_INVALID', details: expect.objectContaining({ path }) }),
  );
});
