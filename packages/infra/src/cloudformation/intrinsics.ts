import type { Template } from '../template/template.ts';
import {
  isExpression,
  isList,
  type Expression,
  type PseudoParameter,
  type Value,
} from '../template/value.ts';

/** JSON, as a template is made of. */
export type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

const pseudoNames: Readonly<Record<PseudoParameter, string>> = {
  account: 'AWS::AccountId',
  partition: 'AWS::Partition',
  region: 'AWS::Region',
  urlSuffix: 'AWS::URLSuffix',
};

/** A value with its expressions written as intrinsic functions, in their long form. */
export function toIntrinsics(value: Value, template: Pick<Template, 'parameters'>): Json {
  if (isExpression(value)) return expression(value, template);
  if (isList(value)) return value.map((item) => toIntrinsics(item, template));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, Json][] =>
      member === undefined ? [] : [[name, toIntrinsics(member, template)]],
    ),
  );
}

function expression(value: Expression, template: Pick<Template, 'parameters'>): Json {
  if (value.expr === 'parameter') return { Ref: value.name };
  if (value.expr === 'pseudo') return { Ref: pseudoNames[value.name] };
  if (value.expr === 'text') return { 'Fn::Sub': value.parts.map(substitution).join('') };
  if (value.expr === 'given') {
    return {
      'Fn::If': [
        conditionName(value.parameter),
        toIntrinsics(value.value, template),
        { Ref: 'AWS::NoValue' },
      ],
    };
  }
  if (value.expr === 'json') return { 'Fn::Sub': `${jsonOf(value.document, numbersOf(template), 0)}\n` };
  return value.attribute === undefined ? { Ref: value.id } : { 'Fn::GetAtt': [value.id, value.attribute] };
}

/** The conditions that properties of `values` depend on: `HasFilterPattern` of the parameter `FilterPattern`. */
export function conditionsOf(values: readonly (Value | undefined)[]): { readonly [name: string]: Json } {
  return Object.fromEntries(
    values.flatMap((value) => (value === undefined ? [] : Object.entries(conditionsIn(value)))),
  );
}

function conditionsIn(value: Value): { readonly [name: string]: Json } {
  if (isExpression(value)) {
    if (value.expr !== 'given') return {};
    const isEmpty = { 'Fn::Equals': [{ Ref: value.parameter }, ''] };
    return { [conditionName(value.parameter)]: { 'Fn::Not': [isEmpty] }, ...conditionsIn(value.value) };
  }
  return typeof value === 'object' ? conditionsOf(isList(value) ? value : Object.values(value)) : {};
}

function conditionName(parameter: string): string {
  return `Has${parameter}`;
}

/** What stands for an expression within `Fn::Sub`. */
function substitution(part: string | Expression): string {
  if (typeof part === 'string') return part.replaceAll('${', '${!');
  if (part.expr === 'parameter') return `\${${part.name}}`;
  if (part.expr === 'pseudo') return `\${${pseudoNames[part.name]}}`;
  if (part.expr === 'text') return part.parts.map(substitution).join('');
  if (part.expr === 'json' || part.expr === 'given') {
    throw new RangeError(`a ${part.expr} cannot stand within a text`);
  }
  return part.attribute === undefined ? `\${${part.id}}` : `\${${part.id}.${part.attribute}}`;
}

function numbersOf({ parameters }: Pick<Template, 'parameters'>): ReadonlySet<string> {
  return new Set(parameters.filter(({ type }) => type === 'Number').map(({ name }) => name));
}

/** JSON text for `Fn::Sub`, laid out for eyes: what has no array or object in it takes one line. */
function jsonOf(value: Value, numbers: ReadonlySet<string>, depth: number): string {
  if (isExpression(value)) {
    if (value.expr === 'parameter' && numbers.has(value.name)) return substitution(value);
    return `"${substitution(value)}"`;
  }
  if (typeof value === 'string') return substitution(JSON.stringify(value));
  if (typeof value !== 'object') return String(value);
  const entries = isList(value)
    ? value.map((item) => ['', item] as const)
    : Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [[name, item] as const]));
  const [open, close] = isList(value) ? '[]' : '{}';
  const flat = entries.every(([, item]) => isFlat(item));
  const members = entries.map(([name, item]) =>
    name === '' ? jsonOf(item, numbers, depth + 1) : `"${name}": ${jsonOf(item, numbers, depth + 1)}`,
  );
  if (flat) return `${open}${members.join(', ')}${close}`;
  const indent = '  '.repeat(depth + 1);
  return `${open}\n${members.map((member) => `${indent}${member}`).join(',\n')}\n${'  '.repeat(depth)}${close}`;
}

function isFlat(value: Value): boolean {
  if (typeof value !== 'object' || isExpression(value)) return true;
  // The options at the end of a metric.
  return !isList(value) && Object.values(value).every((item) => typeof item !== 'object');
}
