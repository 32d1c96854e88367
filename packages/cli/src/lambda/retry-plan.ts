import {
  nextStep,
  readResponse,
  resolveChoices,
  settle,
  startBatch,
  startFinal,
  stateOf,
  type RetryRecord,
  type RetryRules,
  type RetryState,
  type Verdict,
} from '@millrace/local/event-source';

/** The settings of a mapping that decide what it does with a failure. */
export interface PlanSettings {
  readonly bisect: boolean;
  /** −1: without end. */
  readonly maxRetries: number;
  /** Infinity: as long as the stream keeps them. */
  readonly maxAgeMs: number;
  readonly retentionMs: number;
  /** Whether it has `ReportBatchItemFailures`. */
  readonly report: boolean;
  /** The tumbling window the event is of. */
  readonly window?: { readonly final: boolean } | undefined;
}

/** How an invocation ended. */
export type Ending =
  | { readonly type: 'response'; readonly response: unknown }
  | { readonly type: 'error'; readonly functionError: string };

/** A stretch of the batch, by sequence number. */
export interface Stretch {
  readonly records: number;
  readonly from: string;
  readonly to: string;
}

export type PlanStep =
  /** `afterMs` since the invocation that was made. */
  | ({ readonly do: 'invoke'; readonly afterMs: number; readonly attempt: number } & Stretch)
  | ({
      readonly do: 'give up';
      readonly afterMs: number;
      readonly condition: string;
      readonly approximateInvokeCount: number;
    } & Stretch);

/** What an event source mapping makes of an invocation. */
export interface RetryPlan {
  readonly verdict: Verdict['type'];
  /** Up to here the mapping will not come again; undefined when nothing is done. */
  readonly checkpoint: string | undefined;
  readonly done: Stretch | undefined;
  /** What it does next, should the same records fail in the same way each time. */
  readonly steps: readonly PlanStep[];
  /** Whether `steps` is only the beginning. */
  readonly goesOn: boolean;
  /** What should be known about the answer. */
  readonly warnings: readonly string[];
}

const mostSteps = 40;

/**
 * What AWS does next, by the state machine that the local event source mapping runs on. A record that was reported keeps
 * being reported and a batch that threw keeps throwing: so one sees when it ends, and what is given up then.
 */
export function planRetries(
  records: readonly RetryRecord[],
  ending: Ending,
  settings: PlanSettings,
  now: number,
): RetryPlan {
  const rules: RetryRules = {
    maximumRetryAttempts: settings.maxRetries,
    maximumRecordAgeMs: settings.maxAgeMs,
    retentionMs: settings.retentionMs,
    bisectBatchOnFunctionError: settings.bisect,
    backoff: resolveChoices().backoff,
    attemptsAfterBisect: 'restart',
  };
  const verdict = verdictOf(ending, settings, records);
  const final = settings.window?.final === true;
  const batch = final ? startFinal({ sequenceNumber: '', arrivedAt: now }) : startBatch(records);
  const first = settle(batch, rules, verdict, now);
  const { steps, goesOn } = follow(first.state, rules, verdict, now);
  return {
    verdict: verdict.type,
    checkpoint: first.finished.at(-1)?.sequenceNumber,
    done: stretchOf(first.finished),
    steps,
    goesOn,
    warnings: warningsOf(ending, settings, verdict),
  };
}

function verdictOf(
  ending: Ending,
  { report, window }: PlanSettings,
  records: readonly RetryRecord[],
): Verdict {
  if (ending.type === 'error') return ending;
  if (window !== undefined && stateOf(ending.response) === undefined) return { type: 'failed' };
  if (!report) return { type: 'done' };
  return readResponse(
    ending.response,
    records.map(({ sequenceNumber }) => sequenceNumber),
  );
}

function follow(
  begun: RetryState<RetryRecord>,
  rules: RetryRules,
  verdict: Verdict,
  start: number,
): { readonly steps: readonly PlanStep[]; readonly goesOn: boolean } {
  // The record that was reported is the first of what comes again: from then on nothing before it is done.
  const again: Verdict = verdict.type === 'partial' ? { type: 'partial', from: 0 } : verdict;
  const steps: PlanStep[] = [];
  let state = begun;
  let now = start;
  while (steps.length < mostSteps) {
    const next = nextStep(state, rules, now);
    state = next.state;
    const { step } = next;
    if (step.type === 'idle') return { steps, goesOn: false };
    const afterMs = now - start;
    if (step.type === 'wait') {
      now = step.until;
    } else if (step.type === 'drop') {
      const { condition, approximateInvokeCount } = step;
      steps.push({ do: 'give up', afterMs, condition, approximateInvokeCount, ...needed(step.records) });
    } else {
      steps.push({ do: 'invoke', afterMs, attempt: step.attempt, ...needed(step.records) });
      state = settle(state, rules, again, now).state;
    }
  }
  return { steps, goesOn: true };
}

function warningsOf(ending: Ending, settings: PlanSettings, verdict: Verdict): readonly string[] {
  const warnings: string[] = [];
  if (ending.type === 'response' && !settings.report && reportsFailures(ending.response)) {
    warnings.push(
      'the handler reported failures, and a mapping without ReportBatchItemFailures does not read them: these records are lost. Set FunctionResponseTypes, and pass --report',
    );
  }
  if (verdict.type === 'failed' && settings.window !== undefined && !hasState(ending)) {
    warnings.push('the answer has no state for its tumbling window: the invocation counts as failed');
  } else if (verdict.type === 'failed') {
    warnings.push(
      'the answer names a record that is not in the batch, or none: the whole batch counts as failed',
    );
  }
  if (verdict.type !== 'done' && settings.maxRetries < 0 && settings.maxAgeMs === Number.POSITIVE_INFINITY) {
    warnings.push('without --max-retries or --max-age what always fails blocks its shard until it expires');
  }
  return warnings;
}

function hasState(ending: Ending): boolean {
  return ending.type === 'response' && stateOf(ending.response) !== undefined;
}

function reportsFailures(response: unknown): boolean {
  const failures: unknown =
    typeof response === 'object' && response !== null
      ? Reflect.get(response, 'batchItemFailures')
      : undefined;
  return Array.isArray(failures) && failures.length > 0;
}

function stretchOf(records: readonly RetryRecord[]): Stretch | undefined {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { records: records.length, from: first.sequenceNumber, to: last.sequenceNumber };
}

function needed(records: readonly RetryRecord[]): Stretch {
  return stretchOf(records) ?? { records: 0, from: '', to: '' };
}
