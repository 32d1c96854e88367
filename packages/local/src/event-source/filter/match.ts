import { isJsonArray, isJsonObject, type Json } from './json.ts';
import { isLeaf, type Leaf, type Pattern } from './pattern.ts';

/** Whether a record matches. An array matches by any of its elements, all fields below it by the same one. */
export function matches(pattern: Pattern, record: Json): boolean {
  return matchesFields(pattern, record, record);
}

function matchesFields(pattern: Pattern, value: Json | undefined, record: Json): boolean {
  if (isJsonArray(value)) {
    // Of an array without objects no field is there, which some patterns are after.
    return value.length === 0
      ? matchesFields(pattern, undefined, record)
      : value.some((element) => matchesFields(pattern, element, record));
  }
  const object = isJsonObject(value) ? value : undefined;
  for (const [name, node] of pattern.fields) {
    const field = object?.get(name);
    if (!(isLeaf(node) ? matchesLeaf(node, field, record) : matchesFields(node, field, record))) return false;
  }
  return pattern.alternatives.every((group) => group.some((one) => matchesFields(one, value, record)));
}

function matchesLeaf({ conditions, path }: Leaf, value: Json | undefined, record: Json): boolean {
  return conditions.some((condition) =>
    condition.type === 'absent' ? !exists(record, path) : anyScalar(value, condition.test),
  );
}

type Test = Parameters<typeof anyScalar>[1];

function anyScalar(
  value: Json | undefined,
  test: (value: Exclude<Json, readonly Json[] | ReadonlyMap<string, Json>>) => boolean,
): boolean {
  if (value === undefined || isJsonObject(value)) return false;
  return isJsonArray(value) ? value.some((element) => anyScalar(element, test)) : test(value);
}

const always: Test = () => true;

/** Whether there is a value anywhere under these names; an object is no value. */
function exists(value: Json | undefined, path: readonly string[]): boolean {
  if (isJsonArray(value) && path.length > 0) return value.some((element) => exists(element, path));
  const [name, ...rest] = path;
  if (name === undefined) return anyScalar(value, always);
  return isJsonObject(value) && exists(value.get(name), rest);
}
