import { choiceOption, integerOption, optionError, toMilliseconds } from '@millrace/kinesis/runtime';

import type { OptionSpec } from './option.ts';

type Value = string | number | boolean | readonly string[];

/** What the user typed, before it is checked: by option name. */
export type GivenOptions = ReadonlyMap<string, string | boolean | readonly string[]>;

/**
 * The options of one run, checked against their table. Asking for one the command does not take is a mistake in the
 * command and throws at once.
 */
export class Options {
  readonly #values: ReadonlyMap<string, Value | undefined>;
  readonly #typed: ReadonlySet<string>;

  /** Throws `OPTION_INVALID` for the first value that cannot be used. */
  constructor(
    specs: readonly OptionSpec[],
    given: GivenOptions,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#typed = new Set(given.keys());
    this.#values = new Map(specs.map((spec) => [spec.name, resolve(spec, given.get(spec.name), env)]));
  }

  /** Whether the command takes it. */
  takes(name: string): boolean {
    return this.#values.has(name);
  }

  /** Whether it was typed, and is not out of the environment or a default. */
  isTyped(name: string): boolean {
    return this.#typed.has(name);
  }

  flag(name: string): boolean {
    return this.#get(name) === true;
  }

  /** The text of an option that has a default. */
  text(name: string): string {
    return needed(name, this.textOrNone(name));
  }

  textOrNone(name: string): string | undefined {
    const value = this.#get(name);
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#get(name);
    return Array.isArray(value) ? value : [];
  }

  /** The number of an option that has a default; milliseconds for a duration. */
  number(name: string): number {
    return needed(name, this.numberOrNone(name));
  }

  numberOrNone(name: string): number | undefined {
    const value = this.#get(name);
    return typeof value === 'number' ? value : undefined;
  }

  #get(name: string): Value | undefined {
    if (!this.#values.has(name)) throw new RangeError(`this command has no option ${name}`);
    return this.#values.get(name);
  }
}

function needed<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new RangeError(`option ${name} has no default`);
  return value;
}

function resolve(
  spec: OptionSpec,
  given: string | boolean | readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Value | undefined {
  if (given !== undefined) return check(spec, given, `--${spec.name}`);
  for (const name of spec.env ?? []) {
    const value = env[name];
    if (value !== undefined && value !== '') return fromEnvironment(spec, value, name);
  }
  if ('default' in spec && spec.default !== undefined)
    return check(spec, String(spec.default), `--${spec.name}`);
  return undefined;
}

function fromEnvironment(spec: OptionSpec, value: string, name: string): Value {
  if (spec.kind === 'flag') return !['0', 'false', 'no', 'off'].includes(value.toLowerCase());
  return check(spec, value, name);
}

function check(spec: OptionSpec, given: string | boolean | readonly string[], path: string): Value {
  if (spec.kind === 'flag') return given === true;
  if (spec.kind === 'list') return typeof given === 'object' ? given : [String(given)];
  const text = String(given);
  if (spec.kind === 'integer') return integer(spec, text, path);
  if (spec.kind === 'duration') return toMilliseconds(/^\d+$/.test(text) ? Number(text) : text, path);
  return spec.choices === undefined ? text : choiceOption(path, text, spec.choices);
}

function integer(spec: { readonly min: number; readonly max: number }, given: string, path: string): number {
  // Number() would take '', '0x10' and '1e3' as well.
  if (/^\d{1,16}$/.test(given)) return integerOption(path, Number(given), spec.min, spec.max);
  throw optionError(path, given, `an integer from ${spec.min} to ${spec.max}`);
}
