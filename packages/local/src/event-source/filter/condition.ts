import { inNetwork, parseNetwork } from './cidr.ts';
import { isJsonArray, isJsonObject, JsonNumber, type Json, type Scalar } from './json.ts';
import { matchesWildcard, parseWildcard } from './wildcard.ts';

/** One of the values a pattern lists for a field. */
export type Condition =
  | { readonly type: 'value'; readonly test: (value: Scalar) => boolean }
  /** The field is nowhere in the record. */
  | { readonly type: 'absent' };

export interface ConditionContext {
  /** How plain numbers compare: by their text, or by what they are. */
  readonly numberEquality: 'text' | 'value';
  /** Hears of operators that work here and that Lambda's documentation does not list. */
  readonly warn: (text: string) => void;
}

/** Why a pattern is none. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Names of operators: a `$or` whose alternatives use one of them as a field is no `$or`. */
export const operators: ReadonlySet<string> = new Set([
  'anything-but',
  'cidr',
  'equals-ignore-case',
  'exactly',
  'exists',
  'numeric',
  'prefix',
  'suffix',
  'wildcard',
]);

/** Throws {@link PatternError}. */
export function parseCondition(given: Json, context: ConditionContext): Condition {
  if (isJsonArray(given)) throw new PatternError('a list of values holds another list');
  if (!isJsonObject(given)) return value(equals(given, context));
  const [entry, ...more] = given;
  if (entry === undefined || more.length > 0)
    throw new PatternError('a condition names exactly one operator');
  const [operator, operand] = entry;
  switch (operator) {
    case 'exists':
      if (typeof operand !== 'boolean') throw new PatternError('exists is true or false');
      return operand ? value(() => true) : { type: 'absent' };
    case 'numeric':
      return value(numeric(operand));
    case 'anything-but':
      return value(anythingBut(operand, context));
    case 'equals-ignore-case':
    case 'prefix':
    case 'suffix':
    case 'wildcard':
    case 'cidr':
      return value(text(operator, operand, context));
    default:
      throw new PatternError(`there is no operator ${JSON.stringify(operator)}`);
  }
}

type Test = (value: Scalar) => boolean;

function value(test: Test): Condition {
  return { type: 'value', test };
}

function equals(wanted: Scalar, { numberEquality }: ConditionContext): Test {
  if (!(wanted instanceof JsonNumber)) return (given) => given === wanted;
  return numberEquality === 'text'
    ? (given) => given instanceof JsonNumber && given.text === wanted.text
    : (given) => given instanceof JsonNumber && given.value === wanted.value;
}

type TextOperator = 'equals-ignore-case' | 'prefix' | 'suffix' | 'wildcard' | 'cidr';

function text(operator: TextOperator, operand: Json, context: ConditionContext): Test {
  if (isJsonObject(operand) && (operator === 'prefix' || operator === 'suffix')) {
    const folded = operand.get('equals-ignore-case');
    if (operand.size !== 1 || typeof folded !== 'string') {
      throw new PatternError(`${operator} takes a text, or equals-ignore-case with one`);
    }
    context.warn(`${operator} with equals-ignore-case`);
    const wanted = fold(folded);
    return strings((given) =>
      operator === 'prefix' ? fold(given).startsWith(wanted) : fold(given).endsWith(wanted),
    );
  }
  if (typeof operand !== 'string') throw new PatternError(`${operator} takes a text`);
  switch (operator) {
    case 'prefix':
      return strings((given) => given.startsWith(operand));
    case 'suffix':
      return strings((given) => given.endsWith(operand));
    case 'equals-ignore-case': {
      const wanted = fold(operand);
      return strings((given) => fold(given) === wanted);
    }
    case 'wildcard': {
      context.warn(operator);
      const parts = parseWildcard(operand);
      if (parts === undefined)
        throw new PatternError('a wildcard has no two * in a row, and escapes only * and \\');
      return strings((given) => matchesWildcard(parts, given));
    }
    case 'cidr': {
      context.warn(operator);
      const network = parseNetwork(operand);
      if (network === undefined) throw new PatternError('cidr takes a network such as 10.0.0.0/24');
      return strings((given) => inNetwork(network, given));
    }
    default:
      return operator satisfies never;
  }
}

function anythingBut(operand: Json, context: ConditionContext): Test {
  if (isJsonObject(operand)) {
    const [entry, ...more] = operand;
    const [operator, inner] = entry ?? ['', null];
    if (more.length > 0 || !isTextOperator(operator)) {
      throw new PatternError(
        'anything-but takes values, or one of prefix, suffix, equals-ignore-case, wildcard',
      );
    }
    context.warn(`anything-but with ${operator}`);
    const listed = isJsonArray(inner) ? inner : [inner];
    if (listed.length === 0) throw new PatternError('anything-but has an empty list');
    const quiet = { ...context, warn: () => {} };
    const tests = listed.map((one) => text(operator, one, quiet));
    return (given) => !tests.some((test) => test(given));
  }
  const listed = isJsonArray(operand) ? operand : [operand];
  if (listed.length === 0) throw new PatternError('anything-but has an empty list');
  const tests = listed.map((one) => {
    if (typeof one !== 'string' && !(one instanceof JsonNumber)) {
      throw new PatternError('anything-but lists texts and numbers');
    }
    return equals(one, context);
  });
  // As the matcher behind EventBridge has it.
  if (new Set(listed.map((one) => typeof one)).size > 1) {
    throw new PatternError('anything-but lists either texts or numbers, not both');
  }
  return (given) => !tests.some((test) => test(given));
}

function isTextOperator(operator: string): operator is Exclude<TextOperator, 'cidr'> {
  return ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(operator);
}

const comparisons: Readonly<Record<string, ((given: number, bound: number) => boolean) | undefined>> = {
  '=': (given, bound) => given === bound,
  '<': (given, bound) => given < bound,
  '<=': (given, bound) => given <= bound,
  '>': (given, bound) => given > bound,
  '>=': (given, bound) => given >= bound,
};

function numeric(operand: Json): Test {
  const bounds = isJsonArray(operand) ? operand : [];
  const [first, low, second, high] = bounds;
  const compare = comparison(first);
  if (!(low instanceof JsonNumber)) throw new PatternError('numeric compares with a number');
  if (bounds.length === 2) return numbers((given) => compare(given, low.value));
  const within = comparison(second);
  const isRange = (first === '>' || first === '>=') && (second === '<' || second === '<=');
  if (bounds.length !== 4 || !isRange || !(high instanceof JsonNumber) || low.value >= high.value) {
    throw new PatternError('numeric takes one comparison, or a lower bound and a higher upper bound');
  }
  return numbers((given) => compare(given, low.value) && within(given, high.value));
}

function comparison(operator: Json | undefined): (given: number, bound: number) => boolean {
  const found =
    typeof operator === 'string' && Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined;
  if (found === undefined) throw new PatternError('numeric compares by =, <, <=, > or >=');
  return found;
}

function numbers(test: (given: number) => boolean): Test {
  return (given) => given instanceof JsonNumber && test(given.value);
}

function strings(test: (given: string) => boolean): Test {
  return (given) => typeof given === 'string' && test(given);
}

function fold(given: string): string {
  return given.toLowerCase();
}
