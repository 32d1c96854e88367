import {
  operators,
  parseCondition,
  PatternError,
  type Condition,
  type ConditionContext,
} from './condition.ts';
import { isJsonArray, isJsonObject, parseJson, type Json, type JsonObject } from './json.ts';

/**
 * An event pattern as EventBridge has them: a tree of fields whose leaves list conditions. All fields of an object
 * must match, one condition of a list is enough, and so is one alternative of each `$or`.
 */
export interface Pattern {
  readonly fields: ReadonlyMap<string, Pattern | Leaf>;
  readonly alternatives: readonly (readonly Pattern[])[];
}

export interface Leaf {
  readonly conditions: readonly Condition[];
  /** Names from the root; where `exists: false` looks. */
  readonly path: readonly string[];
}

export function isLeaf(node: Pattern | Leaf): node is Leaf {
  return 'conditions' in node;
}

/** Longest pattern, characters: as the service model has it. */
export const longestPattern = 4096;

/**
 * Reads a pattern. Throws {@link PatternError}.
 *
 * @example
 * ```ts
 * matches(parsePattern('{"data":{"total":[{"numeric":[">",100]}]}}', context), record);
 * ```
 */
export function parsePattern(text: string, context: ConditionContext): Pattern {
  if (text.length > longestPattern)
    throw new PatternError(`a pattern has at most ${longestPattern} characters`);
  const tree = parseJson(text, 100);
  if (tree === undefined) throw new PatternError('it is not JSON');
  if (!isJsonObject(tree)) throw new PatternError('it is not a JSON object');
  return parseFields(tree, [], context);
}

function parseFields(tree: JsonObject, path: readonly string[], context: ConditionContext): Pattern {
  if (tree.size === 0) throw new PatternError(`${at(path)} has no field`);
  const fields = new Map<string, Pattern | Leaf>();
  const alternatives: (readonly Pattern[])[] = [];
  for (const [name, value] of tree) {
    if (name === '$or' && isAlternatives(value)) {
      alternatives.push(value.map((one) => parseFields(one, path, context)));
      continue;
    }
    fields.set(name, parseField(value, [...path, name], context));
  }
  return { fields, alternatives };
}

function parseField(value: Json, path: readonly string[], context: ConditionContext): Pattern | Leaf {
  if (isJsonObject(value)) return parseFields(value, path, context);
  if (!isJsonArray(value)) throw new PatternError(`${at(path)} is neither a list of values nor an object`);
  if (value.length === 0) throw new PatternError(`${at(path)} has an empty list of values`);
  return { conditions: value.map((one) => parseCondition(one, context)), path };
}

/** Anything else called `$or` is a field of that name. */
function isAlternatives(value: Json): value is readonly JsonObject[] {
  return (
    isJsonArray(value) &&
    value.length >= 2 &&
    value.every(
      (one) => isJsonObject(one) && one.size > 0 && [...one.keys()].every((key) => !operators.has(key)),
    )
  );
}

function at(path: readonly string[]): string {
  return path.length === 0 ? 'the pattern' : path.join('.');
}
