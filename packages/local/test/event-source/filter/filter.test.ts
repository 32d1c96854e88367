import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { PatternError } from '../../../src/event-source/filter/condition.ts';
import { compileFilter, type FilterOptions } from '../../../src/event-source/filter/criteria.ts';
import { matchesWildcard, parseWildcard } from '../../../src/event-source/filter/wildcard.ts';

const recordOf = (data: string) => ({
  partitionKey: 'ada',
  sequenceNumber: '1',
  arrivedAt: 1_764_000_000_000,
  data: Buffer.from(data).toString('base64'),
});

/** Whether data, as JSON text or as a value, gets past a pattern on `data`. */
function passes(pattern: unknown, data: unknown, options?: FilterOptions): boolean {
  const text = typeof pattern === 'string' ? pattern : JSON.stringify({ data: pattern });
  return compileFilter([text], options).accepts(
    recordOf(typeof data === 'string' ? data : JSON.stringify(data)),
  );
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

type Row = readonly [pattern: unknown, data: unknown, passes: boolean];

describe.each<readonly [string, readonly Row[]]>([
  [
    'null',
    [
      [{ a: [null] }, { a: null }, true],
      [{ a: [null] }, { a: '' }, false],
      [{ a: [null] }, {}, false],
    ],
  ],
  [
    'empty',
    [
      [{ a: [''] }, { a: '' }, true],
      [{ a: [''] }, { a: null }, false],
    ],
  ],
  [
    'equals',
    [
      [{ a: ['x'] }, { a: 'x' }, true],
      [{ a: ['x'] }, { a: 'X' }, false],
      [{ a: [true] }, { a: true }, true],
      [{ a: [true] }, { a: 'true' }, false],
      [{ a: [1] }, { a: '1' }, false],
      [{ a: ['1'] }, { a: 1 }, false],
    ],
  ],
  [
    'equals-ignore-case',
    [
      [{ a: [{ 'equals-ignore-case': 'Ada' }] }, { a: 'aDA' }, true],
      [{ a: [{ 'equals-ignore-case': 'Ada' }] }, { a: 'adam' }, false],
    ],
  ],
  [
    'and',
    [
      [{ a: [1], b: [2] }, { a: 1, b: 2 }, true],
      [{ a: [1], b: [2] }, { a: 1, b: 3 }, false],
      [{ a: { b: { c: [1] } } }, { a: { b: { c: 1 } } }, true],
    ],
  ],
  [
    'or',
    [
      [{ a: [1, 2] }, { a: 2 }, true],
      [{ a: [1, { prefix: 'x' }] }, { a: 'xy' }, true],
      [{ a: [1, 2] }, { a: 3 }, false],
    ],
  ],
  [
    '$or',
    [
      [{ $or: [{ a: [1] }, { b: [2] }] }, { b: 2 }, true],
      [{ $or: [{ a: [1] }, { b: [2] }] }, { a: 2, b: 1 }, false],
      [{ c: [3], $or: [{ a: [1] }, { b: [2] }] }, { a: 1 }, false],
      [{ d: { $or: [{ a: [1] }, { b: [2] }] } }, { d: { a: 1 } }, true],
      [{ $or: ['x', 'y'] }, { $or: 'y' }, true],
    ],
  ],
  [
    'anything-but',
    [
      [{ a: [{ 'anything-but': 'x' }] }, { a: 'y' }, true],
      [{ a: [{ 'anything-but': 'x' }] }, { a: 'x' }, false],
      [{ a: [{ 'anything-but': ['x', 'z'] }] }, { a: 'z' }, false],
      [{ a: [{ 'anything-but': [1, 2] }] }, { a: 2 }, false],
      [{ a: [{ 'anything-but': [1, 2] }] }, { a: '2' }, true],
      [{ a: [{ 'anything-but': 'x' }] }, {}, false],
      [{ a: [{ 'anything-but': { prefix: 'x' } }] }, { a: 'xy' }, false],
      [{ a: [{ 'anything-but': { prefix: ['x', 'y'] } }] }, { a: 'yz' }, false],
      [{ a: [{ 'anything-but': { suffix: 'x' } }] }, { a: 'xy' }, true],
      [{ a: [{ 'anything-but': { 'equals-ignore-case': ['ADA'] } }] }, { a: 'ada' }, false],
      [{ a: [{ 'anything-but': { wildcard: 'a*c' } }] }, { a: 'abc' }, false],
    ],
  ],
  [
    'numeric',
    [
      [{ a: [{ numeric: ['=', 300] }] }, '{"a":3.0e2}', true],
      [{ a: [{ numeric: ['>', 1] }] }, { a: 1 }, false],
      [{ a: [{ numeric: ['>=', 1] }] }, { a: 1 }, true],
      [{ a: [{ numeric: ['<', 1] }] }, { a: 0.5 }, true],
      [{ a: [{ numeric: ['<=', -1] }] }, { a: -1 }, true],
      [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 5 }, true],
      [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 0 }, false],
      [{ a: [{ numeric: ['>', 0] }] }, { a: '5' }, false],
    ],
  ],
  [
    'exists',
    [
      [{ a: [{ exists: true }] }, { a: null }, true],
      [{ a: [{ exists: true }] }, {}, false],
      [{ a: [{ exists: true }] }, { a: { b: 1 } }, false],
      [{ a: [{ exists: false }] }, {}, true],
      [{ a: [{ exists: false }] }, { a: 1 }, false],
      [{ a: [{ exists: false }] }, { a: { b: 1 } }, true],
      [{ a: { b: [{ exists: false }] } }, {}, true],
      [{ a: { b: [{ exists: false }] } }, { a: [{ b: 1 }, { c: 1 }] }, false],
      [{ a: [{ exists: false }, 'x'] }, { a: 'x' }, true],
    ],
  ],
  [
    'prefix, suffix',
    [
      [{ a: [{ prefix: 'x' }] }, { a: 'xy' }, true],
      [{ a: [{ prefix: 'x' }] }, { a: 'yx' }, false],
      [{ a: [{ suffix: 'y' }] }, { a: 'xy' }, true],
      [{ a: [{ suffix: { 'equals-ignore-case': '.PNG' } }] }, { a: 'a.png' }, true],
      [{ a: [{ prefix: { 'equals-ignore-case': 'A' } }] }, { a: 'ab' }, true],
    ],
  ],
  [
    'wildcard, cidr',
    [
      [{ a: [{ wildcard: 'a*c*e' }] }, { a: 'abcde' }, true],
      [{ a: [{ wildcard: 'a*c' }] }, { a: 'abcd' }, false],
      [{ a: [{ wildcard: '\\*' }] }, { a: '*' }, true],
      [{ a: [{ cidr: '10.0.0.0/24' }] }, { a: '10.0.0.255' }, true],
      [{ a: [{ cidr: '10.0.0.0/24' }] }, { a: '10.0.1.0' }, false],
      [{ a: [{ cidr: '2001:db8::/32' }] }, { a: '2001:db8:1::7' }, true],
      [{ a: [{ cidr: '2001:db8::/32' }] }, { a: '10.0.0.1' }, false],
    ],
  ],
  [
    'arrays',
    [
      [{ a: ['x'] }, { a: ['y', 'x'] }, true],
      [{ a: ['x', 'z'] }, { a: ['y'] }, false],
      [{ a: { b: [1], c: [2] } }, { a: [{ b: 1, c: 2 }] }, true],
      [{ a: { b: [1], c: [2] } }, { a: [{ b: 1 }, { c: 2 }] }, false],
      [{ a: ['x'] }, { a: [['x']] }, true],
      [{ a: ['x'] }, { a: [] }, false],
    ],
  ],
])('[filter/operators] %s', (_operator, rows) => {
  test.each(rows)('the pattern %j on %j: %s', (pattern, data, expected) => {
    expect(passes(pattern, data)).toBe(expected);
  });
});

describe('[filter/numbers]', () => {
  test('plain numbers compare by how they are written', () => {
    expect(passes('{"data":{"a":[300]}}', '{"a":300}')).toBe(true);
    expect(passes('{"data":{"a":[300]}}', '{"a":300.0}')).toBe(false);
    expect(passes('{"data":{"a":[300]}}', '{"a":3.0e2}')).toBe(false);
  });
  test('numberEquality value compares them as numbers', () => {
    expect(passes('{"data":{"a":[300]}}', '{"a":3.0e2}', { numberEquality: 'value' })).toBe(true);
  });
});

describe('[filter/duplicates]', () => {
  test('of a key given twice in a pattern the last counts', () => {
    const pattern = '{"data":{"a":["x"],"a":["y"]}}';
    expect(passes(pattern, { a: 'y' })).toBe(true);
    expect(passes(pattern, { a: 'x' })).toBe(false);
  });
});

describe('[filter/data]', () => {
  test('data that is not JSON does not get past a pattern on data', () => {
    expect(passes({ a: [{ exists: false }] }, 'plain text')).toBe(false);
  });
  test('data that is not JSON gets past a pattern on the partition key, which is warned of', () => {
    const filter = compileFilter(['{"partitionKey":["ada"]}']);
    expect(filter.accepts(recordOf('plain text'))).toBe(true);
    expect(filter.warnings).toEqual([
      'a pattern on partitionKey is not promised: Lambda documents filtering Kinesis on data only',
    ]);
  });
  test('a pattern whose data is not JSON is none', () => {
    expect(() => compileFilter(['{"data":["plain text"]}'])).toThrow(PatternError);
  });
  test('data and metadata of one pattern must both match, and any of several patterns is enough', () => {
    const both = '{"partitionKey":["ada"],"data":{"a":[1]}}';
    expect(passes(both, { a: 1 })).toBe(true);
    expect(passes(both, { a: 2 })).toBe(false);
    const filter = compileFilter([both, '{"data":{"b":[1]}}']);
    expect(filter.accepts(recordOf('{"b":1}'))).toBe(true);
    expect(filter.accepts(recordOf('{"b":2}'))).toBe(false);
  });
  test('without a pattern every record passes', () => {
    expect(compileFilter([]).accepts(recordOf('anything'))).toBe(true);
  });
  test('more filters than accounts have by default are warned of', () => {
    const six = Array.from({ length: 6 }, (_, index) => `{"data":{"a":[${index}]}}`);
    expect(compileFilter(six.slice(1)).warnings).toEqual([]);
    expect(compileFilter(six).warnings).toEqual(['more than 5 filters need a quota raised by AWS']);
  });
  test('operators that Lambda does not list work and are warned of', () => {
    const { warnings } = compileFilter(['{"data":{"a":[{"wildcard":"*"},{"cidr":"10.0.0.0/8"}]}}']);
    expect(warnings).toEqual([
      "wildcard is not in Lambda's list of filter operators",
      "cidr is not in Lambda's list of filter operators",
    ]);
  });
});

describe('[filter/invalid]', () => {
  test.each([
    'no json',
    '"text"',
    '[]',
    '{}',
    '{"data":{}}',
    '{"data":{"a":[]}}',
    '{"data":{"a":"x"}}',
    '{"data":{"a":1}}',
    '{"data":{"a":[["x"]]}}',
    '{"data":{"a":[{"exists":"yes"}]}}',
    '{"data":{"a":[{"exists":true,"prefix":"x"}]}}',
    '{"data":{"a":[{}]}}',
    '{"data":{"a":[{"like":"x"}]}}',
    '{"data":{"a":[{"numeric":[">"]}]}}',
    '{"data":{"a":[{"numeric":["~",1]}]}}',
    '{"data":{"a":[{"numeric":[">","1"]}]}}',
    '{"data":{"a":[{"numeric":[">",5,"<",1]}]}}',
    '{"data":{"a":[{"numeric":["<",1,">",5]}]}}',
    '{"data":{"a":[{"anything-but":[]}]}}',
    '{"data":{"a":[{"anything-but":[true]}]}}',
    '{"data":{"a":[{"anything-but":["x",1]}]}}',
    '{"data":{"a":[{"anything-but":{"numeric":["=",1]}}]}}',
    '{"data":{"a":[{"prefix":1}]}}',
    '{"data":{"a":[{"wildcard":"a**b"}]}}',
    '{"data":{"a":[{"wildcard":"a\\\\b"}]}}',
    '{"data":{"a":[{"cidr":"10.0.0.0"}]}}',
    '{"data":{"a":[{"cidr":"10.0.0.0/33"}]}}',
    `{"data":{"a":["${'x'.repeat(4096)}"]}}`,
    `${'{"a":'.repeat(200)}[1]${'}'.repeat(200)}`,
  ])('%s is no pattern', (pattern) => {
    expect(() => compileFilter([pattern])).toThrow(PatternError);
  });
});

describe('any filter', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const names = fc.constantFrom('a', 'b', 'c');
  const few = { minLength: 1, maxLength: 3 };
  const flat = fc.dictionary(names, scalar, { minKeys: 1, maxKeys: 3 });

  test('made of a record’s own values lets the record pass', () => {
    fc.assert(
      fc.property(flat, (record) => {
        const pattern = Object.fromEntries(Object.entries(record).map(([name, value]) => [name, [value]]));
        expect(passes(pattern, record)).toBe(true);
      }),
    );
  });
  test('of anything-but is the opposite of the same values listed, where the field is there', () => {
    fc.assert(
      fc.property(
        flat,
        names,
        fc.oneof(...[fc.string(), fc.integer()].map((one) => fc.array<string | number>(one, few))),
        (record, name, values) => {
          fc.pre(Object.hasOwn(record, name));
          expect(passes({ [name]: [{ 'anything-but': values }] }, record)).toBe(
            !passes({ [name]: values }, record),
          );
        },
      ),
    );
  });
  test('with $or passes what either of its patterns passes', () => {
    fc.assert(
      fc.property(flat, names, names, scalar, scalar, (record, first, second, one, other) => {
        expect(passes({ $or: [{ [first]: [one] }, { [second]: [other] }] }, record)).toBe(
          passes({ [first]: [one] }, record) || passes({ [second]: [other] }, record),
        );
      }),
    );
  });
  test('is either refused as a pattern or answers for every record', () => {
    const operator = fc.constantFrom(
      'prefix',
      'suffix',
      'numeric',
      'exists',
      'anything-but',
      'wildcard',
      'cidr',
      'equals-ignore-case',
      '$or',
      'data',
      'a',
    );
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(operator, tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, fc.jsonValue(), (pattern, data) => {
        const text = JSON.stringify({ data: pattern });
        const answer = attempt(() => compileFilter([text]).accepts(recordOf(JSON.stringify(data))));
        expect(typeof answer === 'boolean' || answer instanceof PatternError).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
  test('of a wildcard matches what the regular expression of it matches', () => {
    const piece = fc.constantFrom('a', 'b', '*');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.string({ unit: fc.constantFrom('a', 'b') }),
        (glob, text) => {
          const pattern = glob.join('');
          const parts = parseWildcard(pattern);
          fc.pre(parts !== undefined);
          const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
          expect(matchesWildcard(parts ?? [], text)).toBe(expression.test(text));
        },
      ),
    );
  });
});
