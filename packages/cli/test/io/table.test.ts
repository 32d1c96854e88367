import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Room } from '../../src/io/io.ts';
import { renderTable, type Column } from '../../src/io/table.ts';
import { clip, pad, shorten, widthOf } from '../../src/io/text-width.ts';

type Row = readonly [string, string, string];

const columns: readonly Column<Row>[] = [
  { title: 'NAME', cell: ([name]) => name },
  { title: 'RECORDS', cell: ([, records]) => records, align: 'right' },
  { title: 'TREND', cell: ([, , trend]) => trend, dispensable: true },
];

function render(rows: readonly Row[], room?: Room): readonly string[] {
  const io = { ...({} as Parameters<typeof renderTable>[2]['io']), room };
  return renderTable(rows, columns, { colour: false, io }).split('\n').slice(0, -1);
}

const narrow = (of: number): Room => ({ columns: of, rows: 24 });

test('a table without a terminal holds every cell whole', () => {
  const long = 'a'.repeat(300);
  expect(render([[long, '1', long]])[1]).toBe(`${long}        1  ${long}`);
});

test('columns stand under one another, whatever letters are in them', () => {
  const lines = render([
    ['ada', '1', '▁█'],
    ['漢字キー', '12', '▁█'],
    ['e\u0301mile', '7', '▁█'],
  ]);
  expect(lines).toEqual([
    'NAME      RECORDS  TREND',
    'ada             1  ▁█',
    '漢字キー       12  ▁█',
    'e\u0301mile           7  ▁█',
  ]);
});

test('on a narrow terminal what is dispensable goes first, then the widest cells give up their middle', () => {
  const name = `shardId-${'0'.repeat(30)}17`;
  expect(render([[name, '1,234', '▁▂▃▄▅▆▇█']], narrow(52))).toEqual([
    `NAME${' '.repeat(38)}RECORDS`,
    `${name}    1,234`,
  ]);
  const [, row = ''] = render([[name, '1,234', '▁▂▃▄▅▆▇█']], narrow(30));
  expect(row).toMatch(/^shardId-0+…0+17 +1,234$/);
  expect(row).toHaveLength(30);
});

const anyText = fc.string({ unit: 'grapheme', maxLength: 60 });

test('no line is wider than the terminal where twelve cells a column fit it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyText, anyText, anyText)),
      fc.integer({ min: 28, max: 200 }),
      (rows, width) => {
        for (const line of render(rows, narrow(width))) expect(widthOf(line)).toBeLessThanOrEqual(width);
      },
    ),
  );
});

test('shortened, clipped and padded texts take the cells they were given', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, width) => {
      expect(widthOf(shorten(text, width))).toBeLessThanOrEqual(width);
      const fits = widthOf(text) <= width;
      expect(shorten(text, width) === text).toBe(fits || text === '…');
      expect(fits || shorten(text, width).includes('…')).toBe(true);
      for (const side of ['start', 'end'] as const) {
        expect(widthOf(pad(text, width, side))).toBe(Math.max(width, widthOf(text)));
      }
    }),
  );
  expect(shorten('4968061328322621262193', 9)).toBe('4968…2193');
});

test('a coloured line is clipped by what is seen of it, and its colour still ends', () => {
  const line = `\u001b[31mthrottled\u001b[39m and \u001b[1mmore\u001b[22m`;
  expect(clip(line, 80)).toBe(line);
  expect(clip(line, 5)).toBe('\u001b[31mthro…\u001b[39m\u001b[1m\u001b[22m');
  expect(clip(line, 13)).toBe('\u001b[31mthrottled\u001b[39m an…\u001b[1m\u001b[22m');
});
