import { isObject } from '@millrace/kinesis/runtime';

import { ServiceError } from '../engine/service-error.ts';
import { payloadBytes, shapeOf } from './check-type.ts';
import type { ListShape, MapShape, Shape, StringShape } from './shape.ts';

/**
 * Throws `ValidationException` with every constraint broken, at most ten, in the service's wording and order.
 * The value must be of the shape's type already.
 */
export function checkConstraints(shape: Shape, value: unknown): void {
  const broken: string[] = [];
  collect(shape, value, '', broken);
  if (broken.length > 0) throw validationError(broken);
}

/** The error for constraints broken; each as {@link constraint} words it. */
export function validationError(broken: readonly string[]): ServiceError {
  const count = `${broken.length} validation error${broken.length > 1 ? 's' : ''} detected: `;
  return new ServiceError('ValidationException', count + broken.join('; '));
}

/** One broken constraint. `shown` is the value as Java prints it, undefined for null. */
export function constraint(shown: string | undefined, path: string, text: string): string {
  return `Value ${shown === undefined ? 'null' : `'${shown}'`} at '${path}' failed to satisfy constraint: ${text}`;
}

/** A payload as Java prints it. */
export function showPayload(payload: string | Uint8Array): string {
  const bytes = payloadBytes(payload);
  return `java.nio.HeapByteBuffer[pos=0 lim=${bytes} cap=${bytes}]`;
}

const mostErrors = 10;

function collect(shape: Shape, value: unknown, path: string, broken: string[]): void {
  if (value === null || value === undefined || broken.length >= mostErrors) return;
  const fail = (text: string): void => {
    if (broken.length < mostErrors) broken.push(constraint(show(shape, value), path, text));
  };
  switch (shape.type) {
    case 'string':
      if (typeof value === 'string') for (const text of stringFaults(shape, value)) fail(text);
      return;
    case 'integer':
    case 'long':
      if (typeof value === 'number') for (const text of rangeFaults(shape, value, 'value')) fail(text);
      return;
    case 'blob':
      if (typeof value === 'string' || value instanceof Uint8Array) {
        for (const text of rangeFaults(shape, payloadBytes(value), 'length')) fail(text);
      }
      return;
    case 'list':
      if (Array.isArray(value)) collectList(shape, value, path, broken, fail);
      return;
    case 'map':
      if (isObject(value)) collectMap(shape, value, path, broken, fail);
      return;
    case 'structure':
      if (isObject(value)) collectMembers(shape.members, value, path, broken);
      return;
    case 'boolean':
    case 'timestamp':
  }
}

function collectMembers(
  members: Readonly<Record<string, Parameters<typeof shapeOf>[0]>>,
  value: Readonly<Record<string, unknown>>,
  path: string,
  broken: string[],
): void {
  for (const [name, member] of Object.entries(members)) {
    const at = `${path === '' ? '' : `${path}.`}${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    const given = value[name] ?? undefined;
    if (given !== undefined) collect(shapeOf(member), given, at, broken);
    else if ('required' in member && broken.length < mostErrors) {
      broken.push(constraint(undefined, at, 'Member must not be null'));
    }
  }
}

function collectList(
  shape: ListShape,
  value: readonly unknown[],
  path: string,
  broken: string[],
  fail: (text: string) => void,
): void {
  for (const text of rangeFaults(shape, value.length, 'length')) fail(text);
  collectNulls(value.entries(), path, broken);
  const { item } = shape;
  if (item.type === 'string') {
    if (someBreak(item, value)) {
      fail(`Member must satisfy constraint: [${constraintsOf(item).join(', ')}]`);
    }
    return;
  }
  for (const [index, element] of value.entries()) {
    if (broken.length >= mostErrors) return;
    collect(item, element, `${path}.${index + 1}.member`, broken);
  }
}

/** Lists and maps have no holes. */
function collectNulls(
  elements: Iterable<readonly [number | string, unknown]>,
  path: string,
  broken: string[],
): void {
  for (const [name, element] of elements) {
    if (broken.length >= mostErrors) return;
    const place = typeof name === 'number' ? name + 1 : name;
    if (element === null || element === undefined)
      broken.push(constraint(undefined, `${path}.${place}.member`, 'Member must not be null'));
  }
}

function collectMap(
  shape: MapShape,
  value: Readonly<Record<string, unknown>>,
  path: string,
  broken: string[],
  fail: (text: string) => void,
): void {
  for (const text of rangeFaults(shape, Object.keys(value).length, 'length')) fail(text);
  collectNulls(Object.entries(value), path, broken);
  if (someBreak(shape.key, Object.keys(value))) {
    fail(`Map keys must satisfy constraint: [${constraintsOf(shape.key).join(', ')}]`);
  }
  if (someBreak(shape.value, Object.values(value))) {
    fail(`Map value must satisfy constraint: [${constraintsOf(shape.value).join(', ')}]`);
  }
}

function someBreak(shape: StringShape, values: readonly unknown[]): boolean {
  return values.some((value) => typeof value === 'string' && stringFaults(shape, value).length > 0);
}

function stringFaults(shape: StringShape, value: string): readonly string[] {
  const faults: string[] = [];
  if (shape.values !== undefined && !shape.values.includes(value)) faults.push(enumText(shape.values));
  if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`).test(value)) {
    faults.push(patternText(shape.pattern));
  }
  if (shape.min !== undefined || shape.max !== undefined) {
    faults.push(...rangeFaults(shape, codePoints(value), 'length'));
  }
  return faults;
}

function rangeFaults(
  bounds: { readonly min?: number; readonly max?: number },
  amount: number,
  what: 'length' | 'value',
): readonly string[] {
  if (bounds.min !== undefined && amount < bounds.min) return [atLeast(what, bounds.min)];
  if (bounds.max !== undefined && amount > bounds.max) return [atMost(what, bounds.max)];
  return [];
}

/** Every constraint of an element, as the service lists them when one element breaks one. */
function constraintsOf(shape: StringShape): readonly string[] {
  const all: string[] = [];
  if (shape.max !== undefined) all.push(atMost('length', shape.max));
  if (shape.min !== undefined) all.push(atLeast('length', shape.min));
  if (shape.pattern !== undefined) all.push(patternText(shape.pattern));
  if (shape.values !== undefined) all.push(enumText(shape.values));
  return all;
}

function atLeast(what: string, bound: number): string {
  return `Member must have ${what} greater than or equal to ${bound}`;
}

function atMost(what: string, bound: number): string {
  return `Member must have ${what} less than or equal to ${bound}`;
}

function patternText(pattern: string): string {
  return `Member must satisfy regular expression pattern: ${pattern}`;
}

function enumText(values: readonly string[]): string {
  return `Member must satisfy enum value set: [${values.join(', ')}]`;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function show(shape: Shape, value: unknown): string {
  if (typeof value === 'string') return shape.type === 'blob' ? showPayload(value) : value;
  if (value instanceof Uint8Array) return showPayload(value);
  if (Array.isArray(value)) {
    const name = shape.type === 'list' ? shape.itemName : undefined;
    return `[${value.map((element) => name ?? String(element)).join(', ')}]`;
  }
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, element]) => `${key}=${String(element)}`)
      .join(', ')}}`;
  }
  return String(value);
}
