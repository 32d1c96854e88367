/** Values by the start of their period, milliseconds since the epoch. */
export interface TimeSeries {
  readonly periodMs: number;
  readonly points: ReadonlyMap<number, number>;
}

/** What an expression of metric math may be. */
export type MathValue = number | TimeSeries | readonly TimeSeries[];

function isList(value: MathValue): value is readonly TimeSeries[] {
  return Array.isArray(value);
}

/** The series of a value that has some. */
export function seriesOf(value: MathValue): readonly TimeSeries[] | undefined {
  if (typeof value === 'number') return undefined;
  return isList(value) ? value : [value];
}

/** Every value changed. */
export function each(value: MathValue, change: (value: number) => number): MathValue {
  return combine(value, 0, (one) => change(one));
}

/** Of two series the periods that both have; every series of a list with the other value. */
export function combine(
  left: MathValue,
  right: MathValue,
  operate: (a: number, b: number) => number,
): MathValue {
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

/** What an operator makes of two values; a comparison is 1 or 0. */
export function calculate(operator: string, a: number, b: number): number {
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

/** Functions of a single value. */
export const elementwise: Readonly<Record<string, ((value: number) => number) | undefined>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
};

/** Functions that make one value of many. */
export const reducers: Readonly<Record<string, ((values: readonly number[]) => number) | undefined>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  MAX: (values) => values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
};

/** Of one series a number, of several one series. */
export function reduceSeries(value: MathValue, reduce: (values: readonly number[]) => number): MathValue {
  if (typeof value === 'number') return value;
  if (!isList(value)) return value.points.size === 0 ? 0 : reduce([...value.points.values()]);
  const times = [...new Set(value.flatMap(({ points }) => [...points.keys()]))].toSorted((a, b) => a - b);
  const points = new Map(
    times.map((time) => [time, reduce(value.flatMap((one) => one.points.get(time) ?? []))]),
  );
  return { periodMs: value[0]?.periodMs ?? 60_000, points };
}

/** `IF`: period by period, by what the condition has there. */
export function choose([condition = 0, yes = 0, no]: readonly MathValue[]): MathValue {
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

/** From each data point to the next; `per`: what a difference counts for. */
export function differences(series: TimeSeries, per: (milliseconds: number) => number): TimeSeries {
  const points = new Map<number, number>();
  let before: readonly [number, number] | undefined;
  for (const point of series.points) {
    if (before !== undefined) points.set(point[0], (point[1] - before[1]) / per(point[0] - before[0]));
    before = point;
  }
  return { periodMs: series.periodMs, points };
}

/** The sum up to each data point. */
export function runningSum(series: TimeSeries): TimeSeries {
  let sum = 0;
  const points = new Map([...series.points].map(([time, value]) => [time, (sum += value)] as const));
  return { periodMs: series.periodMs, points };
}

/** Every period of a span has a value: its own, `filler`, or without one what came before. */
export function fillGaps(
  { periodMs, points }: TimeSeries,
  { start, end }: { readonly start: number; readonly end: number },
  filler: number | undefined,
): TimeSeries {
  const all = new Map<number, number>();
  let last = filler;
  for (let time = Math.floor(start / periodMs) * periodMs; time < end; time += periodMs) {
    const value = points.get(time) ?? last;
    if (value !== undefined) all.set(time, value);
    if (filler === undefined) last = value;
  }
  return { periodMs, points: all };
}
