import {
  createAggregator,
  decodeAggregate,
  encodeAggregate,
  type AggregateEntry,
} from '@millrace/kinesis/codec';
import { effectiveHashKey } from '@millrace/kinesis/record';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { hex, utf8 } from './aggregate-bytes.ts';
import { anyEntry, someEntries } from './arbitraries.ts';

const one: AggregateEntry = { partitionKey: 'user-b', data: utf8('one') };
const two: AggregateEntry = { partitionKey: '42', data: utf8('two') };

describe('the golden vectors', () => {
  test('records that share keys are written byte for byte as the KPL describes it', () => {
    const three = { partitionKey: 'user-b', data: utf8('three') };
    expect(Buffer.from(encodeAggregate([one, two, three]).data)).toEqual(
      hex(
        'f3899ac20a06757365722d620a0234321a0708001a036f6e651a0708011a0374776f1a0908001a05746872656598' +
          '2a55f68d91c0fb106bd41e3056d2af',
      ),
    );
  });

  test('explicit hash keys are written byte for byte as the KPL describes it', () => {
    const top = '340282366920938463463374607431768211455';
    const entries = [
      { partitionKey: 'k', explicitHashKey: '0', data: utf8('a') },
      { partitionKey: 'k', explicitHashKey: top, data: utf8('b') },
    ];
    expect(Buffer.from(encodeAggregate(entries).data)).toEqual(
      hex(
        'f3899ac20a016b12013012273334303238323336363932303933383436333436333337343630373433313736383231' +
          '313435351a07080010001a01611a07080010011a01620c2a8f194824f886d3f0f6a4834275c9',
      ),
    );
  });
});

describe('where an aggregate goes', () => {
  test('it is put under "a" at the hash key of its first record', () => {
    const record = encodeAggregate([one, two]);
    expect(record.partitionKey).toBe('a');
    expect(record.explicitHashKey).toBe('49560880368761828922151166659589731216');
  });

  test('an explicit hash key of the first record decides, one of a later record does not', () => {
    const placed = { ...two, explicitHashKey: '7' };
    expect(encodeAggregate([placed, one]).explicitHashKey).toBe('7');
    expect(encodeAggregate([one, placed]).explicitHashKey).toBe(
      effectiveHashKey('user-b', undefined).toString(),
    );
  });
});

describe('what fits', () => {
  test('the size is exact after every record, whatever its keys, bytes and headers', () => {
    fc.assert(
      fc.property(someEntries, (entries) => {
        const aggregator = createAggregator({ maxBytes: 1_000_000 });
        for (const [index, entry] of entries.entries()) {
          expect(aggregator.add(entry)).toBe(true);
          expect(aggregator.size).toBe(encodeAggregate(entries.slice(0, index + 1)).data.length);
        }
        expect(aggregator.finish()).toEqual(encodeAggregate(entries));
      }),
    );
  });

  test('an aggregate takes a record exactly when it stays within its bytes, and is unchanged when it does not', () => {
    fc.assert(
      fc.property(someEntries, anyEntry, fc.integer({ min: -2, max: 2 }), (entries, last, spare) => {
        const withLast = encodeAggregate([...entries, last]).data.length;
        const maxBytes = Math.max(64, withLast + spare);
        const aggregator = createAggregator({ maxBytes });
        for (const entry of entries) fc.pre(aggregator.add(entry));
        const before = aggregator.size;
        const fits = withLast <= maxBytes;
        expect(aggregator.fits(last)).toBe(fits);
        expect(aggregator.size).toBe(before);
        expect(aggregator.add(last)).toBe(fits);
        expect(aggregator.size).toBe(fits ? withLast : before);
        expect(aggregator.finish()).toEqual(encodeAggregate(fits ? [...entries, last] : entries));
      }),
    );
  });

  test('an aggregate is full at its count', () => {
    const aggregator = createAggregator({ maxCount: 2 });
    expect([aggregator.add(one), aggregator.add(two), aggregator.fits(one), aggregator.add(one)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(aggregator.count).toBe(2);
  });

  test('a record too large for an aggregate of its own is refused by an empty aggregator', () => {
    const aggregator = createAggregator({ maxBytes: 64 });
    expect(aggregator.add({ partitionKey: 'k', data: new Uint8Array(64) })).toBe(false);
    expect(aggregator.count).toBe(0);
  });

  test('without options an aggregate takes the 51,200 bytes of the KPL', () => {
    const aggregator = createAggregator();
    while (aggregator.add(one));
    expect(aggregator.size).toBeLessThanOrEqual(51_200);
    expect(aggregator.size).toBeGreaterThan(51_200 - 20);
  });
});

describe('finishing', () => {
  test('one aggregator fills one aggregate after the other', () => {
    const aggregator = createAggregator();
    aggregator.add({ ...one, explicitHashKey: '5' });
    aggregator.finish();
    expect([aggregator.count, aggregator.size]).toEqual([0, 20]);
    aggregator.add(two);
    expect(aggregator.finish()).toEqual(encodeAggregate([two]));
  });

  test('what was added is gone after clear', () => {
    const aggregator = createAggregator();
    aggregator.add(one);
    aggregator.clear();
    aggregator.add(two);
    expect(aggregator.finish()).toEqual(encodeAggregate([two]));
  });

  test('an aggregate larger than a listing of indexes of one byte keeps every record', () => {
    const entries = Array.from({ length: 40_000 }, (_, index) => ({
      partitionKey: `key-${index % 20_000}`,
      data: utf8(String(index)),
    }));
    const decoded = decodeAggregate(encodeAggregate(entries).data);
    expect(decoded?.length).toBe(40_000);
    expect(decoded?.every(({ partitionKey }, index) => partitionKey === `key-${index % 20_000}`)).toBe(true);
  });

  test('an empty aggregate is refused', () => {
    expect(() => createAggregator().finish()).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
    expect(() => encodeAggregate([])).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
  });

  test.each([
    ['shrunk to nothing', (): AggregateEntry => ({ partitionKey: 'k', data: new Uint8Array([1, 2, 3]) })],
    ['given a header', (): AggregateEntry => ({ partitionKey: 'k', data: utf8('x'), headers: {} })],
  ])('a record %s behind the aggregator’s back is refused rather than tearing the others', (_, make) => {
    const aggregator = createAggregator();
    const entry = make();
    aggregator.add(one);
    aggregator.add(entry);
    aggregator.add(two);
    if (entry.headers === undefined)
      structuredClone(entry.data.buffer, { transfer: [entry.data.buffer as ArrayBuffer] });
    else Object.assign(entry.headers, { trace: '1' });
    expect(() => aggregator.finish()).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
    expect(aggregator.count).toBe(0);
  });
});

describe('bad input', () => {
  test.each(['', '-1', '01', '1.5', '0x10', 'abc', '340282366920938463463374607431768211456'])(
    'an explicit hash key of %j is refused and leaves the aggregate as it was',
    (explicitHashKey) => {
      const aggregator = createAggregator();
      aggregator.add(one);
      expect(() => aggregator.add({ ...two, explicitHashKey })).toThrow(
        expect.objectContaining({ code: 'RECORD_INVALID' }),
      );
      expect(aggregator.finish()).toEqual(encodeAggregate([one]));
    },
  );

  test.each([
    { maxBytes: 63 },
    { maxBytes: 10_485_761 },
    { maxBytes: 100.5 },
    { maxCount: 0 },
    { maxCount: 1_000_001 },
    { maxCount: Number.NaN },
  ])('an aggregator of %o is refused', (options) => {
    expect(() => createAggregator(options)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});
