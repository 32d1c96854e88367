import { PatternError } from './condition.ts';
import { JsonNumber, parseJson, type Json } from './json.ts';
import { matches } from './match.ts';
import { isLeaf, parsePattern, type Pattern } from './pattern.ts';

/** What a filter sees of a record. */
export interface FilterRecord {
  readonly partitionKey: string;
  readonly sequenceNumber: string;
  /** Base64. */
  readonly data: string;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** The filters of a mapping, ready to run. */
export interface Filter {
  /** Whether any pattern matches, or there is none. */
  accepts(record: FilterRecord): boolean;
  /** What works here and is not promised by Lambda. */
  readonly warnings: readonly string[];
}

export interface FilterOptions {
  /** Whether 300 and 300.0 differ, as Lambda documents it (`text`, default), or are the same number (`value`). */
  readonly numberEquality?: 'text' | 'value';
}

/** What a mapping may have unless the account's quota was raised. */
export const usualFilters: number = 5;

/**
 * Compiles `FilterCriteria.Filters[].Pattern`. Throws {@link PatternError} for a pattern that is none, or whose `data`
 * is no JSON object.
 *
 * @example
 * ```ts
 * const filter = compileFilter(['{"data":{"customer":["ada"]}}']);
 * filter.accepts({ data: btoa('{"customer":"ada"}'), … }); // true
 * ```
 */
export function compileFilter(patterns: readonly string[], options: FilterOptions = {}): Filter {
  const warnings = new Set<string>();
  const context = {
    numberEquality: options.numberEquality ?? 'text',
    warn: (what: string) => warnings.add(`${what} is not in Lambda's list of filter operators`),
  };
  if (patterns.length > usualFilters) {
    warnings.add(`more than ${usualFilters} filters need a quota raised by AWS`);
  }
  const compiled = patterns.map((text) => parsePattern(text, context));
  for (const pattern of compiled) check(pattern, warnings);
  const withData = compiled.filter(readsData);
  const others = compiled.filter((pattern) => !readsData(pattern));
  return {
    warnings: [...warnings],
    accepts(record) {
      if (compiled.length === 0) return true;
      const metadata = metadataOf(record);
      if (others.some((pattern) => matches(pattern, metadata))) return true;
      if (withData.length === 0) return false;
      const data = parseJson(textOf(record.data));
      // Data that is not JSON never gets past a pattern on it.
      if (data === undefined) return false;
      const whole = new Map([...metadata, ['data', data] as const]);
      return withData.some((pattern) => matches(pattern, whole));
    },
  };
}

function check(pattern: Pattern, warnings: Set<string>): void {
  for (const [name, node] of pattern.fields) {
    if (name !== 'data') {
      warnings.add(`a pattern on ${name} is not promised: Lambda documents filtering Kinesis on data only`);
    } else if (isLeaf(node)) {
      throw new PatternError('data is not a JSON object of fields');
    }
  }
  for (const group of pattern.alternatives) for (const one of group) check(one, warnings);
}

function readsData(pattern: Pattern): boolean {
  return pattern.fields.has('data') || pattern.alternatives.some((group) => group.some(readsData));
}

function metadataOf(record: FilterRecord): ReadonlyMap<string, Json> {
  return new Map<string, Json>([
    ['kinesisSchemaVersion', '1.0'],
    ['partitionKey', record.partitionKey],
    ['sequenceNumber', record.sequenceNumber],
    ['approximateArrivalTimestamp', new JsonNumber(String(record.arrivedAt / 1000))],
  ]);
}

function textOf(data: string): string {
  return Buffer.from(data, 'base64').toString('utf8');
}
