import fc from 'fast-check';
import { expect, test } from 'vitest';

import { encodePutRecords } from '../../src/aws/put-records-body.ts';

const outgoing = fc.record({
  partitionKey: fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ minLength: 1 })),
  data: fc.uint8Array({ maxLength: 600 }),
  explicitHashKey: fc.option(fc.constantFrom('0', '340282366920938463463374607431768211455'), {
    nil: undefined,
  }),
});

test('the body says what was put, whatever the keys and bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(outgoing, { maxLength: 20 }), (stream, records) => {
      const entries = records.map(({ explicitHashKey, ...rest }) =>
        explicitHashKey === undefined ? rest : { ...rest, explicitHashKey },
      );
      const parsed: unknown = JSON.parse(encodePutRecords(stream, entries).toString());
      expect(parsed).toEqual({
        StreamName: stream,
        Records: entries.map(({ partitionKey, data, ...more }) => ({
          Data: Buffer.from(data).toString('base64'),
          PartitionKey: partitionKey,
          ...('explicitHashKey' in more && { ExplicitHashKey: more.explicitHashKey }),
        })),
      });
    }),
    { numRuns: 500 },
  );
});

test('a record without a partition key is sent without one', () => {
  const body = encodePutRecords('s', [{ partitionKey: '', data: Uint8Array.of(1) }]);
  expect(JSON.parse(body.toString())).toEqual({ StreamName: 's', Records: [{ Data: 'AQ==' }] });
});

test('base64 has every length right, short and long', () => {
  for (let length = 0; length < 260; length++) {
    const data = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 255);
    const { Records } = JSON.parse(encodePutRecords('s', [{ partitionKey: 'k', data }]).toString());
    expect(Records[0].Data).toBe(Buffer.from(data).toString('base64'));
  }
});
