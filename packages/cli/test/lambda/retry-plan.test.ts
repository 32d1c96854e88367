import { expect, test } from 'vitest';

import { planRetries, type Ending, type PlanSettings } from '../../src/lambda/retry-plan.ts';

const now = Date.UTC(2026, 0, 1);
const records = ['1', '2', '3', '4'].map((sequenceNumber) => ({ sequenceNumber, arrivedAt: now }));
const aws: PlanSettings = {
  bisect: false,
  maxRetries: -1,
  maxAgeMs: Number.POSITIVE_INFINITY,
  retentionMs: 86_400_000,
  report: true,
};
const partial = (...numbers: string[]): Ending => ({
  type: 'response',
  response: { batchItemFailures: numbers.map((itemIdentifier) => ({ itemIdentifier })) },
});
const thrown: Ending = { type: 'error', functionError: 'Unhandled' };

/** `invoke 2-4 #1`, `give up 2-4`. */
function short(ending: Ending, settings: Partial<PlanSettings>): readonly string[] {
  return planRetries(records, ending, { ...aws, ...settings }, now).steps.map((step) => {
    const stretch = step.from === step.to ? step.from : `${step.from}-${step.to}`;
    return step.do === 'invoke'
      ? `invoke ${stretch} #${step.attempt}`
      : `give up ${stretch} ${step.condition}`;
  });
}

test('an empty list of failures is success: all is checkpointed', () => {
  for (const response of [{ batchItemFailures: [] }, null, undefined, '', {}, { batchItemFailures: null }]) {
    expect(planRetries(records, { type: 'response', response }, aws, now)).toEqual({
      verdict: 'done',
      checkpoint: '4',
      done: { records: 4, from: '1', to: '4' },
      steps: [],
      goesOn: false,
      warnings: [],
    });
  }
});

test('of several failures the lowest counts: all before it is checkpointed, all from it on is retried', () => {
  const plan = planRetries(records, partial('4', '2'), { ...aws, maxRetries: 1 }, now);
  expect(plan).toMatchObject({ verdict: 'partial', checkpoint: '1', done: { records: 1 }, goesOn: false });
  expect(short(partial('4', '2'), { maxRetries: 1 })).toEqual([
    // As recorded from AWS: progress begins the count anew.
    'invoke 2-4 #1',
    'invoke 2-4 #2',
    'give up 2-4 RetryAttemptsExhausted',
  ]);
});

test('with bisect a thrown error halves the batch, and each half has retries of its own', () => {
  expect(short(thrown, { bisect: true, maxRetries: 1 })).toEqual([
    'invoke 1-2 #1',
    'invoke 1 #1',
    'invoke 1 #2',
    'give up 1 RetryAttemptsExhausted',
    'invoke 2 #1',
    'invoke 2 #2',
    'give up 2 RetryAttemptsExhausted',
    'invoke 3-4 #1',
    'invoke 3 #1',
    'invoke 3 #2',
    'give up 3 RetryAttemptsExhausted',
    'invoke 4 #1',
    'invoke 4 #2',
    'give up 4 RetryAttemptsExhausted',
  ]);
});

test('without limits it goes on, and says what that does to the shard', () => {
  const plan = planRetries(records, thrown, aws, now);
  expect(plan.goesOn).toBe(true);
  expect(plan.warnings).toEqual([expect.stringContaining('blocks its shard')]);
});

test('records that grow too old are given up for their age', () => {
  const steps = short(thrown, { maxAgeMs: 60_000 });
  expect(steps.at(-1)).toBe('give up 1-4 RecordAgeExceeded');
});

test('failures that nobody reads are told: without ReportBatchItemFailures they are lost', () => {
  const plan = planRetries(records, partial('2'), { ...aws, report: false }, now);
  expect(plan).toMatchObject({ verdict: 'done', checkpoint: '4', steps: [] });
  expect(plan.warnings).toEqual([expect.stringContaining('lost')]);
});

test('an identifier outside the batch fails all of it', () => {
  const plan = planRetries(records, partial('2', '99'), { ...aws, maxRetries: 0 }, now);
  expect(plan).toMatchObject({ verdict: 'failed', done: undefined });
  expect(plan.warnings).toEqual([expect.stringContaining('not in the batch')]);
});

test('in a tumbling window an answer without a state is a failed invocation, and one with it is not', () => {
  const window = { final: false };
  const without = planRetries(records, partial(), { ...aws, maxRetries: 0, window }, now);
  expect(without).toMatchObject({ verdict: 'failed', steps: [{ do: 'give up', records: 4 }] });
  expect(without.warnings).toEqual([expect.stringContaining('no state')]);
  const answer: Ending = { type: 'response', response: { state: {}, batchItemFailures: [] } };
  expect(planRetries(records, answer, { ...aws, window }, now)).toMatchObject({
    verdict: 'done',
    warnings: [],
  });
});

test('a window’s last invocation is retried and given up as records are', () => {
  const settings = { ...aws, maxRetries: 1, window: { final: true } };
  const state: Ending = { type: 'response', response: { state: 1 } };
  expect(planRetries([], state, settings, now)).toMatchObject({ verdict: 'done', steps: [] });
  expect(planRetries([], thrown, settings, now)).toMatchObject({
    verdict: 'error',
    steps: [
      { do: 'invoke', records: 0, attempt: 2 },
      { do: 'give up', records: 0, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
    ],
  });
});
