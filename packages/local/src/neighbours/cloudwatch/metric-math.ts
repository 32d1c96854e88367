import { invalidValue, type CloudwatchError } from './cloudwatch-error.ts';
import {
  calculate,
  choose,
  combine,
  differences,
  each,
  elementwise,
  fillGaps,
  reducers,
  reduceSeries,
  runningSum,
  seriesOf,
  type MathValue,
  type TimeSeries,
} from './series-math.ts';

export interface MathContext {
  /** The value of an id; undefined when there is no query of that name. */
  valueOf(id: string): MathValue | undefined;
  /** Every metric of the request that is not itself an expression. */
  readonly metrics: readonly TimeSeries[];
  /** [start, end) of the request, milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
}

/**
 * Evaluates metric math: + - * / ^, comparisons, AND, OR, and the functions ABS, AVG, CEIL, DIFF, FILL, FLOOR, IF,
 * MAX, METRICS, MIN, PERIOD, RATE, RUNNING_SUM and SUM. Anything else, SEARCH above all, is refused by name. See
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html}.
 */
export function evaluateExpression(expression: string, context: MathContext): MathValue {
  const parser = new Parser(tokenize(expression), context, expression);
  const value = parser.expression(0);
  parser.end();
  return value;
}

type Token = { readonly kind: 'number' | 'name' | 'symbol'; readonly text: string };

function tokenize(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z][A-Za-z0-9_]*)|(>=|<=|==|!=|&&|\|\||[-+*/^()<>,[\]]))/y;
  while (expression.slice(pattern.lastIndex).trim() !== '') {
    const at = pattern.lastIndex;
    const match = pattern.exec(expression);
    if (match === null) {
      throw invalidValue(
        `Error in expression '${expression}': the embedded CloudWatch does not read ${JSON.stringify(expression.slice(at).trim().slice(0, 20))}.`,
      );
    }
    const [, number, name, symbol] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else tokens.push({ kind: 'symbol', text: symbol ?? '' });
  }
  return tokens;
}

const binding: Readonly<Record<string, number>> = {
  OR: 1,
  '||': 1,
  AND: 2,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '>': 4,
  '<=': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '^': 8,
};

const deepest = 100;

/** Operators by their binding power; evaluates while it reads. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #context: MathContext;
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], context: MathContext, source: string) {
    this.#tokens = tokens;
    this.#context = context;
    this.#source = source;
  }

  expression(lowest: number): MathValue {
    if (++this.#depth > deepest) throw this.#wrong('it is nested too deeply');
    let left = this.#operand();
    for (;;) {
      const operator = this.#tokens[this.#at]?.text ?? '';
      const power = Object.hasOwn(binding, operator) ? (binding[operator] ?? 0) : 0;
      if (power <= lowest) break;
      this.#at++;
      const right = this.expression(operator === '^' ? power - 1 : power);
      left = combine(left, right, (a, b) => calculate(operator, a, b));
    }
    this.#depth--;
    return left;
  }

  end(): void {
    const left = this.#tokens[this.#at];
    if (left !== undefined) throw this.#wrong(`unexpected ${left.text}`);
  }

  #operand(): MathValue {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw this.#wrong('it ends too early');
    if (token.kind === 'number') return Number(token.text);
    if (token.text === '-') return each(this.expression(7), (value) => -value);
    if (token.text === '(') {
      const value = this.expression(0);
      this.#expect(')');
      return value;
    }
    if (token.text === '[') {
      const items = this.#items(']');
      return items.flatMap((item) => seriesOf(item) ?? this.#fail('a list takes time series only'));
    }
    if (token.kind !== 'name') throw this.#wrong(`unexpected ${token.text}`);
    if (this.#tokens[this.#at]?.text === '(') {
      this.#at++;
      return this.#call(token.text);
    }
    return this.#context.valueOf(token.text) ?? this.#fail(`there is no query with id ${token.text}`);
  }

  #items(closing: string): readonly MathValue[] {
    const items: MathValue[] = [];
    if (this.#tokens[this.#at]?.text === closing) {
      this.#at++;
      return items;
    }
    do items.push(this.expression(0));
    while (this.#tokens[this.#at]?.text === ',' && ++this.#at);
    this.#expect(closing);
    return items;
  }

  #call(name: string): MathValue {
    if (name === 'FILL') return this.#fill();
    const given = this.#items(')');
    const one = given[0];
    const change = elementwise[name];
    if (change !== undefined && one !== undefined) return each(one, change);
    const reduce = reducers[name];
    if (reduce !== undefined && one !== undefined) return reduceSeries(one, reduce);
    if (name === 'METRICS' && one === undefined) return this.#context.metrics;
    if (name === 'IF' && given.length >= 2) return choose(given);
    const series = one === undefined ? undefined : seriesOf(one)?.[0];
    if (series !== undefined) {
      if (name === 'PERIOD') return series.periodMs / 1000;
      if (name === 'DIFF') return differences(series, () => 1);
      if (name === 'RATE') return differences(series, (milliseconds) => milliseconds / 1000);
      if (name === 'RUNNING_SUM') return runningSum(series);
    }
    return this.#fail(`the embedded CloudWatch has no function ${name} of ${given.length} such arguments`);
  }

  /** `FILL(series, value)`, where the value may also be REPEAT. */
  #fill(): MathValue {
    const source = seriesOf(this.expression(0)) ?? this.#fail('FILL takes a time series');
    this.#expect(',');
    const repeat = this.#tokens[this.#at]?.text === 'REPEAT';
    if (repeat) this.#at++;
    const filler = repeat ? undefined : this.expression(0);
    this.#expect(')');
    if (filler !== undefined && typeof filler !== 'number') {
      return this.#fail('the embedded CloudWatch fills with a number or REPEAT');
    }
    const filled = source.map((series) => fillGaps(series, this.#context, filler));
    return filled.length === 1 ? (filled[0] ?? filled) : filled;
  }

  #expect(text: string): void {
    const token = this.#tokens[this.#at++];
    if (token?.text !== text) throw this.#wrong(`expected ${text} before ${token?.text ?? 'the end'}`);
  }

  #fail(why: string): never {
    throw this.#wrong(why);
  }

  #wrong(why: string): CloudwatchError {
    return invalidValue(`Error in expression '${this.#source}': ${why}.`);
  }
}
