import type { CommandContext } from '../command-context.ts';
import { createPaint } from './paint.ts';
import { pad, shorten, widthOf } from './text-width.ts';
import { visible } from './visible.ts';

/** A column of a table: its title and the text of an item. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => string;
  readonly align?: 'right';
  /** Left out where the terminal is too narrow for all columns. */
  readonly dispensable?: true;
}

const gap = 2;
/** Less of a name says nothing. */
const leastWidth = 12;

/** A table of these items as text, with a line end; on a terminal no line is longer than it is wide, if that can be. */
export function renderTable<T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  { colour, io }: Pick<CommandContext, 'colour' | 'io'>,
): string {
  const room = io.room?.columns ?? Number.POSITIVE_INFINITY;
  const drawn = measure(items, columns);
  const kept = fits(drawn, room) ? drawn : drawn.filter(({ column }) => column.dispensable !== true);
  const widths = squeeze(
    kept.map(({ width }) => width),
    kept.map(({ column }) => Math.max(leastWidth, column.title.length)),
    room,
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        const side = kept[index]?.column.align === 'right' ? 'start' : 'end';
        return pad(shorten(cell, width), width, side);
      })
      .join(' '.repeat(gap))
      .trimEnd();
  const head = createPaint(colour)('bold', line(kept.map(({ column }) => column.title)));
  const rows = items.map((_, row) => line(kept.map(({ cells }) => cells[row] ?? '')));
  return [head, ...rows].map((row) => `${row}\n`).join('');
}

interface Drawn<T> {
  readonly column: Column<T>;
  readonly cells: readonly string[];
  readonly width: number;
}

function measure<T>(items: readonly T[], columns: readonly Column<T>[]): readonly Drawn<T>[] {
  return columns.map((column) => {
    const cells = items.map((item) => visible(column.cell(item)));
    const width = cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), column.title.length);
    return { column, cells, width };
  });
}

function fits(drawn: readonly { readonly width: number }[], room: number): boolean {
  return drawn.reduce((sum, { width }) => sum + width, gap * (drawn.length - 1)) <= room;
}

/** Takes from the widest first, so that what is short stays whole. */
function squeeze(wanted: readonly number[], least: readonly number[], room: number): readonly number[] {
  const widths = [...wanted];
  let over = widths.reduce((sum, width) => sum + width, gap * (widths.length - 1)) - room;
  while (over > 0) {
    const spare = widths.map((width, index) => (width > (least[index] ?? 0) ? width : 0));
    const widest = Math.max(...spare);
    if (widest === 0) break;
    const index = spare.indexOf(widest);
    const next = Math.max(least[index] ?? 0, ...spare.filter((width) => width < widest));
    const less = Math.min(over, widest - next);
    widths[index] = widest - less;
    over -= less;
  }
  return widths;
}
