import type { Verdict } from './response.ts';

/** What the state machine needs of a record. */
export interface RetryRecord {
  readonly sequenceNumber: string;
  /** Approximate arrival, milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** The wait before the n-th retry of a batch: `firstMs × factor^(n − 1)`, at most `longestMs`. */
export interface BackoffCurve {
  readonly firstMs: number;
  readonly factor: number;
  readonly longestMs: number;
}

/** The settings of a mapping that decide about retries. */
export interface RetryRules {
  /** −1: until the records expire. */
  readonly maximumRetryAttempts: number;
  /** Infinity: as long as the stream keeps them. */
  readonly maximumRecordAgeMs: number;
  /** How long the stream keeps records. */
  readonly retentionMs: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** Undocumented by AWS; ours. */
  readonly backoff: BackoffCurve;
  /** Whether halves begin with no failed attempt, or with those of their whole. Undocumented by AWS. */
  readonly attemptsAfterBisect: 'restart' | 'keep';
}

/** Records that are invoked together. */
export interface WorkItem<R extends RetryRecord> {
  readonly records: readonly R[];
  /** Whose age limits an invocation without records, once it has failed. */
  readonly newest?: RetryRecord | undefined;
  /** Invocations that failed; what MaximumRetryAttempts limits. */
  readonly attempts: number;
  /** Calls that failed in a row, refused ones too; what the back-off grows with. */
  readonly failures: number;
  /** Not to be invoked before, milliseconds since the epoch. */
  readonly notBefore: number;
  /** Of the last invocation; null when it was the response that said so. */
  readonly functionError: string | null;
}

/** The work of one lane, in order: the first item is the one in hand. */
export type RetryState<R extends RetryRecord> = readonly WorkItem<R>[];

/** Why records are given up. `RetentionExpired` is the stream's doing: no destination hears of it. */
export type DropCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded' | 'RetentionExpired';

/** What to do now. */
export type RetryStep<R extends RetryRecord> =
  /** `attempt` counts the invocations of these records together, from 1. */
  | { readonly type: 'invoke'; readonly records: readonly R[]; readonly attempt: number }
  | { readonly type: 'wait'; readonly until: number }
  | {
      readonly type: 'drop';
      readonly records: readonly R[];
      readonly condition: DropCondition;
      /** At least 1, also for records never invoked: so AWS writes it. */
      readonly approximateInvokeCount: number;
      readonly functionError: string | null;
    }
  | { readonly type: 'idle' };

/**
 * A batch to be invoked until it is done or given up.
 *
 *     invoke --done--> next item
 *            --partial, some done--> the rest, as if new
 *            --partial, none done | failed--> retry
 *            --error--> with bisect and more than one record: two halves, else retry
 *            --refused--> retry, not counted
 *     retry  --attempts > MaximumRetryAttempts--> drop RetryAttemptsExhausted
 *            --else--> wait, then invoke
 *     before any invoke: records too old --> drop RecordAgeExceeded; the younger ones go on
 *     without records: a retry when the newest it is for is too old --> drop RecordAgeExceeded
 *
 * Pure: {@link nextStep} says what to do, {@link settle} takes how it went.
 *
 * @example
 * ```ts
 * let state = startBatch(records);
 * const { step } = nextStep(state, rules, now);            // { type: 'invoke', attempt: 1, … }
 * const settled = settle(state, rules, { type: 'error', functionError: 'Unhandled' }, now);
 * nextStep(settled.state, rules, now).step;                // { type: 'wait', until: now + 250 }
 * ```
 */
export function startBatch<R extends RetryRecord>(records: readonly R[]): RetryState<R> {
  return [fresh(records)];
}

/** As {@link startBatch}, without a record: the last invocation for records long done, `newest` the last of them. */
export function startFinal<R extends RetryRecord>(newest: RetryRecord): RetryState<R> {
  return [{ ...fresh<R>([]), newest }];
}

/** What to do with the item in hand. A drop has left the state already; an invocation leaves it by {@link settle}. */
export function nextStep<R extends RetryRecord>(
  state: RetryState<R>,
  rules: RetryRules,
  now: number,
): { readonly state: RetryState<R>; readonly step: RetryStep<R> } {
  const [item, ...rest] = state;
  if (item === undefined) return { state, step: { type: 'idle' } };
  if (isExhausted(item, rules))
    return { state: rest, step: drop(item, item.records, 'RetryAttemptsExhausted') };
  if (item.newest !== undefined && item.failures > 0 && now >= expiryOf(item.newest, rules)) {
    return { state: rest, step: drop(item, [], conditionOf(item.newest, rules, now)) };
  }
  const old = countOld(item.records, rules, now);
  if (old > 0) {
    const young = item.records.slice(old);
    return {
      state: young.length === 0 ? rest : [{ ...item, records: young }, ...rest],
      step: drop(item, item.records.slice(0, old), conditionOf(item.records[old - 1], rules, now)),
    };
  }
  if (now < item.notBefore) {
    // A record that grows too old meanwhile is not kept waiting.
    const until = Math.min(item.notBefore, expiryOf(item.records[0] ?? item.newest, rules));
    return { state, step: { type: 'wait', until } };
  }
  return { state, step: { type: 'invoke', records: item.records, attempt: item.attempts + 1 } };
}

/** How the invocation of the item in hand went; answers the records that are done with. */
export function settle<R extends RetryRecord>(
  state: RetryState<R>,
  rules: RetryRules,
  verdict: Verdict,
  now: number,
): { readonly state: RetryState<R>; readonly finished: readonly R[] } {
  const [item, ...rest] = state;
  if (item === undefined) return { state, finished: [] };
  switch (verdict.type) {
    case 'done':
      return { state: rest, finished: item.records };
    case 'partial':
      if (verdict.from === 0) return { state: [again(item, rules, now, null), ...rest], finished: [] };
      return {
        state: [fresh(item.records.slice(verdict.from)), ...rest],
        finished: item.records.slice(0, verdict.from),
      };
    case 'failed':
      return { state: [again(item, rules, now, null), ...rest], finished: [] };
    case 'error':
      if (rules.bisectBatchOnFunctionError && item.records.length > 1) {
        return { state: [...halves(item, rules, verdict.functionError), ...rest], finished: [] };
      }
      return { state: [again(item, rules, now, verdict.functionError), ...rest], finished: [] };
    case 'refused':
      return { state: [later(item, rules, now), ...rest], finished: [] };
    default:
      return verdict satisfies never;
  }
}

/** The wait before the n-th retry, milliseconds; `retry` counts from 1. */
export function retryDelay({ firstMs, factor, longestMs }: BackoffCurve, retry: number): number {
  return Math.min(longestMs, firstMs * factor ** Math.min(retry - 1, 1000));
}

function fresh<R extends RetryRecord>(records: readonly R[]): WorkItem<R> {
  return { records, attempts: 0, failures: 0, notBefore: 0, functionError: null };
}

function again<R extends RetryRecord>(
  item: WorkItem<R>,
  rules: RetryRules,
  now: number,
  functionError: string | null,
): WorkItem<R> {
  return { ...later(item, rules, now), attempts: item.attempts + 1, functionError };
}

function later<R extends RetryRecord>(item: WorkItem<R>, rules: RetryRules, now: number): WorkItem<R> {
  const failures = item.failures + 1;
  return { ...item, failures, notBefore: now + retryDelay(rules.backoff, failures) };
}

/** Cutting takes none of the retries: with none left, halves are invoked all the same. */
function halves<R extends RetryRecord>(
  item: WorkItem<R>,
  rules: RetryRules,
  functionError: string,
): readonly WorkItem<R>[] {
  const middle = Math.ceil(item.records.length / 2);
  const attempts = rules.attemptsAfterBisect === 'keep' ? item.attempts : 0;
  return [item.records.slice(0, middle), item.records.slice(middle)].map((records) => ({
    ...fresh(records),
    attempts,
    functionError,
  }));
}

function isExhausted(item: WorkItem<RetryRecord>, { maximumRetryAttempts }: RetryRules): boolean {
  return maximumRetryAttempts >= 0 && item.attempts > maximumRetryAttempts;
}

/** Records at the head that are too old. */
function countOld(records: readonly RetryRecord[], rules: RetryRules, now: number): number {
  let count = 0;
  while (count < records.length && now >= expiryOf(records[count], rules)) count++;
  return count;
}

/** When a record is too old: just beyond the age it may have. */
function expiryOf(record: RetryRecord | undefined, rules: RetryRules): number {
  if (record === undefined) return Number.POSITIVE_INFINITY;
  return record.arrivedAt + Math.min(rules.maximumRecordAgeMs, rules.retentionMs) + 1;
}

function conditionOf(record: RetryRecord | undefined, rules: RetryRules, now: number): DropCondition {
  const age = record === undefined ? 0 : now - record.arrivedAt;
  return age > rules.maximumRecordAgeMs ? 'RecordAgeExceeded' : 'RetentionExpired';
}

function drop<R extends RetryRecord>(
  item: WorkItem<R>,
  records: readonly R[],
  condition: DropCondition,
): RetryStep<R> {
  const { attempts, functionError } = item;
  return { type: 'drop', records, condition, approximateInvokeCount: Math.max(1, attempts), functionError };
}
