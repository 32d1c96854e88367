import { member, methods, operators } from './operators.ts';
import { isScopeName, scopeNames, type Scope } from './scope.ts';
import { tokenize, type Token } from './token.ts';
import { whereError } from './where-error.ts';

/** An expression ready to be asked of many records. Never throws. */
export type Where = (scope: Scope) => boolean;

type Evaluate = (scope: Scope) => unknown;

/** Longer or deeper than anybody types; it keeps a mistaken paste from becoming a stack overflow. */
const longest = 4096;
const deepest = 64;

/**
 * Reads an expression over a record: `value.total > 100 && key ~ /^eu-/`. It is interpreted: no code of the record or of the
 * user is ever run. Throws `OPTION_INVALID` with the column of what cannot be read.
 *
 * @example
 * ```ts
 * const where = parseWhere('value.total > 100');
 * ```
 */
export function parseWhere(text: string): Where {
  if (text.length > longest)
    throw whereError(text.slice(0, 60), 0, `it is longer than ${longest} characters`);
  const evaluate = new Parser(text, tokenize(text)).all();
  return (scope) => Boolean(evaluate(scope));
}

/** Precedence climbing: every operator takes to its right only what binds more strongly. */
class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  all(): Evaluate {
    const expression = this.#expression(0);
    if (this.#token.kind !== 'end') throw this.#unexpected('an operator or the end');
    return expression;
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: this.#text.length, value: '' };
  }

  #expression(power: number): Evaluate {
    if (++this.#depth > deepest) throw whereError(this.#text, this.#token.at, 'it is nested too deeply');
    let left = this.#unary();
    for (;;) {
      const sign = this.#operator();
      const binds = sign === undefined ? -1 : powerOf(sign);
      if (sign === undefined || binds <= power) break;
      this.#next++;
      left = combine(sign, left, this.#expression(binds));
    }
    this.#depth--;
    return left;
  }

  #operator(): string | undefined {
    const { kind, value } = this.#token;
    if (kind === 'name') return value === 'in' ? value : undefined;
    if (kind !== 'sign') return undefined;
    return value === '&&' || value === '||' || operators[value] !== undefined ? value : undefined;
  }

  #unary(): Evaluate {
    if (this.#take('!')) {
      const operand = this.#nested(() => this.#unary());
      return (scope) => !operand(scope);
    }
    if (this.#take('-')) {
      const operand = this.#nested(() => this.#unary());
      return (scope) => {
        const value = operand(scope);
        return typeof value === 'number' ? -value : undefined;
      };
    }
    return this.#members(this.#primary());
  }

  #nested(read: () => Evaluate): Evaluate {
    if (++this.#depth > deepest) throw whereError(this.#text, this.#token.at, 'it is nested too deeply');
    const result = read();
    this.#depth--;
    return result;
  }

  #members(start: Evaluate): Evaluate {
    let subject = start;
    for (;;) {
      const of = subject;
      if (this.#take('.')) subject = this.#field(of);
      else if (this.#take('[')) {
        const index = this.#expression(0);
        this.#expect(']');
        subject = (scope) => member(of(scope), index(scope));
      } else return subject;
    }
  }

  #field(subject: Evaluate): Evaluate {
    const token = this.#token;
    if (token.kind !== 'name') throw this.#unexpected('the name of a field');
    this.#next++;
    if (!this.#take('(')) return (scope) => member(subject(scope), token.value);
    const method = Object.hasOwn(methods, token.value) ? methods[token.value] : undefined;
    if (method === undefined) {
      throw whereError(
        this.#text,
        token.at,
        `there is no ${token.value}(); there are ${Object.keys(methods).join(', ')}`,
      );
    }
    const given = this.#list(')');
    return (scope) =>
      method(
        subject(scope),
        given.map((one) => one(scope)),
      );
  }

  #primary(): Evaluate {
    const token = this.#token;
    if (token.kind === 'name') {
      this.#next++;
      return this.#named(token);
    }
    if (token.kind === 'number' || token.kind === 'string' || token.kind === 'pattern') {
      this.#next++;
      return () => token.value;
    }
    if (this.#take('(')) {
      const inner = this.#expression(0);
      this.#expect(')');
      return inner;
    }
    if (this.#take('[')) {
      const items = this.#list(']');
      return (scope) => items.map((item) => item(scope));
    }
    throw this.#unexpected('a value');
  }

  #named({ value, at }: Extract<Token, { kind: 'name' }>): Evaluate {
    if (value === 'true') return () => true;
    if (value === 'false') return () => false;
    if (value === 'null' || value === 'undefined') return () => undefined;
    if (isScopeName(value)) return (scope) => scope[value];
    throw whereError(
      this.#text,
      at,
      `there is no ${value}; a record has ${scopeNames.join(', ')} (fields of its JSON as value.${value})`,
    );
  }

  #list(end: string): readonly Evaluate[] {
    const items: Evaluate[] = [];
    if (this.#take(end)) return items;
    do items.push(this.#expression(0));
    while (this.#take(','));
    this.#expect(end);
    return items;
  }

  #take(sign: string): boolean {
    const token = this.#token;
    if (token.kind !== 'sign' || token.value !== sign) return false;
    this.#next++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw this.#unexpected(`"${sign}"`);
  }

  #unexpected(wanted: string): Error {
    const { kind, at, value } = this.#token;
    const found = kind === 'end' ? 'it ends here' : `there is ${JSON.stringify(String(value))}`;
    return whereError(this.#text, at, `${found}, where ${wanted} should be`);
  }
}

function powerOf(sign: string): number {
  if (sign === '||') return 1;
  return sign === '&&' ? 2 : (operators[sign]?.power ?? -1);
}

function combine(sign: string, left: Evaluate, right: Evaluate): Evaluate {
  if (sign === '&&') return (scope) => Boolean(left(scope)) && Boolean(right(scope));
  if (sign === '||') return (scope) => Boolean(left(scope)) || Boolean(right(scope));
  const apply = operators[sign]?.apply;
  return (scope) => apply?.(left(scope), right(scope));
}
