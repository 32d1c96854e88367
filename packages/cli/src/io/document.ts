import type { CommandContext } from '../command-context.ts';
import { createPaint } from './paint.ts';
import { renderTable, type Column } from './table.ts';
import { visible } from './visible.ts';

/** Writes a list the way the user chose: a table, one JSON document, or a line for each item. */
export async function writeList<T>(
  context: CommandContext,
  items: readonly T[],
  columns: readonly Column<T>[],
): Promise<void> {
  const { out } = context;
  switch (documentFormat(context)) {
    case 'json':
      await out.line(toJson(context, items));
      return;
    case 'ndjson':
      for (const item of items) await out.line(JSON.stringify(item));
      return;
    case 'table':
      await out.write(renderTable(items, columns, context));
  }
}

/** Writes one thing: its fields under one another, or as JSON. */
export async function writeOne(
  context: CommandContext,
  document: object,
  fields: readonly (readonly [string, string])[],
): Promise<void> {
  const format = documentFormat(context);
  if (format !== 'table') {
    await context.out.line(format === 'json' ? toJson(context, document) : JSON.stringify(document));
    return;
  }
  const paint = createPaint(context.colour);
  const width = Math.max(...fields.map(([name]) => name.length)) + 2;
  await context.out.write(
    fields.map(([name, value]) => `${paint('dim', name.padEnd(width))}${visible(value)}\n`).join(''),
  );
}

export function documentFormat({ options, io }: CommandContext): 'table' | 'json' | 'ndjson' {
  if (options.flag('json')) return 'json';
  const chosen = options.textOrNone('output');
  if (chosen === 'table' || chosen === 'json' || chosen === 'ndjson') return chosen;
  return io.isTTY.stdout ? 'table' : 'ndjson';
}

function toJson({ io }: CommandContext, document: unknown): string {
  return io.isTTY.stdout ? JSON.stringify(document, undefined, 2) : JSON.stringify(document);
}
