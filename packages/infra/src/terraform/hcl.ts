import { isExpression, isList, type Expression, type Value } from '../template/value.ts';

/** A block of HCL: `resource "aws_kinesis_stream" "stream" { … }`. */
export interface Block {
  readonly type: string;
  readonly labels?: readonly string[];
  readonly body: readonly Entry[];
  readonly comment?: string;
  /** Only when this parameter is not empty. */
  readonly whenGiven?: Expression;
}

/** An argument, or a block in the block. */
export type Entry = readonly [name: string, value: Value | Raw] | Block;

/** HCL as it is. */
export interface Raw {
  readonly raw: string;
}

/** How an expression of the model is written. */
export type WriteExpression = (value: Exclude<Expression, { expr: 'text' | 'json' | 'given' }>) => string;

/** Blocks as `terraform fmt` would leave them. */
export function writeBlocks(blocks: readonly Block[], write: WriteExpression): string {
  return blocks.map((block) => writeBlock(block, write, 0)).join('\n');
}

function writeBlock(block: Block, write: WriteExpression, depth: number): string {
  const { whenGiven } = block;
  if (whenGiven !== undefined)
    return writeBlock(dynamic(block, writeValue(whenGiven, write, 0)), write, depth);
  const indent = '  '.repeat(depth);
  const labels = (block.labels ?? []).map((label) => ` ${JSON.stringify(label)}`).join('');
  const comment = block.comment === undefined || block.comment === '' ? '' : `${indent}# ${block.comment}\n`;
  const head = `${comment}${indent}${block.type}${labels}`;
  if (block.body.length === 0) return `${head} {}\n`;
  return `${head} {\n${writeBody(block.body, write, depth + 1)}${indent}}\n`;
}

function dynamic({ type, body }: Block, given: string): Block {
  const condition = `${given} == "" ? [] : [1]`;
  return {
    type: 'dynamic',
    labels: [type],
    body: [['for_each', { raw: condition }], { type: 'content', body }],
  };
}

function writeBody(entries: readonly Entry[], write: WriteExpression, depth: number): string {
  const written = entries.map((entry) =>
    isBlock(entry)
      ? { block: writeBlock(entry, write, depth) }
      : { name: entry[0], text: writeValue(entry[1], write, depth) },
  );
  return align(written, '  '.repeat(depth));
}

interface Written {
  readonly block?: string;
  readonly name?: string;
  readonly text?: string;
}

/** Arguments on adjacent lines have their equals signs below one another; a block has an empty line around it. */
function align(entries: readonly Written[], indent: string): string {
  let out = '';
  let isAfterBlock = false;
  let group: { readonly name: string; readonly text: string }[] = [];
  const flush = (): void => {
    const width = Math.max(0, ...group.map(({ name }) => name.length));
    for (const { name, text } of group) out += `${indent}${name.padEnd(width)} = ${text}\n`;
    group = [];
  };
  for (const { block, name = '', text = '' } of entries) {
    if (block === undefined && isAfterBlock) out += '\n';
    isAfterBlock = block !== undefined;
    if (block !== undefined) {
      flush();
      out += `${out === '' ? '' : '\n'}${block}`;
    } else if (text.includes('\n')) {
      flush();
      out += `${indent}${name} = ${text}\n`;
    } else {
      group.push({ name, text });
    }
  }
  flush();
  return out;
}

function writeValue(value: Value | Raw, write: WriteExpression, depth: number): string {
  if (isRaw(value)) return value.raw;
  if (isExpression(value)) return writeExpression(value, write, depth);
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  const indent = '  '.repeat(depth);
  if (isList(value)) {
    const items = value.map((item) => writeValue(item, write, depth + 1));
    const line = `[${items.join(', ')}]`;
    if (!line.includes('\n') && line.length <= 100) return line;
    return `[\n${items.map((item) => `${indent}  ${item},\n`).join('')}${indent}]`;
  }
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [{ name: keyOf(name), text: writeValue(member, write, depth + 1) }],
  );
  return members.length === 0 ? '{}' : `{\n${align(members, `${indent}  `)}${indent}}`;
}

function writeExpression(value: Expression, write: WriteExpression, depth: number): string {
  if (value.expr === 'json') return `jsonencode(${writeValue(value.document, write, depth)})`;
  if (value.expr === 'given') throw new RangeError('only a block can depend on a parameter');
  if (value.expr !== 'text') return write(value);
  return `"${value.parts.map((part) => (typeof part === 'string' ? escaped(part) : `\${${writeExpression(part, write, depth)}}`)).join('')}"`;
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('${', '$${').replaceAll('%{', '%%{');
}

function keyOf(name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? name : quoted(name);
}

function isBlock(entry: Entry): entry is Block {
  return !Array.isArray(entry);
}

function isRaw(value: Value | Raw): value is Raw {
  return typeof value === 'object' && 'raw' in value && typeof value.raw === 'string';
}
