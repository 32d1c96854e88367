import { MillraceError, type LostRecord } from '@millrace/kinesis';
import { sleep } from '@millrace/kinesis/runtime';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  deadLetter,
  parkTheKey,
  processRecords,
  type FailurePolicy,
  type Handler,
  type Draft,
} from '../../src/process/index.ts';

const context = {
  stream: 'orders',
  shardId: 'shardId-000000000000',
  millisBehindLatest: 0,
  signal: new AbortController().signal,
  isHeld: () => true,
  progress: () => {},
};

function raw(sequence: number): Draft {
  return {
    stream: 'orders',
    shardId: context.shardId,
    sequenceNumber: toSequenceNumber(String(sequence)),
    subSequenceNumber: 0,
    partitionKey: 'k',
    headers: {},
    arrivedAt: new Date(0),
    bytes: new TextEncoder().encode(String(sequence)),
    value: undefined,
  };
}

const decode = (bytes: Uint8Array): number => {
  const value = Number(new TextDecoder().decode(bytes));
  if (Number.isNaN(value)) throw new MillraceError('VALUE_INVALID', 'Not a number.', { advice: 'Mend it.' });
  return value;
};

interface Setup {
  readonly clock: ManualClock;
  readonly stop: AbortController;
  readonly handled: string[];
  readonly run: (records: readonly Draft[], handler: Handler<number>) => Promise<void>;
}

function setup(maxAttempts = 3, onFailure: FailurePolicy = { action: 'stop' }, concurrency = 1): Setup {
  const clock = createManualClock();
  const stop = new AbortController();
  const handled: string[] = [];
  return {
    clock,
    stop,
    handled,
    run: (records, handler) =>
      processRecords(
        records,
        context,
        { handler, decode, maxAttempts, onFailure, concurrency, clock, stop: stop.signal },
        (last) => handled.push(last.sequenceNumber),
      ),
  };
}

test('progress is told only after the promise the handler returned is done', async () => {
  const { run, handled, clock } = setup();
  const done = run([raw(1), raw(2)], {
    eachRecord: async () => {
      await sleep(clock, 10);
    },
  });
  await clock.advance(9);
  expect(handled).toEqual([]);
  await clock.advance(1);
  expect(handled).toEqual(['1']);
  await clock.advance(10);
  await done;
  expect(handled).toEqual(['1', '2']);
});

test('whatever can be awaited is awaited: a query builder runs before its record counts, and its failure too', async () => {
  const { run, handled, clock } = setup();
  let tries = 0;
  const query = {
    // oxlint-disable-next-line unicorn/no-thenable -- as a query builder is
    then(done: (rows: number) => void, fail: (error: Error) => void) {
      handled.push(`query ${++tries}`);
      if (tries === 1) fail(new Error('deadlock'));
      else done(1);
    },
  };
  const done = run([raw(1), raw(2)], { eachRecord: ({ value }) => (value === 1 ? query : undefined) });
  await clock.advance(1000);
  await done;
  expect(handled).toEqual(['query 1', 'query 2', '1', '2']);
});

test('a failing record is tried again in place, and nothing overtakes it', async () => {
  const { run, handled, clock } = setup(5);
  const seen: number[] = [];
  const done = run([raw(1), raw(2), raw(3)], {
    eachRecord: ({ value }) => {
      seen.push(value);
      if (value === 2 && seen.length < 4) throw new Error('not yet');
    },
  });
  await clock.advance(1000);
  await done;
  expect(seen).toEqual([1, 2, 2, 2, 3]);
  expect(handled).toEqual(['1', '2', '3']);
});

test('when the tries run out the error names the record, and progress stays before it', async () => {
  const { run, handled, clock } = setup(3);
  const cause = new Error('no database');
  const done = run([raw(1), raw(2), raw(3)], {
    eachRecord: ({ value }) => (value === 2 ? Promise.reject(cause) : undefined),
  });
  done.catch(() => {});
  await clock.advance(10_000);
  await expect(done).rejects.toMatchObject({
    code: 'HANDLER_FAILED',
    cause,
    details: { stream: 'orders', shardId: context.shardId, sequenceNumber: '2', attempts: 3 },
  });
  expect(handled).toEqual(['1']);
  expect(clock.pending).toBe(0);
});

test('a batch is handled as a whole or not at all', async () => {
  const { run, handled, clock } = setup(2);
  let calls = 0;
  const done = run([raw(1), raw(2)], {
    eachBatch: () => {
      if (++calls === 1) throw new Error('half way');
    },
  });
  await clock.advance(1000);
  await done;
  expect(calls).toBe(2);
  expect(handled).toEqual(['2']);
});

test.each(['eachRecord', 'eachBatch'] as const)(
  'what comes before a record that cannot be decoded is handled, the record itself is not passed (%s)',
  async (kind) => {
    const { run, handled } = setup();
    const values: number[] = [];
    const poison = { ...raw(3), bytes: new TextEncoder().encode('poison') };
    const take = (more: readonly { value: number }[]): void =>
      void values.push(...more.map(({ value }) => value));
    const handler =
      kind === 'eachBatch' ? { eachBatch: take } : { eachRecord: (one: { value: number }) => take([one]) };
    await expect(run([raw(1), raw(2), poison, raw(4)], handler)).rejects.toMatchObject({
      code: 'HANDLER_FAILED',
      details: { sequenceNumber: '3' },
      cause: { code: 'VALUE_INVALID' },
    });
    expect(values).toEqual([1, 2]);
    expect(handled.at(-1)).toBe('2');
  },
);

test('a stop lets the record in hand finish and starts no other', async () => {
  const { run, handled, stop, clock } = setup();
  const started: number[] = [];
  const done = run([raw(1), raw(2), raw(3)], {
    eachRecord: async ({ value }) => {
      started.push(value);
      await sleep(clock, 10);
    },
  });
  await clock.advance(15);
  stop.abort();
  await clock.advance(100);
  await done;
  expect(started).toEqual([1, 2]);
  expect(handled).toEqual(['1', '2']);
});

test('a stop ends the pauses between tries at once', async () => {
  const { run, handled, stop, clock } = setup(100);
  const done = run([raw(1)], {
    eachRecord: () => {
      throw new Error('never');
    },
  });
  await clock.advance(1);
  stop.abort();
  await done;
  expect(handled).toEqual([]);
  expect(clock.pending).toBe(0);
});

function keep(lost: LostRecord[], failures = 0): FailurePolicy {
  let left = failures;
  return deadLetter(async (one) => {
    await Promise.resolve();
    if (left-- > 0) throw new Error('queue down');
    lost.push(one);
  });
}

test('a record that keeps failing goes to the sink, bytes and place and reason, and its neighbours go on', async () => {
  const lost: LostRecord[] = [];
  const { run, handled, clock } = setup(3, keep(lost));
  const seen: number[] = [];
  const done = run([raw(1), raw(2), raw(3)], {
    eachRecord: ({ value }) => {
      if (value === 2) throw new Error('poison');
      seen.push(value);
    },
  });
  await clock.advance(10_000);
  await done;
  expect(seen).toEqual([1, 3]);
  expect(handled).toEqual(['1', '2', '3']);
  expect(lost).toMatchObject([
    {
      stream: 'orders',
      record: { partitionKey: 'k', data: raw(2).bytes },
      error: { code: 'HANDLER_FAILED', cause: { message: 'poison' } },
      position: { shardId: context.shardId, sequenceNumber: '2', subSequenceNumber: 0, attempts: 3 },
    },
  ]);
});

test('while the sink fails nothing moves, and nothing is dropped', async () => {
  const lost: LostRecord[] = [];
  const { run, handled, clock } = setup(1, keep(lost, 5));
  const done = run([raw(1), raw(2)], {
    eachRecord: ({ value }) => {
      if (value === 1) throw new Error('poison');
    },
  });
  await clock.advance(1);
  expect(handled).toEqual([]);
  await clock.advance(60_000);
  await done;
  expect(handled).toEqual(['1', '2']);
  expect(lost).toHaveLength(1);
});

test('a failing batch is bisected until only the record that fails is put aside', async () => {
  const lost: LostRecord[] = [];
  const { run, handled, clock } = setup(2, keep(lost));
  const done: number[] = [];
  const running = run(
    Array.from({ length: 100 }, (_, n) => raw(n + 1)),
    {
      eachBatch: (records) => {
        if (records.some(({ value }) => value === 38)) throw new Error('poison');
        done.push(...records.map(({ value }) => value));
      },
    },
  );
  await clock.advance(100_000);
  await running;
  expect(lost.map(({ position }) => position?.sequenceNumber)).toEqual(['38']);
  expect(done).toEqual(Array.from({ length: 100 }, (_, n) => n + 1).filter((n) => n !== 38));
  expect(handled.at(-1)).toBe('100');
});

test.each(['eachRecord', 'eachBatch'] as const)(
  'a value that cannot be decoded is put aside at once (%s)',
  async (kind) => {
    const lost: LostRecord[] = [];
    const { run, handled } = setup(5, keep(lost));
    const poison = { ...raw(2), bytes: new TextEncoder().encode('poison') };
    const values: number[] = [];
    const take = (more: readonly { value: number }[]): void =>
      void values.push(...more.map(({ value }) => value));
    const handler =
      kind === 'eachBatch' ? { eachBatch: take } : { eachRecord: (one: { value: number }) => take([one]) };
    await run([raw(1), poison, raw(3)], handler);
    expect(values).toEqual([1, 3]);
    expect(lost).toMatchObject([{ position: { sequenceNumber: '2', attempts: 1 } }]);
    expect(handled.at(-1)).toBe('3');
  },
);

test('only a policy that says so drops a record', async () => {
  const { run, handled, clock } = setup(2, { action: 'skip' });
  const done = run([raw(1), raw(2)], {
    eachRecord: ({ value }) => {
      if (value === 1) throw new Error('poison');
    },
  });
  await clock.advance(10_000);
  await done;
  expect(handled).toEqual(['1', '2']);
});

test('progress never passes a record whose handler has not succeeded, whatever fails when', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      fc.nat({ max: 3000 }),
      async (failures, batched, stopAfterMs) => {
        const { run, handled, stop, clock } = setup(3);
        const left = [...failures];
        const succeeded = new Set<number>();
        const attemptOne = (value: number): void => {
          if ((left[value - 1] ?? 0) > 0) {
            left[value - 1] = (left[value - 1] ?? 0) - 1;
            throw new Error('again');
          }
          succeeded.add(value);
        };
        const handler: Handler<number> = batched
          ? { eachBatch: (records) => records.forEach(({ value }) => attemptOne(value)) }
          : { eachRecord: ({ value }) => attemptOne(value) };
        const done = run(
          failures.map((_, index) => raw(index + 1)),
          handler,
        ).catch(() => {});
        await clock.advance(stopAfterMs);
        stop.abort();
        await clock.advance(1);
        await done;
        const progress = Number(handled.at(-1) ?? 0);
        for (let value = 1; value <= progress; value++) expect(succeeded.has(value)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test('a process that has lost the right to a record hands over no other, and tries none again', async () => {
  const clock = createManualClock();
  let mine = true;
  const called: number[] = [];
  const options = {
    handler: {
      eachRecord: ({ value }: { readonly value: number }): void => {
        called.push(value);
        mine = false;
        if (value === 2) throw new Error('The database is away.');
      },
    },
    decode,
    maxAttempts: 5,
    onFailure: { action: 'stop' },
    concurrency: 1,
    clock,
    stop: new AbortController().signal,
  } as const;
  const held = { ...context, isHeld: () => mine };
  await processRecords([raw(1), raw(3)], held, options, () => {});
  expect(called).toEqual([1]);

  mine = true;
  const retrying = processRecords([raw(2)], held, options, () => {});
  await clock.advance(60_000);
  await retrying;
  expect(called).toEqual([1, 2]);
});

test('in a batch a record beside parked ones has all its tries before it is put aside', async () => {
  const parked: string[] = [];
  const policy = parkTheKey(async ({ record, position }) => {
    parked.push(`${record.partitionKey} after ${position?.attempts}`);
  });
  const { run, clock } = setup(4, policy);
  const records = ['sick', 'well', 'sick'].map((partitionKey, index) => ({ ...raw(index), partitionKey }));
  let alone = 0;
  const done = run(records, {
    eachBatch: ([first, second]) => {
      if (first?.partitionKey === 'sick' || second !== undefined) throw new Error('The database is away.');
      if (++alone < 3) throw new Error('It is away still.');
    },
  });
  await clock.advance(600_000);
  await done;
  expect(parked).toEqual(['sick after 4', 'sick after 0']);
});
