import { isExpression, isList, isMembers, parameter, type Value } from '../template/value.ts';
import type { Block, Entry } from './hcl.ts';

type Members = { readonly [name: string]: Value | undefined };

/**
 * The properties of a resource as they are translated: each is taken once, and what nobody took is a gap in the
 * translation, which must not become a gap in the infrastructure.
 */
export class Properties {
  readonly #members: Map<string, Value>;
  readonly #path: string;

  constructor(members: Members, path: string) {
    this.#path = path;
    this.#members = new Map(
      Object.entries(members).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      ),
    );
  }

  take(name: string): Value | undefined {
    const value = this.#members.get(name);
    this.#members.delete(name);
    return value;
  }

  /** An argument for each property that is there: `{ Name: 'name' }`. */
  arguments(names: Readonly<Record<string, string>>): readonly Entry[] {
    return Object.entries(names).flatMap(([from, to]): Entry[] => {
      const value = this.take(from);
      return value === undefined ? [] : [[to, value]];
    });
  }

  /** A block for a property that is an object, when it is there; a dynamic one when that is decided by a parameter. */
  block(name: string, type: string, body: (inner: Properties) => readonly Entry[]): readonly Block[] {
    const value = this.take(name);
    if (value === undefined) return [];
    if (!isExpression(value) || value.expr !== 'given')
      return [{ type, body: body(this.#inner(value, name)) }];
    const { parameter: given, value: inner } = value;
    return [{ type, whenGiven: parameter(given), body: body(this.#inner(inner, name)) }];
  }

  /** A block for each item of a property that is a list of objects. */
  blocks(name: string, type: string, body: (inner: Properties) => readonly Entry[]): readonly Block[] {
    const value = this.take(name);
    if (value === undefined) return [];
    if (!isList(value)) throw new RangeError(`${this.#path}.${name} is no list`);
    return value.map((item) => ({ type, body: body(this.#inner(item, name)) }));
  }

  /** The properties of an object, for a translation that flattens it. */
  inner(name: string): Properties {
    return this.#inner(this.take(name) ?? {}, name);
  }

  #inner(value: Value, name: string): Properties {
    if (!isMembers(value)) throw new RangeError(`${this.#path}.${name} is no object`);
    return new Properties(value, `${this.#path}.${name}`);
  }

  /** Throws for a property that nobody took. */
  end(): void {
    const [left] = this.#members.keys();
    if (left !== undefined) throw new RangeError(`${this.#path}.${left} has no translation to Terraform`);
  }
}

/** `[{ Key, Value }]` as a map. */
export function mapOf(value: Value | undefined, key: string): Value {
  if (value === undefined || !isList(value)) return {};
  return Object.fromEntries(
    value
      .filter(isMembers)
      .map(({ [key]: name, Value: content }): [string, Value] => [
        typeof name === 'string' ? name : '',
        content ?? '',
      ]),
  );
}
