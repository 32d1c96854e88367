import { invalidValue } from './cloudwatch-error.ts';
import type { CloudwatchError } from './cloudwatch-error.ts';

/** Values by the start of their period, milliseconds since the epoch. */
export interface TimeSeries {
  readonly periodMs: number;
  readonly points: ReadonlyMap<number, number>;
}

export type MathValue = number | TimeSeries | readonly TimeSeries[];

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
    const elementwise = simple[name];
    if (elementwise !== undefined && one !== undefined) return each(one, elementwise);
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
    const { start, end } = this.#context;
    const filled = source.map(({ periodMs, points }) => {
      const all = new Map<number, number>();
      let last = filler;
      for (let time = Math.floor(start / periodMs) * periodMs; time < end; time += periodMs) {
        const value = points.get(time) ?? last;
        if (value !== undefined) all.set(time, value);
        if (repeat) last = value;
      }
      return { periodMs, points: all };
    });
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

function isList(value: MathValue): value is readonly TimeSeries[] {
  return Array.isArray(value);
}

function seriesOf(value: MathValue): readonly TimeSeries[] | undefined {
  if (typeof value === 'number') return undefined;
  return isList(value) ? value : [value];
}

function each(value: MathValue, change: (value: number) => number): MathValue {
  return combine(value, 0, (one) => change(one));
}

/** Of two series the periods that both have; every series of a list with the other value. */
function combine(left: MathValue, right: MathValue, operate: (a: number, b: number) => number): MathValue {
  if (typeof left === 'number') {
    if (typeof right === 'number') return operate(left, right);
    return combine(right, left, (b, a) => operate(a, b));
  }
  if (isList(left)) return left.map((one) => combineSeries(one, right, operate));
  return isList(right)
    ? right.map((one) => combineSeries(left, one, operate))
    : combineSeries(left, right, operate);
}

function combineSeries(
  left: TimeSeries,
  right: MathValue,
  operate: (a: number, b: number) => number,
): TimeSeries {
  const points = new Map<number, number>();
  const other = typeof right === 'number' ? undefined : seriesOf(right)?.[0];
  for (const [time, value] of left.points) {
    const second = typeof right === 'number' ? right : other?.points.get(time);
    if (second === undefined) continue;
    const result = operate(value, second);
    // A division by zero has no value, and so no data point.
    if (Number.isFinite(result)) points.set(time, result);
  }
  return { periodMs: left.periodMs, points };
}

function calculate(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '^':
      return a ** b;
    default:
      return compare(operator, a, b) ? 1 : 0;
  }
}

function compare(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case 'AND':
    case '&&':
      return a !== 0 && b !== 0;
    default:
      return a !== 0 || b !== 0;
  }
}

const simple: Readonly<Record<string, ((value: number) => number) | undefined>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
};

const reducers: Readonly<Record<string, ((values: readonly number[]) => number) | undefined>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  MAX: (values) => values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
};

/** Of one series a number, of several one series. */
function reduceSeries(value: MathValue, reduce: (values: readonly number[]) => number): MathValue {
  if (typeof value === 'number') return value;
  if (!isList(value)) return value.points.size === 0 ? 0 : reduce([...value.points.values()]);
  const times = [...new Set(value.flatMap(({ points }) => [...points.keys()]))].toSorted((a, b) => a - b);
  const points = new Map(
    times.map((time) => [time, reduce(value.flatMap((one) => one.points.get(time) ?? []))]),
  );
  return { periodMs: value[0]?.periodMs ?? 60_000, points };
}

function choose([condition = 0, yes = 0, no]: readonly MathValue[]): MathValue {
  if (typeof condition === 'number') return condition === 0 ? (no ?? empty) : yes;
  const series = isList(condition) ? condition[0] : condition;
  const points = new Map<number, number>();
  for (const [time, value] of series?.points ?? []) {
    const chosen = valueAt(value === 0 ? no : yes, time);
    if (chosen !== undefined) points.set(time, chosen);
  }
  return { periodMs: series?.periodMs ?? 60_000, points };
}

const empty: TimeSeries = { periodMs: 60_000, points: new Map() };

function valueAt(value: MathValue | undefined, time: number): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  return seriesOf(value)?.[0]?.points.get(time);
}

function differences(series: TimeSeries, per: (milliseconds: number) => number): TimeSeries {
  const points = new Map<number, number>();
  let before: readonly [number, number] | undefined;
  for (const point of series.points) {
    if (before !== undefined) points.set(point[0], (point[1] - before[1]) / per(point[0] - before[0]));
    before = point;
  }
  return { periodMs: series.periodMs, points };
}

function runningSum(series: TimeSeries): TimeSeries {
  let sum = 0;
  const points = new Map([...series.points].map(([time, value]) => [time, (sum += value)] as const));
  return { periodMs: series.periodMs, points };
}
