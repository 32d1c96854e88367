import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Verdict } from '../../src/event-source/response.ts';
import {
  nextStep,
  settle,
  startBatch,
  type RetryRecord,
  type RetryRules,
  type RetryState,
} from '../../src/event-source/retry.ts';

const rules: RetryRules = {
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: Number.POSITIVE_INFINITY,
  retentionMs: 86_400_000,
  bisectBatchOnFunctionError: false,
  backoff: { firstMs: 250, factor: 2, longestMs: 60_000 },
  attemptsAfterBisect: 'restart',
};
const unhandled: Verdict = { type: 'error', functionError: 'Unhandled' };

function records(count: number, arrivedAt = 0): readonly RetryRecord[] {
  return Array.from({ length: count }, (_, index) => ({ sequenceNumber: String(index + 1), arrivedAt }));
}

interface Drop {
  readonly numbers: readonly string[];
  readonly condition: string;
  readonly count: number;
  readonly functionError: string | null;
}

/** Runs a batch to its end on a clock that only moves while it waits. */
function play(
  batch: readonly RetryRecord[],
  given: Partial<RetryRules>,
  handle: (numbers: readonly string[], at: number) => Verdict,
  mostInvocations = 1000,
) {
  const all = { ...rules, ...given };
  const invocations: (readonly string[])[] = [];
  const attempts: number[] = [];
  const times: number[] = [];
  const drops: Drop[] = [];
  const finished: string[] = [];
  let state: RetryState<RetryRecord> = startBatch(batch);
  let now = 0;
  while (invocations.length < mostInvocations) {
    const next = nextStep(state, all, now);
    state = next.state;
    const { step } = next;
    if (step.type === 'idle') break;
    if (step.type === 'wait') {
      if (step.until <= now) throw new Error(`waits until ${step.until}, and it is ${now}`);
      now = step.until;
    } else if (step.type === 'drop') {
      const numbers = step.records.map(({ sequenceNumber }) => sequenceNumber);
      const { condition, approximateInvokeCount: count, functionError } = step;
      drops.push({ numbers, condition, count, functionError });
    } else {
      const numbers = step.records.map(({ sequenceNumber }) => sequenceNumber);
      invocations.push(numbers);
      attempts.push(step.attempt);
      times.push(now);
      const settled = settle(state, all, handle(numbers, now), now);
      state = settled.state;
      finished.push(...settled.finished.map(({ sequenceNumber }) => sequenceNumber));
    }
  }
  return { invocations, attempts, times, drops, finished, now };
}

const failsOn =
  (poison: string): ((numbers: readonly string[]) => Verdict) =>
  (numbers) =>
    numbers.includes(poison) ? unhandled : { type: 'done' };

/** As a handler does that stops at the record and reports it. */
const reports =
  (poison: string): ((numbers: readonly string[]) => Verdict) =>
  (numbers) =>
    numbers.includes(poison) ? { type: 'partial', from: numbers.indexOf(poison) } : { type: 'done' };

describe('[retry/refused]', () => {
  test('a refused invocation does not use up a retry', () => {
    let left = 5;
    const run = play(records(1), { maximumRetryAttempts: 0 }, () =>
      left-- > 0 ? { type: 'refused', reason: 'throttled' } : { type: 'done' },
    );
    expect(run.invocations).toHaveLength(6);
    expect(run.attempts).toEqual([1, 1, 1, 1, 1, 1]);
    expect(run.drops).toEqual([]);
  });
  test('refused for long enough, records grow too old all the same', () => {
    const run = play(records(1), { maximumRetryAttempts: 0, maximumRecordAgeMs: 60_000 }, () => ({
      type: 'refused',
      reason: 'throttled',
    }));
    expect(run.drops).toEqual([
      { numbers: ['1'], condition: 'RecordAgeExceeded', count: 1, functionError: null },
    ]);
  });
});

describe('[retry/attempts]', () => {
  test.each([
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ])('MaximumRetryAttempts %i gives up after %i invocations, and says so', (maximumRetryAttempts, count) => {
    const run = play(records(2), { maximumRetryAttempts }, () => unhandled);
    expect(run.invocations).toHaveLength(count);
    expect(run.drops).toEqual([
      { numbers: ['1', '2'], condition: 'RetryAttemptsExhausted', count, functionError: 'Unhandled' },
    ]);
  });
  test('a batch failed by its response is given up without a function error', () => {
    const run = play(records(2), { maximumRetryAttempts: 1 }, () => ({ type: 'failed' }));
    expect(run.drops).toEqual([
      { numbers: ['1', '2'], condition: 'RetryAttemptsExhausted', count: 2, functionError: null },
    ]);
  });
});

describe('[retry/bisect]', () => {
  test('an error cuts the batch in two, first half first, down to the one poison record', () => {
    const run = play(records(4), { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 }, failsOn('3'));
    expect(run.invocations).toEqual([['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['3'], ['3'], ['4']]);
    expect(run.drops).toEqual([
      { numbers: ['3'], condition: 'RetryAttemptsExhausted', count: 2, functionError: 'Unhandled' },
    ]);
    expect(run.finished).toEqual(['1', '2', '4']);
  });
  test('cutting uses up no retry: without any, halves are invoked all the same', () => {
    const run = play(records(2), { bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 }, failsOn('2'));
    expect(run.invocations).toEqual([['1', '2'], ['1'], ['2']]);
    expect(run.drops.map(({ numbers, count }) => [numbers, count])).toEqual([[['2'], 1]]);
  });
  test('a batch failed by its response is not cut', () => {
    const run = play(records(4), { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 }, () => ({
      type: 'failed',
    }));
    expect(run.invocations).toEqual([
      ['1', '2', '3', '4'],
      ['1', '2', '3', '4'],
    ]);
  });
  test('[retry/bisect-attempts] halves begin anew, or keep what their whole has used up', () => {
    for (const [attemptsAfterBisect, invocations] of [
      ['restart', 2 + 2 + 2],
      ['keep', 2 + 1 + 1],
    ] as const) {
      // The whole fails once by its response, which is no reason to cut it.
      const verdicts: Verdict[] = [{ type: 'failed' }];
      const run = play(
        records(2),
        { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1, attemptsAfterBisect },
        () => verdicts.shift() ?? unhandled,
      );
      expect(run.invocations).toHaveLength(invocations);
    }
  });
});

describe('[retry/partial-bisect]', () => {
  test('a partial response under bisect cuts at the record, and only the rest is retried, whole', () => {
    const run = play(records(4), { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 }, reports('2'));
    expect(run.invocations).toEqual([
      ['1', '2', '3', '4'],
      ['2', '3', '4'],
      ['2', '3', '4'],
    ]);
    expect(run.finished).toEqual(['1']);
    expect(run.drops).toEqual([
      { numbers: ['2', '3', '4'], condition: 'RetryAttemptsExhausted', count: 2, functionError: null },
    ]);
  });
});

describe('[retry/progress]', () => {
  test('as recorded: of three records with three retries the failing last is seen five times, and the count is 4', () => {
    const run = play(records(3), { maximumRetryAttempts: 3 }, reports('3'));
    expect(run.invocations).toEqual([['1', '2', '3'], ['3'], ['3'], ['3'], ['3']]);
    expect(run.drops).toEqual([
      { numbers: ['3'], condition: 'RetryAttemptsExhausted', count: 4, functionError: null },
    ]);
  });
});

describe('[retry/progress] after failures', () => {
  test('progress gives the rest every retry anew', () => {
    // Twice nothing is done, then the first record, then nothing more.
    const verdicts: Verdict[] = [{ type: 'failed' }, { type: 'failed' }, { type: 'partial', from: 1 }];
    const run = play(records(2), { maximumRetryAttempts: 2 }, () => verdicts.shift() ?? { type: 'failed' });
    expect(run.invocations).toEqual([['1', '2'], ['1', '2'], ['1', '2'], ['2'], ['2'], ['2']]);
    expect(run.drops.map(({ numbers, count }) => [numbers, count])).toEqual([[['2'], 3]]);
  });
});

describe('[retry/age]', () => {
  test('as recorded: the one expired of six is given up before any invocation with count 1, five are delivered', () => {
    const others = records(6).slice(1);
    const run = play(
      [{ sequenceNumber: '1', arrivedAt: -60_001 }, ...others],
      { maximumRecordAgeMs: 60_000 },
      () => ({ type: 'done' }),
    );
    expect(run.drops).toEqual([
      { numbers: ['1'], condition: 'RecordAgeExceeded', count: 1, functionError: null },
    ]);
    expect(run.invocations).toEqual([['2', '3', '4', '5', '6']]);
  });
  test('[retry/backoff] as recorded: a batch that keeps failing is invoked eight times before it is 60 seconds old', () => {
    const run = play(records(1), { maximumRecordAgeMs: 60_000 }, () => unhandled);
    expect(run.invocations).toHaveLength(8);
    expect(run.drops).toEqual([
      { numbers: ['1'], condition: 'RecordAgeExceeded', count: 8, functionError: 'Unhandled' },
    ]);
    expect(run.now).toBe(60_001);
  });
  test('[retry/backoff] the wait doubles from a quarter of a second up to a minute', () => {
    const run = play(records(1), {}, () => unhandled, 12);
    const waits = run.times.slice(1).map((time, index) => time - (run.times[index] ?? 0));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });
});

describe('[retry/retention]', () => {
  test('without limits a poison record is retried until the stream drops it, and no destination hears of it', () => {
    const run = play(records(1), { retentionMs: 3_600_000 }, () => unhandled);
    expect(run.drops.map(({ condition }) => condition)).toEqual(['RetentionExpired']);
    expect(run.now).toBe(3_600_001);
  });
});

describe('the retry state machine', () => {
  const verdicts: fc.Arbitrary<Verdict> = fc.oneof(
    fc.constant<Verdict>({ type: 'done' }),
    fc.constant<Verdict>({ type: 'failed' }),
    fc.constant<Verdict>(unhandled),
    fc.constant<Verdict>({ type: 'refused', reason: 'throttled' }),
    fc.nat().map((from): Verdict => ({ type: 'partial', from })),
  );
  const given = fc.record({
    maximumRetryAttempts: fc.integer({ min: 0, max: 3 }),
    maximumRecordAgeMs: fc.constantFrom(60_000, Number.POSITIVE_INFINITY),
    bisectBatchOnFunctionError: fc.boolean(),
    attemptsAfterBisect: fc.constantFrom('restart', 'keep'),
  });

  test('whatever goes wrong, every record is finished or given up exactly once, and in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        given,
        fc.array(verdicts, { maxLength: 60 }),
        (count, some, script) => {
          let turn = 0;
          let highest = 0;
          const ends: string[] = [];
          const all = { ...rules, ...some };
          let state: RetryState<RetryRecord> = startBatch(records(count));
          for (let now = 0; ;) {
            const next = nextStep(state, all, now);
            state = next.state;
            const { step } = next;
            if (step.type === 'idle') break;
            if (step.type === 'wait') now = step.until;
            else if (step.type === 'drop') ends.push(...step.records.map((one) => one.sequenceNumber));
            else {
              highest = Math.max(highest, step.attempt);
              const verdict = script[turn++] ?? { type: 'done' };
              const settled = settle(
                state,
                all,
                verdict.type === 'partial'
                  ? { type: 'partial', from: verdict.from % step.records.length }
                  : verdict,
                now,
              );
              state = settled.state;
              ends.push(...settled.finished.map((one) => one.sequenceNumber));
            }
          }
          expect(highest).toBeLessThanOrEqual(some.maximumRetryAttempts + 1);
          expect(ends).toEqual(records(count).map((one) => one.sequenceNumber));
        },
      ),
    );
  });
});
