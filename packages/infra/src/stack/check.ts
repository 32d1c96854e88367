import { integerOption, optionError } from '@millrace/kinesis/runtime';

import { isExpression, type Numeric, type Text, type Value } from '../template/value.ts';

/** The number as given; when it is a literal it must be an integer within [min, max]. Throws `OPTION_INVALID`. */
export function checkNumber(path: string, value: Numeric, min: number, max: number): Numeric {
  return isExpression(value) ? value : integerOption(path, value, min, max);
}

/** The text as given; when it is a literal it must match. Throws `OPTION_INVALID`. */
export function checkText(path: string, value: Text, pattern: RegExp, allowed: string): Text {
  if (isExpression(value)) return value;
  if (typeof value !== 'string' || !pattern.test(value)) throw optionError(path, value, allowed);
  return value;
}

/** Throws `OPTION_INVALID` for a member that is not known: a misspelt option must not be a silent default. */
export function checkMembers(path: string, options: object | undefined, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw optionError(path, options, 'an object');
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw optionError(`${path}.${name}`, name, `one of ${known.join(', ')}`);
  }
}

/** Tags the way CloudFormation lists them. */
export function tagList(tags: Readonly<Record<string, Text>>): readonly Value[] {
  return Object.entries(tags).map(([Key, value]) => ({ Key, Value: value }));
}
