import { isMillraceError } from '@millrace/kinesis';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Scope } from '../../src/where/scope.ts';
import { parseWhere } from '../../src/where/parse-where.ts';

const scope = (value: unknown, more: Partial<Scope> = {}): Scope => ({
  value,
  key: 'ada',
  headers: {},
  shard: 'shardId-000000000000',
  sequence: '42',
  arrived: 1000,
  size: 10,
  ...more,
});
const outcome = (text: string, value: unknown): string => {
  let where: (of: Scope) => boolean;
  try {
    where = parseWhere(text);
  } catch (error) {
    return isMillraceError(error, 'OPTION_INVALID') ? 'refused' : String(error);
  }
  return typeof where(scope(value));
};
const order = { total: 120, currency: 'EUR', note: null, tags: ['vip', 'new'], lines: [{ sku: 'a1' }] };

test.each([
  ['value.total > 100', true],
  ['value.total > 100 && value.currency == "USD"', false],
  ['value.total < 100 || value.currency === "EUR"', true],
  ['value.total * 2 + 1 == 241', true],
  ['value.total - 20 - 10 == 90', true],
  ['value.total % 7 / 1 == 1', true],
  ['-value.total < -100', true],
  ['!(value.total > 100)', false],
  ['value["currency"] ~ /^e/i', true],
  ['value.currency !~ /^E/', false],
  ['key ~ /a[/d]a/', true],
  ['value.lines[0].sku in ["a1", "b2"]', true],
  ['value.tags.includes("vip") && value.tags.length == 2', true],
  ['value.currency.toLowerCase().startsWith("eu")', true],
  ['headers["content-type"] == null', true],
  ['value.note == value.nothing', true],
  ['value.nothing.of.it > 0', false],
  ['value.nothing < 0', false],
  ['value.total == "120"', false],
  ['size >= 10 && arrived <= 1000 && sequence == "42" && shard.endsWith("0")', true],
  ["'it\\'s' == \"it's\"", true],
  ['1 + 2 * 3 == 7 && (1 + 2) * 3 == 9', true],
  ['true && !false && null == undefined', true],
])('%s is %s', (text, expected) => {
  expect(parseWhere(text)(scope(order))).toBe(expected);
});

test.each([
  ['value.total >', 14, 'it ends here'],
  ['value.total >> 100', 14, '">"'],
  ['total > 100', 1, 'value.total'],
  ['value.total > 100)', 18, '")"'],
  ["value.name == 'x", 15, 'no end'],
  ['value.name ~ /(/', 14, 'nvalid regular expression'],
  ['value.name ~ /a', 14, 'no end'],
  ['value.name ~ /a/g', 14, 'flags'],
  ['value.exec("rm")', 7, 'there is no exec()'],
  ['value.constructor()', 7, 'there is no constructor()'],
  ['value; 1', 6, '";"'],
  ['', 1, 'a value'],
])('%j cannot be read, and the error says column %i', (text, column, problem) => {
  expect(() => parseWhere(text)).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(
        new RegExp(`column ${column}:.*${problem.replace(/[()]/g, '\\$&')}`, 'su'),
      ) as unknown,
    }),
  );
});

test('nothing that objects inherit can be seen or called', () => {
  for (const text of [
    'value.constructor',
    'value.__proto__',
    'value.tags.map',
    'key.constructor',
    'value["constructor"]["constructor"]',
  ]) {
    expect(parseWhere(text)(scope(order))).toBe(false);
  }
});

test('numbers are compared and computed as JavaScript does', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }).map((value) => String(value));
  const expression: fc.Arbitrary<string> = fc.letrec<{ tree: string; leaf: string; node: string }>((tie) => ({
    leaf: number,
    node: fc
      .tuple(tie('tree'), fc.constantFrom('+', '-', '*', '/', '%'), tie('tree'))
      .map(([left, sign, right]) => `(${left} ${sign} ${right})`),
    tree: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('node')),
  })).tree;
  fc.assert(
    fc.property(expression, expression, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), (a, b, sign) => {
      // Ours leaves nothing to be run: the test may, on numbers alone.
      // oxlint-disable-next-line no-implied-eval, typescript/no-unsafe-call -- the oracle
      const wanted = new Function(
        `return (${a}) ${sign === '==' ? '===' : sign === '!=' ? '!==' : sign} (${b})`,
      )() as boolean;
      expect(parseWhere(`${a} ${sign} ${b}`)(scope(undefined))).toBe(wanted);
    }),
  );
});

test('whatever is typed is read or refused with a column, and what is read never throws', () => {
  const words = fc.constantFrom(
    'value',
    '.',
    'total',
    '[',
    ']',
    '(',
    ')',
    '!',
    '-',
    '~',
    '/a/',
    'in',
    '&&',
    '||',
    '==',
    '<',
    '+',
    ',',
    '"x"',
    "'",
    '1',
    'key',
    'null',
    '\\',
    '\u{1f600}',
    'includes',
    '%',
    '$',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 24 }).map((some) => some.join(' ')),
  );
  fc.assert(
    fc.property(text, fc.anything(), (typed, value) => {
      expect(outcome(typed, value)).toMatch(/^(?:boolean|refused)$/);
    }),
    { numRuns: 2000 },
  );
});

test('an expression nested beyond reason is refused, a long one is not', () => {
  expect(() => parseWhere('('.repeat(1000))).toThrow(/nested too deeply/);
  expect(() => parseWhere('!'.repeat(1000))).toThrow(/nested too deeply/);
  expect(() => parseWhere('1'.repeat(5000))).toThrow(/longer than/);
  expect(parseWhere(Array.from({ length: 300 }, () => 'size > 0').join('&&'))(scope(1))).toBe(true);
});
