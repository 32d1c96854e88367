import { isExpression, type Expression, type Value } from '../template/value.ts';

/** TypeScript as it is. */
export interface Code {
  readonly code: string;
}

export type SourceValue =
  | Value
  | Code
  | readonly SourceValue[]
  | { readonly [name: string]: SourceValue | undefined };

const pseudoNames = {
  account: 'Aws.ACCOUNT_ID',
  partition: 'Aws.PARTITION',
  region: 'Aws.REGION',
  urlSuffix: 'Aws.URL_SUFFIX',
} as const;

/** A value as TypeScript, laid out over lines; what the deployment knows is `Aws.…`. */
export function toSource(value: SourceValue, depth = 0): string {
  if (isCode(value)) return value.code;
  if (isExpression(value)) return expressionSource(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  const indent = '  '.repeat(depth + 1);
  const close = '  '.repeat(depth);
  if (isSourceList(value)) {
    const items = value.map((item) => toSource(item, depth + 1));
    const line = `[${items.join(', ')}]`;
    if (!line.includes('\n') && line.length <= 80) return line;
    return `[\n${items.map((item) => `${indent}${item},\n`).join('')}${close}]`;
  }
  const members = Object.entries(value).flatMap(([name, member]: [string, SourceValue | undefined]) =>
    member === undefined ? [] : [`${keySource(name)}: ${toSource(member, depth + 1)}`],
  );
  if (members.length === 0) return '{}';
  const line = `{ ${members.join(', ')} }`;
  if (!line.includes('\n') && line.length <= 60) return line;
  return `{\n${members.map((member) => `${indent}${member},\n`).join('')}${close}}`;
}

export function quoted(text: string): string {
  return `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)}'`;
}

function expressionSource(value: Expression): string {
  if (value.expr === 'pseudo') return pseudoNames[value.name];
  if (value.expr !== 'text') throw new RangeError(`a ${value.expr} has no place in the source of a policy`);
  const parts = value.parts.map((part) =>
    typeof part === 'string' ? part.replace(/[`\\]|\$\{/g, String.raw`\$&`) : `\${${expressionSource(part)}}`,
  );
  return `\`${parts.join('')}\``;
}

function keySource(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function isCode(value: SourceValue): value is Code {
  return (
    typeof value === 'object' &&
    'code' in value &&
    Object.keys(value).length === 1 &&
    typeof value.code === 'string'
  );
}

function isSourceList(value: SourceValue): value is readonly SourceValue[] {
  return Array.isArray(value);
}
