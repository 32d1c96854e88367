import { isMillraceError } from '@millrace/kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Fault, FaultCall } from '../../src/api/fault.ts';
import type { FaultRule } from '../../src/api/fault-rule.ts';
import { FaultRules } from '../../src/api/fault-rules.ts';

const put: FaultCall = { operation: 'PutRecords', stream: 's', shardId: undefined, count: 1, entries: 10 };
const get = {
  operation: 'GetRecords',
  stream: 's',
  shardId: 'shardId-000000000001',
  count: 1,
  entries: 0,
} satisfies FaultCall;

function rulesOf(...given: readonly FaultRule[]) {
  const clock = createManualClock({ seed: 7 });
  const rules = new FaultRules(clock);
  for (const rule of given) rules.add(rule);
  return { clock, rules };
}

/** Indexes refused of `entries`, which all go to `shardId`. */
function refused(fault: Fault | undefined, entries: number, shardId = 'shardId-000000000000'): number[] {
  return Array.from({ length: entries }, (_, index) => index).filter(
    (index) => fault?.entry?.(index, () => shardId) !== undefined,
  );
}

describe('a fault rule', () => {
  test('hits only the operations, the stream and the shard it names', () => {
    const error = 'InternalFailure';
    const { rules } = rulesOf({
      error,
      operation: ['GetRecords', 'PutRecord'],
      stream: 's',
      shard: get.shardId,
    });
    expect(rules.decide(get)?.error?.type).toBe(error);
    expect(rules.decide({ ...get, operation: 'PutRecord' })?.error?.type).toBe(error);
    expect(rules.decide({ ...get, operation: 'ListShards' })).toBeUndefined();
    expect(rules.decide({ ...get, stream: 't' })).toBeUndefined();
    expect(rules.decide({ ...get, stream: undefined })).toBeUndefined();
    expect(rules.decide({ ...get, shardId: 'shardId-000000000002' })).toBeUndefined();
  });

  test('without a place hits every call', () => {
    const { rules } = rulesOf({ error: 'InternalFailure' });
    expect(rules.decide(get)?.error?.type).toBe('InternalFailure');
    expect(rules.decide({ ...put, stream: undefined })?.error?.type).toBe('InternalFailure');
  });

  test('with a rate hits that share of calls, the same ones on every run', () => {
    const [hits = [], again] = [1, 2].map(() => {
      const { rules } = rulesOf({ error: 'InternalFailure', rate: 0.2 });
      return Array.from({ length: 2000 }, () => rules.decide(get) !== undefined);
    });
    expect(hits.filter(Boolean).length).toBeGreaterThan(340);
    expect(hits.filter(Boolean).length).toBeLessThan(460);
    expect(again).toEqual(hits);
  });

  test('for a number of calls is gone after them, whatever it missed', () => {
    const { rules } = rulesOf({ error: 'InternalFailure', operation: 'GetRecords', calls: 2 });
    rules.decide(put);
    expect([1, 2, 3].map(() => rules.decide(get) !== undefined)).toEqual([true, true, false]);
    expect(rules.active).toEqual([]);
  });

  test('for a time ends by the clock that never jumps', async () => {
    const { rules, clock } = rulesOf({ error: 'InternalFailure', for: '30s' });
    clock.jump(3_600_000);
    await clock.advance(29_999);
    expect(rules.decide(get)).toBeDefined();
    await clock.advance(1);
    expect(rules.decide(get)).toBeUndefined();
    expect(rules.active).toEqual([]);
  });

  test('refuses exactly k different records of n, every choice in reach', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 }), (k, n) => {
        const { rules } = rulesOf({ records: k });
        expect(refused(rules.decide({ ...put, entries: n }), n)).toHaveLength(Math.min(k, n));
      }),
    );
    const { rules } = rulesOf({ records: 1 });
    const picks = new Set(Array.from({ length: 300 }, () => refused(rules.decide(put), 10)[0]));
    expect(picks.size).toBe(10);
  });

  test('refuses a share of the records', () => {
    const { rules } = rulesOf({ records: '25%' });
    let count = 0;
    for (let call = 0; call < 200; call++) count += refused(rules.decide(put), 10).length;
    expect(count).toBeGreaterThan(400);
    expect(count).toBeLessThan(600);
  });

  test('on a shard refuses of a PutRecords only the records that go there', () => {
    const { rules } = rulesOf({
      error: 'ProvisionedThroughputExceededException',
      shard: 'shardId-000000000001',
    });
    const fault = rules.decide(put);
    expect(fault?.error).toBeUndefined();
    expect(refused(fault, 3, 'shardId-000000000000')).toEqual([]);
    expect(refused(fault, 3, 'shardId-000000000001')).toEqual([0, 1, 2]);
  });

  test('draws a latency from its range', () => {
    const { rules } = rulesOf({ latency: '50ms..2s' });
    const delays = Array.from({ length: 500 }, () => rules.decide(get)?.delayMs ?? 0);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...delays)).toBeLessThanOrEqual(2000);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(1500);
  });

  test('adds its latency to that of others, and the first error counts', () => {
    const { rules } = rulesOf(
      { latency: 100, error: 'InternalFailure' },
      { latency: '1s', error: 'LimitExceededException', drop: 'after' },
    );
    expect(rules.decide(get)).toMatchObject({
      delayMs: 1100,
      error: { type: 'InternalFailure' },
      drop: 'after',
    });
  });

  test('can be lifted', () => {
    const { rules } = rulesOf();
    const { id } = rules.add({ error: 'InternalFailure' });
    expect(rules.remove(id)).toBe(true);
    expect(rules.remove(id)).toBe(false);
    expect(rules.decide(get)).toBeUndefined();
    rules.add({ error: 'InternalFailure' });
    rules.clear();
    expect(rules.decide(get)).toBeUndefined();
  });

  test.each([
    [7, 'fault'],
    [{}, 'fault'],
    [{ rate: 0.5 }, 'fault'],
    [{ error: 'NoSuchException' }, 'fault.error'],
    [{ error: 'InternalFailure', rate: 0 }, 'fault.rate'],
    [{ error: 'InternalFailure', rate: 1.1 }, 'fault.rate'],
    [{ error: 'InternalFailure', rate: '0.5' }, 'fault.rate'],
    [{ error: 'InternalFailure', operation: 'put records' }, 'fault.operation'],
    [{ error: 'InternalFailure', operation: [] }, 'fault.operation'],
    [{ error: 'InternalFailure', stream: '' }, 'fault.stream'],
    [{ error: 'InternalFailure', when: 'during' }, 'fault.when'],
    [{ error: 'InternalFailure', for: 'ever' }, 'fault.for'],
    [{ error: 'InternalFailure', calls: 0 }, 'fault.calls'],
    [{ error: 'InternalFailure', chance: 1 }, 'fault.chance'],
    [{ drop: true }, 'fault.drop'],
    [{ latency: '2s..50ms' }, 'fault.latency'],
    [{ latency: '1..2..3' }, 'fault.latency'],
    [{ latency: -1 }, 'fault.latency'],
    [{ records: 0 }, 'fault.records'],
    [{ records: 501 }, 'fault.records'],
    [{ records: '101%' }, 'fault.records'],
    [{ records: 1, error: 'ExpiredIteratorException' }, 'fault.error'],
    [{ records: 1, operation: 'GetRecords' }, 'fault.records'],
  ])('%j is refused by name', (rule, path) => {
    const { rules } = rulesOf();
    const failure = catching(() => rules.add(rule));
    expect(isMillraceError(failure, 'OPTION_INVALID') && failure.details.path).toBe(path);
    expect(rules.active).toEqual([]);
  });

  test('of any JSON is taken or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (rule) => {
        const failure = catching(() => rulesOf().rules.add(rule));
        expect(failure === undefined || isMillraceError(failure, 'OPTION_INVALID')).toBe(true);
      }),
    );
  });
});

function catching(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
