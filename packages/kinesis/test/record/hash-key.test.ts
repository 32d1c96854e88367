import { createHash } from 'node:crypto';

import { effectiveHashKey, hashKeyOf, isHashKey, MAX_HASH_KEY, parseHashKey } from '@millrace/kinesis/record';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test.each([
  ['user-b', 49560880368761828922151166659589731216n],
  ['42', 215089739385482443301854222253501995174n],
  ['a', 16955237001963240173058271559858726497n],
  ['', 281949768489412648962353822266799178366n],
])('the hash key of %j is the MD5 the service takes', (key, hashKey) => {
  expect(hashKeyOf(key)).toBe(hashKey);
});

test('the hash key is the MD5 of the UTF-8 bytes, of any text', () => {
  const anyUnits = fc
    .array(fc.integer({ min: 0, max: 0xffff }))
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(fc.oneof(anyUnits, fc.string({ unit: 'binary' })), (key) => {
      const digest = createHash('md5').update(Buffer.from(key, 'utf8')).digest('hex');
      expect(hashKeyOf(key)).toBe(BigInt(`0x${digest}`));
    }),
  );
});

test('every hash key survives its decimal form', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: MAX_HASH_KEY }), (hashKey) => {
      expect(parseHashKey(hashKey.toString())).toBe(hashKey);
    }),
  );
  expect(MAX_HASH_KEY.toString()).toBe('340282366920938463463374607431768211455');
  expect(parseHashKey(MAX_HASH_KEY.toString())).toBe(MAX_HASH_KEY);
});

test.each([
  '',
  '-1',
  '00',
  '007',
  '1.5',
  '1e2',
  ' 1',
  '1\n',
  '0x1f',
  'abc',
  '340282366920938463463374607431768211456',
  '9'.repeat(39),
])('%j is refused as an explicit hash key', (text) => {
  expect(isHashKey(text)).toBe(false);
  expect(() => parseHashKey(text)).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
});

test('an explicit hash key goes before the partition key', () => {
  expect(effectiveHashKey('user-b', '7')).toBe(7n);
  expect(effectiveHashKey('user-b', undefined)).toBe(hashKeyOf('user-b'));
});
