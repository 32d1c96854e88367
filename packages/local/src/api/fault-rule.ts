import {
  choiceOption,
  type Duration,
  integerOption,
  isObject,
  optionError,
  toMilliseconds,
} from '@millrace/kinesis/runtime';

import type { ServiceErrorType } from '../engine/service-error.ts';

/** The errors a rule can answer with. */
export type FaultError = Extract<
  ServiceErrorType,
  | 'AccessDeniedException'
  | 'ExpiredIteratorException'
  | 'ExpiredNextTokenException'
  | 'InternalFailure'
  | 'InvalidArgumentException'
  | 'KMSAccessDeniedException'
  | 'KMSDisabledException'
  | 'KMSInvalidStateException'
  | 'KMSNotFoundException'
  | 'KMSOptInRequired'
  | 'KMSThrottlingException'
  | 'LimitExceededException'
  | 'ProvisionedThroughputExceededException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'ServiceUnavailableException'
  | 'UnrecognizedClientException'
  | 'ValidationException'
>;

const faultErrors: readonly FaultError[] = [
  'AccessDeniedException',
  'ExpiredIteratorException',
  'ExpiredNextTokenException',
  'InternalFailure',
  'InvalidArgumentException',
  'KMSAccessDeniedException',
  'KMSDisabledException',
  'KMSInvalidStateException',
  'KMSNotFoundException',
  'KMSOptInRequired',
  'KMSThrottlingException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'ResourceInUseException',
  'ResourceNotFoundException',
  'ServiceUnavailableException',
  'UnrecognizedClientException',
  'ValidationException',
];

const recordErrors = ['ProvisionedThroughputExceededException', 'InternalFailure'] as const;

/**
 * Something that goes wrong, to be written down instead of programmed. A rule applies to the calls that `operation`,
 * `stream` and `shard` name, and does at least one of `error`, `records`, `latency` and `drop` to those that `rate`
 * picks.
 */
export interface FaultRule {
  /** For example `PutRecords`, or several. Default: every operation. */
  readonly operation?: string | readonly string[];
  /** Name of the stream. Default: every stream. */
  readonly stream?: string;
  /**
   * The shard, by its whole id, that the call reads or puts to. Of a PutRecords it means the records that go there.
   * Default: every shard.
   */
  readonly shard?: string;
  /** What the call is answered with; for `records`, `ProvisionedThroughputExceededException` or `InternalFailure`. */
  readonly error?: FaultError;
  /** The error's text. Default: the service's words. */
  readonly message?: string;
  /** With `error`: `before` anything happened (default), or `after` the call took effect. */
  readonly when?: 'before' | 'after';
  /** Of each PutRecords so many records are refused, picked by chance, or each with the chance `'20%'`. */
  readonly records?: number | `${number}%`;
  /** The call is held back: always as long, or by chance between two durations, as `'50ms..2s'`. */
  readonly latency?: Duration | `${string}..${string}`;
  /** The connection is cut instead of an answer, `before` or `after` the call took effect. */
  readonly drop?: 'before' | 'after';
  /** The chance that a call is hit, over 0 and up to 1. Default 1. */
  readonly rate?: number;
  /** The rule ends this long after it was set. Default: never. */
  readonly for?: Duration;
  /** The rule ends after so many calls hit. Default: never. */
  readonly calls?: number;
}

/** A rule that was checked. */
export interface CheckedRule {
  readonly rule: Pick<FaultRule, 'stream' | 'shard' | 'error' | 'message' | 'when' | 'drop'>;
  /** The rule as it was given. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly operations: ReadonlySet<string> | undefined;
  /** Milliseconds. */
  readonly latency: { readonly from: number; readonly to: number } | undefined;
  readonly records: { readonly count: number } | { readonly chance: number } | undefined;
  readonly rate: number;
  readonly lifeMs: number | undefined;
  readonly calls: number | undefined;
}

const members = [
  'operation',
  'stream',
  'shard',
  'error',
  'message',
  'when',
  'records',
  'latency',
  'drop',
  'rate',
  'for',
  'calls',
] as const;

/** A rule as it may come from anywhere. Throws `OPTION_INVALID`, naming the member under `path`. */
export function checkFaultRule(input: unknown, path: string): CheckedRule {
  if (!isObject(input)) throw optionError(path, input, 'an object that describes a fault');
  for (const member of Object.keys(input)) {
    if (!members.some((known) => known === member)) {
      throw optionError(`${path}.${member}`, input[member], `only ${members.join(', ')}`);
    }
  }
  const { operation, records: recordsOf, rate, for: life, calls } = input;
  const text = (member: (typeof members)[number]): string | undefined => textOf(input, member, path);
  const choice = <T extends string>(
    member: (typeof members)[number],
    allowed: readonly T[],
  ): T | undefined => {
    const given = text(member);
    return given === undefined ? undefined : choiceOption(`${path}.${member}`, given, allowed);
  };
  const operations = operation === undefined ? undefined : operationsOf(operation, `${path}.operation`);
  const records = recordsOf === undefined ? undefined : checkRecords(recordsOf, `${path}.records`);
  const error = records === undefined ? choice('error', faultErrors) : choice('error', recordErrors);
  const drop = choice('drop', ['before', 'after']);
  const latency = input['latency'];
  if (error === undefined && records === undefined && latency === undefined && drop === undefined) {
    throw optionError(path, input, 'at least one of error, records, latency and drop');
  }
  if (records !== undefined && operations !== undefined && !operations.has('PutRecords')) {
    throw optionError(`${path}.records`, recordsOf, 'records only for PutRecords');
  }
  const rule: Mutable<CheckedRule['rule']> = {};
  set(rule, 'stream', text('stream'));
  set(rule, 'shard', text('shard'));
  set(rule, 'error', error);
  set(rule, 'message', text('message'));
  set(rule, 'when', choice('when', ['before', 'after']));
  set(rule, 'drop', drop);
  return {
    rule,
    given: { ...input },
    operations,
    latency: latency === undefined ? undefined : checkLatency(latency, `${path}.latency`),
    records,
    rate: rate === undefined ? 1 : checkRate(rate, `${path}.rate`),
    lifeMs: life === undefined ? undefined : milliseconds(life, `${path}.for`),
    calls: calls === undefined ? undefined : checkCalls(calls, `${path}.calls`),
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function set<K extends keyof CheckedRule['rule']>(
  rule: Mutable<CheckedRule['rule']>,
  member: K,
  value: Mutable<CheckedRule['rule']>[K] | undefined,
): void {
  if (value !== undefined) rule[member] = value;
}

function textOf(input: Readonly<Record<string, unknown>>, member: string, path: string): string | undefined {
  const value = input[member];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw optionError(`${path}.${member}`, value, 'a text that is not empty');
}

function operationsOf(value: unknown, path: string): ReadonlySet<string> {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const checked = names.map((name) => {
    if (typeof name === 'string' && /^[A-Z][A-Za-z]{2,63}$/.test(name)) return name;
    throw optionError(path, name, "the name of an operation, for example 'PutRecords', or a list of them");
  });
  if (checked.length === 0) throw optionError(path, value, 'at least one operation');
  return new Set(checked);
}

function checkRecords(value: unknown, path: string): CheckedRule['records'] {
  if (typeof value === 'number') return { count: integerOption(path, value, 1, 500) };
  const share = typeof value === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(value)?.[1] : undefined;
  const chance = Number(share ?? Number.NaN) / 100;
  if (chance > 0 && chance <= 1) return { chance };
  throw optionError(path, value, "a number of records from 1 to 500, or a share of them as '20%'");
}

function checkLatency(value: unknown, path: string): { readonly from: number; readonly to: number } {
  const [first, last] = typeof value === 'string' ? value.split('..') : [];
  if (first === undefined || last === undefined) {
    const fixed = milliseconds(value, path);
    return { from: fixed, to: fixed };
  }
  const range = { from: milliseconds(first, path), to: milliseconds(last, path) };
  if (range.from > range.to) throw optionError(path, value, "the shorter duration first, as '50ms..2s'");
  return range;
}

function checkRate(value: unknown, path: string): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw optionError(path, value, 'a number over 0 and up to 1');
}

function checkCalls(value: unknown, path: string): number {
  return integerOption(path, typeof value === 'number' ? value : Number.NaN, 1, 1_000_000_000);
}

function milliseconds(value: unknown, path: string): number {
  return toMilliseconds(typeof value === 'number' || typeof value === 'string' ? value : Number.NaN, path);
}
