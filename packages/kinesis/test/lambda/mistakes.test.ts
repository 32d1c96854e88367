import { createHandler, deadLetter } from '@millrace/kinesis/lambda';
import type { LostRecord } from '@millrace/kinesis';
import { createManualClock, kinesisEvent } from '@millrace/kinesis/testing';
import { sleep } from '@millrace/kinesis/runtime';
import {
  nextStep,
  readResponse,
  resolveChoices,
  settle,
  startBatch,
  type RetryRules,
} from '@millrace/local/event-source';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { drive } from './drive.ts';
import { aggregate, lambdaContext, order, orders, recordingLogger, sequenceNumbers } from './setup.ts';

const logger = { error: () => {} };
const modes = ['ordered', 'ordered-by-key', 'parallel'] as const;

describe('what handlers written by hand get wrong, ours does not', () => {
  test('nothing of a key is handled after a record of it that failed, so nothing runs out of order', async () => {
    for (const mode of ['ordered', 'ordered-by-key'] as const) {
      const seen: string[] = [];
      const handler = createHandler(
        orders,
        ({ value }) => {
          seen.push(value.id);
          if (value.id === 'ada-2') throw new Error('no');
        },
        { mode, logger },
      );
      await handler(kinesisEvent(['ada-1', 'ada-2', 'ada-3'].map(order)));
      expect(seen).toEqual(['ada-1', 'ada-2']);
    }
  });

  test('a record that is not JSON does not run out its retries with its neighbours: it is put aside alone', async () => {
    const lost: LostRecord[] = [];
    const onPoison = deadLetter(async (record) => void lost.push(record));
    const handler = createHandler(orders, () => undefined, { onPoison, logger });
    expect(await handler(kinesisEvent([order('a-1'), 'not JSON', order('b-1')]))).toEqual({
      batchItemFailures: [],
    });
    expect(lost).toHaveLength(1);
  });

  test('a time-out does not throw away what is done', async () => {
    const clock = createManualClock();
    const handler = createHandler(orders, () => sleep(clock, 1000), { clock, logger });
    const event = kinesisEvent(['a-1', 'b-1', 'c-1', 'd-1'].map(order));
    const { batchItemFailures } = await drive(clock, handler(event, lambdaContext(3000, clock)));
    expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceNumbers(event)[2] }]);
  });

  test('aggregates of the KPL are no garbage', async () => {
    const seen: string[] = [];
    const handler = createHandler(orders, ({ value }) => void seen.push(value.id), { logger });
    await handler(kinesisEvent([aggregate(['a-1', 'b-1'])]));
    expect(seen).toEqual(['a-1', 'b-1']);
  });

  test('an error is not swallowed: it is logged with the request it belongs to, without the payload', async () => {
    const log = recordingLogger();
    const handler = createHandler(orders, () => Promise.reject(new Error('no')), { logger: log });
    await handler(
      kinesisEvent([{ partitionKey: 'key of ada', data: '{"id":"card 4711"}' }]),
      lambdaContext(),
    );
    expect(log.lines).toMatchObject([{ details: { requestId: expect.any(String), error: new Error('no') } }]);
    expect(JSON.stringify(log.lines)).not.toMatch(/4711|ada/);
  });

  test('nothing that was handled is kept: a warm environment does not grow', async () => {
    const kept: WeakRef<object>[] = [];
    const handler = createHandler(orders, (record) => void kept.push(new WeakRef(record)), {
      mode: 'parallel',
      logger,
    });
    await handler(kinesisEvent(Array.from({ length: 1000 }, (_, index) => order(`k-${index}`))));
    // As much garbage as it takes for the collector to come.
    for (let round = 0; round < 200 && kept.some((one) => one.deref() !== undefined); round++) {
      await new Promise((resolve) => setImmediate(resolve));
      Array.from({ length: 100_000 }, () => ({}));
    }
    expect(kept.filter((one) => one.deref() !== undefined).length).toBeLessThan(100);
  });

  test('the answer is that of an event source mapping, whatever the handler returns', async () => {
    const handler = createHandler(orders, () => ({
      statusCode: 200,
      batchItemFailures: [{ itemIdentifier: '1' }],
    }));
    expect(await handler(kinesisEvent([order('a-1')]))).toEqual({ batchItemFailures: [] });
  });
});

test('whatever fails, AWS reads the answer as done up to the first record that is not, and never as a failed batch', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), fails: fc.boolean() }), {
        minLength: 1,
        maxLength: 20,
      }),
      fc.constantFrom(...modes),
      async (list, mode) => {
        const event = kinesisEvent(list.map(({ key }, index) => order(`${key}-${index}`)));
        const handler = createHandler(
          orders,
          ({ value }) => {
            if (list[Number(value.id.split('-')[1])]?.fails === true) throw new Error('no');
          },
          { mode, logger },
        );
        const verdict = readResponse(await handler(event), sequenceNumbers(event));
        const from = list.findIndex(({ fails }) => fails);
        expect(verdict).toEqual(from === -1 ? { type: 'done' } : { type: 'partial', from });
      },
    ),
  );
});

test('as recorded from AWS: of three records whose last always fails, it is invoked five times with that, and given up after four alone', async () => {
  const event = kinesisEvent(['a-1', 'b-1', 'c-1'].map(order));
  const rules: RetryRules = {
    maximumRetryAttempts: 3,
    maximumRecordAgeMs: Number.POSITIVE_INFINITY,
    retentionMs: 86_400_000,
    bisectBatchOnFunctionError: false,
    backoff: resolveChoices().backoff,
    attemptsAfterBisect: 'restart',
  };
  const seen: Record<string, number> = {};
  const handler = createHandler(
    orders,
    ({ value }) => {
      seen[value.id] = (seen[value.id] ?? 0) + 1;
      if (value.id === 'c-1') throw new Error('no');
    },
    { logger },
  );
  const records = event.Records.map(({ kinesis }) => ({
    sequenceNumber: kinesis.sequenceNumber,
    arrivedAt: 0,
  }));
  let state = startBatch(records);
  let now = 0;
  const dropped: unknown[] = [];
  for (;;) {
    const next = nextStep(state, rules, now);
    state = next.state;
    if (next.step.type === 'idle') break;
    if (next.step.type === 'wait') now = next.step.until;
    else if (next.step.type === 'drop') dropped.push(next.step);
    else {
      const numbers = next.step.records.map(({ sequenceNumber }) => sequenceNumber);
      const part = {
        Records: event.Records.filter(({ kinesis }) => numbers.includes(kinesis.sequenceNumber)),
      };
      state = settle(state, rules, readResponse(await handler(part), numbers), now).state;
    }
  }
  expect(seen).toEqual({ 'a-1': 1, 'b-1': 1, 'c-1': 5 });
  expect(dropped).toMatchObject([
    { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4, functionError: null, records: [{}] },
  ]);
});
