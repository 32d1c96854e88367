import { MillraceError } from '@millrace/kinesis/errors';
import { isObject, optionError } from '@millrace/kinesis/runtime';

import { wildcard } from './wildcard.ts';

/** Whether a condition holds, given the values of the request. */
export type Condition = (context: Readonly<Record<string, string>>) => boolean;

type Compare = (got: string, wanted: string) => boolean;

const operators: Readonly<Record<string, Compare>> = {
  StringEquals: (got, wanted) => got === wanted,
  StringEqualsIgnoreCase: (got, wanted) => got.toLowerCase() === wanted.toLowerCase(),
  StringLike: (got, wanted) => wildcard(wanted).test(got),
  ArnEquals: (got, wanted) => wildcard(wanted).test(got),
  ArnLike: (got, wanted) => wildcard(wanted).test(got),
  Bool: (got, wanted) => got.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: (got, wanted) => Number(got) === Number(wanted),
  NumericLessThan: (got, wanted) => Number(got) < Number(wanted),
  NumericLessThanEquals: (got, wanted) => Number(got) <= Number(wanted),
  NumericGreaterThan: (got, wanted) => Number(got) > Number(wanted),
  NumericGreaterThanEquals: (got, wanted) => Number(got) >= Number(wanted),
  DateEquals: (got, wanted) => Date.parse(got) === Date.parse(wanted),
  DateLessThan: (got, wanted) => Date.parse(got) < Date.parse(wanted),
  DateLessThanEquals: (got, wanted) => Date.parse(got) <= Date.parse(wanted),
  DateGreaterThan: (got, wanted) => Date.parse(got) > Date.parse(wanted),
  DateGreaterThanEquals: (got, wanted) => Date.parse(got) >= Date.parse(wanted),
};

/** The opposites: they hold when none of the values does, and when there is none to compare. */
const negations: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
};

/** What is known of a request here. A condition on anything else could only be guessed at. */
const knownKeys: ReadonlySet<string> = new Set([
  'aws:currenttime',
  'aws:epochtime',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:requestedregion',
  'aws:resourceaccount',
  'aws:username',
  'cloudwatch:namespace',
  'kms:encryptioncontext:aws:kinesis:arn',
  'kms:viaservice',
  's3:resourceaccount',
]);

/** All of a statement's conditions. Throws `OPTION_INVALID`, and `NOT_EMULATED` for what is not known here. */
export function readConditions(path: string, conditions: unknown): readonly Condition[] {
  if (conditions === undefined) return [];
  return Object.entries(members(path, conditions)).flatMap(([operator, keys]) =>
    Object.entries(members(`${path}.${operator}`, keys)).map(([key, wanted]) =>
      readCondition(`${path}.${operator}`, operator, key, texts(`${path}.${operator}.${key}`, wanted)),
    ),
  );
}

function readCondition(path: string, operator: string, key: string, wanted: readonly string[]): Condition {
  const name = key.toLowerCase();
  if (!knownKeys.has(name)) throw notEmulated(`${path}.${key}`, key, [...knownKeys].join(', '));
  if (operator === 'Null') {
    return (context) => wanted.some((value) => (context[name] === undefined) === (value === 'true'));
  }
  const base = operator.replace(/IfExists$/, '');
  const ifExists = base !== operator;
  const negated = negations[base];
  const compare = operators[negated ?? base];
  if (compare === undefined) {
    throw notEmulated(
      path,
      operator,
      [...Object.keys(operators), ...Object.keys(negations), 'Null'].join(', '),
    );
  }
  return (context) => {
    const got = context[name];
    if (got === undefined) return ifExists || negated !== undefined;
    const matches = wanted.some((value) => compare(got, value));
    return negated === undefined ? matches : !matches;
  };
}

function members(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return { ...value };
  throw optionError(path, value, 'an object');
}

function texts(path: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((one) => {
    if (typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean') return String(one);
    throw optionError(path, one, 'a text, or a list of them');
  });
}

function notEmulated(path: string, got: string, allowed: string): MillraceError {
  return new MillraceError(
    'NOT_EMULATED',
    `${path}: ${JSON.stringify(got)} is not known to the embedded server.`,
    {
      advice: `Leave it out for tests; known are ${allowed}.`,
      path,
      got,
      allowed,
    },
  );
}
