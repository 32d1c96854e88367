import { optionError } from '@millrace/kinesis/runtime';

import { isExpression, isList, type PseudoParameter, type Text, type Value } from './value.ts';

/** JSON without expressions. */
export type Literal = string | number | boolean | readonly Literal[] | { readonly [name: string]: Literal };

/** What the deployment would know, known beforehand. */
export type Deployment = Readonly<Record<PseudoParameter, string>>;

/** AWS's own partition; `*` stands for any account and region. */
export const anywhere: Deployment = {
  account: '*',
  partition: 'aws',
  region: '*',
  urlSuffix: 'amazonaws.com',
};

/**
 * A value with what the deployment knows filled in. Throws `OPTION_INVALID` when it refers to a parameter or resource.
 */
export function toLiteral(value: Value, deployment: Deployment): Literal {
  if (isExpression(value)) {
    if (value.expr === 'pseudo') return deployment[value.name];
    if (value.expr === 'text') {
      return value.parts.map((part) => textOf(part, deployment)).join('');
    }
    if (value.expr === 'json') return JSON.stringify(toLiteral(value.document, deployment));
    if (value.expr === 'resource') throw optionError('value', value.id, 'a literal');
    throw optionError('value', value.expr === 'given' ? value.parameter : value.name, 'a literal');
  }
  if (isList(value)) return value.map((item) => toLiteral(item, deployment));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, Literal][] =>
      member === undefined ? [] : [[name, toLiteral(member, deployment)]],
    ),
  );
}

function textOf(part: Text, deployment: Deployment): string {
  const literal = toLiteral(part, deployment);
  return typeof literal === 'string' ? literal : JSON.stringify(literal);
}
