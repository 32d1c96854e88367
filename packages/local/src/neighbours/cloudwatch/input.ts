import { isObject } from '@millrace/kinesis/runtime';

import { CloudwatchError, invalidValue } from './cloudwatch-error.ts';

/**
 * The parameters of a request, whichever protocol they came in: the query protocol knows only text, so a number may
 * be given as one. Reading one throws what CloudWatch answers to a wrong one.
 */
export class Input {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path = '') {
    if (!isMembers(value)) throw invalidValue(`The parameter ${path || 'input'} must be a structure.`);
    this.#members = value;
    this.#path = path;
  }

  has(name: string): boolean {
    const value = this.#members[name];
    return value !== undefined && value !== null;
  }

  text(name: string, longest = 255): string | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' && value.length <= longest) return value;
    throw invalidValue(`The parameter ${this.#at(name)} must be a text of at most ${longest} characters.`);
  }

  requiredText(name: string, longest?: number): string {
    const value = this.text(name, longest);
    if (value === undefined || value === '') throw this.missing(name);
    return value;
  }

  choice<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = allowed.find((one) => one === value);
    if (found !== undefined) return found;
    throw invalidValue(`The parameter ${this.#at(name)} must be one of ${allowed.join(', ')}.`);
  }

  number(name: string): number | undefined {
    const value = this.#members[name];
    return value === undefined || value === null ? undefined : this.#numberOf(value, name);
  }

  requiredNumber(name: string): number {
    const value = this.number(name);
    if (value === undefined) throw this.missing(name);
    return value;
  }

  integer(name: string, min: number, max: number): number | undefined {
    const value = this.number(name);
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return value;
    throw invalidValue(`The parameter ${this.#at(name)} must be an integer from ${min} to ${max}.`);
  }

  numbers(name: string): readonly number[] {
    return this.#list(name).map((value) => this.#numberOf(value, name));
  }

  flag(name: string): boolean | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    throw invalidValue(`The parameter ${this.#at(name)} must be true or false.`);
  }

  /** Milliseconds since the epoch. */
  time(name: string): number | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) return undefined;
    const time =
      value instanceof Date
        ? value.getTime()
        : typeof value === 'number'
          ? value * 1000
          : typeof value === 'string'
            ? Date.parse(value)
            : Number.NaN;
    if (Number.isFinite(time)) return time;
    throw invalidValue(`The parameter ${this.#at(name)} must be a timestamp.`);
  }

  requiredTime(name: string): number {
    const value = this.time(name);
    if (value === undefined) throw this.missing(name);
    return value;
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((value) => {
      if (typeof value === 'string') return value;
      throw invalidValue(`The parameter ${this.#at(name)} must be a list of texts.`);
    });
  }

  /** The structures of a list; none when it is absent. */
  structures(name: string): readonly Input[] {
    return this.#list(name).map((value, index) => new Input(value, this.#at(`${name}.member.${index + 1}`)));
  }

  structure(name: string): Input | undefined {
    return this.has(name) ? new Input(this.#members[name], this.#at(name)) : undefined;
  }

  missing(name: string): CloudwatchError {
    return new CloudwatchError(
      'MissingRequiredParameterException',
      `The parameter ${this.#at(name)} is required.`,
    );
  }

  #numberOf(value: unknown, name: string): number {
    const number =
      typeof value === 'string' && value.trim() !== ''
        ? Number(value)
        : typeof value === 'number'
          ? value
          : NaN;
    if (Number.isFinite(number)) return number;
    throw invalidValue(`The parameter ${this.#at(name)} must be a number.`);
  }

  #list(name: string): readonly unknown[] {
    const value = this.#members[name];
    if (value === undefined || value === null) return [];
    if (isList(value)) return value;
    throw invalidValue(`The parameter ${this.#at(name)} must be a list.`);
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !(value instanceof Date);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
