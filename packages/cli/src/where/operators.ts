type Binary = (left: unknown, right: unknown) => unknown;

/** How strongly an operator binds its sides, and what it makes of them. Nothing is converted: other types do not compare. */
export interface Operator {
  readonly power: number;
  readonly apply: Binary;
}

export const operators: Readonly<Record<string, Operator | undefined>> = {
  '==': { power: 3, apply: equal },
  '===': { power: 3, apply: equal },
  '!=': { power: 3, apply: (left, right) => !equal(left, right) },
  '!==': { power: 3, apply: (left, right) => !equal(left, right) },
  '<': { power: 4, apply: ordered((order) => order < 0) },
  '<=': { power: 4, apply: ordered((order) => order <= 0) },
  '>': { power: 4, apply: ordered((order) => order > 0) },
  '>=': { power: 4, apply: ordered((order) => order >= 0) },
  '~': { power: 4, apply: matches },
  '!~': { power: 4, apply: (left, right) => !matches(left, right) },
  in: { power: 4, apply: (left, right) => Array.isArray(right) && right.some((one) => equal(left, one)) },
  '+': { power: 5, apply: add },
  '-': { power: 5, apply: arithmetic((left, right) => left - right) },
  '*': { power: 6, apply: arithmetic((left, right) => left * right) },
  '/': { power: 6, apply: arithmetic((left, right) => left / right) },
  '%': { power: 6, apply: arithmetic((left, right) => left % right) },
};

/** The methods that can be called; of texts and lists alone, so no record can bring its own. */
export const methods: Readonly<
  Record<string, ((subject: unknown, given: readonly unknown[]) => unknown) | undefined>
> = {
  includes: (subject, [wanted]) =>
    Array.isArray(subject)
      ? subject.some((one) => equal(one, wanted))
      : ofTexts(subject, wanted, (a, b) => a.includes(b)),
  startsWith: (subject, [wanted]) => ofTexts(subject, wanted, (a, b) => a.startsWith(b)),
  endsWith: (subject, [wanted]) => ofTexts(subject, wanted, (a, b) => a.endsWith(b)),
  toLowerCase: (subject) => (typeof subject === 'string' ? subject.toLowerCase() : undefined),
  toUpperCase: (subject) => (typeof subject === 'string' ? subject.toUpperCase() : undefined),
};

/** A field of an object, a place of a list, or a length; what a prototype has is not seen. */
export function member(subject: unknown, name: unknown): unknown {
  if (typeof subject === 'string') return name === 'length' ? subject.length : undefined;
  if (typeof subject !== 'object' || subject === null) return undefined;
  if (Array.isArray(subject) && name === 'length') return subject.length;
  const key = typeof name === 'number' ? String(name) : name;
  return typeof key === 'string' && Object.hasOwn(subject, key) ? Reflect.get(subject, key) : undefined;
}

function equal(left: unknown, right: unknown): boolean {
  // A field that is not there and one that is null are the same to who asks.
  return left === right || (left ?? undefined) === (right ?? undefined);
}

function ordered(test: (order: number) => boolean): Binary {
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') {
      return !Number.isNaN(left) && !Number.isNaN(right) && test(left < right ? -1 : left > right ? 1 : 0);
    }
    if (typeof left !== 'string' || typeof right !== 'string') return false;
    return test(left < right ? -1 : left > right ? 1 : 0);
  };
}

function matches(left: unknown, right: unknown): boolean {
  return typeof left === 'string' && right instanceof RegExp && right.test(left);
}

function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  return typeof left === 'number' && typeof right === 'number' ? left + right : undefined;
}

function arithmetic(compute: (left: number, right: number) => number): Binary {
  return (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? compute(left, right) : undefined;
}

function ofTexts(left: unknown, right: unknown, test: (left: string, right: string) => boolean): boolean {
  return typeof left === 'string' && typeof right === 'string' && test(left, right);
}
