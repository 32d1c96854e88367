import { createBatchHandler, deadLetter, permanent } from '@millrace/kinesis/lambda';
import type { LostRecord } from '@millrace/kinesis';
import { createManualClock, kinesisEvent } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { drive } from './drive.ts';
import { aggregate, order, orders, recordingLogger, retryOf, sequenceNumbers } from './setup.ts';

const logger = { error: () => {} };

test('the whole event arrives at once, decoded, with its aggregates opened', async () => {
  const calls: string[][] = [];
  const handler = createBatchHandler(
    orders,
    (records) => void calls.push(records.map(({ value }) => value.id)),
  );
  const event = kinesisEvent([order('a-1'), aggregate(['b-1', 'c-1']), order('d-1')]);
  expect(await handler(event)).toEqual({ batchItemFailures: [] });
  expect(calls).toEqual([['a-1', 'b-1', 'c-1', 'd-1']]);
});

test('when it throws, so does the invocation: only then does the mapping bisect', async () => {
  const log = recordingLogger();
  const handler = createBatchHandler(orders, () => Promise.reject(new Error('table locked')), {
    logger: log,
  });
  await expect(handler(kinesisEvent([order('a-1'), order('b-1')]))).rejects.toThrow('table locked');
  expect(log.lines).toMatchObject([{ details: { attempts: 1, error: new Error('table locked') } }]);
});

test('records that are named failed are reported by the lowest, and the others are not handed over again', async () => {
  const calls: string[][] = [];
  const failing = new Set(['b-1', 'd-1']);
  const handler = createBatchHandler(
    orders,
    (records, { fail }) => {
      calls.push(records.map(({ value }) => value.id));
      // A copy will do.
      for (const record of records) if (failing.delete(record.value.id)) fail({ ...record }, new Error('no'));
    },
    { logger },
  );
  const event = kinesisEvent([order('a-1'), aggregate(['b-1', 'c-1']), order('d-1'), order('e-1')]);
  const response = await handler(event);
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }] });
  expect(await handler(retryOf(event, response))).toEqual({ batchItemFailures: [] });
  expect(calls).toEqual([
    ['a-1', 'b-1', 'c-1', 'd-1', 'e-1'],
    ['b-1', 'd-1'],
  ]);
});

test('naming a record of another batch fails the invocation: it must not be reported', async () => {
  let stranger: unknown;
  const handler = createBatchHandler(
    orders,
    ([record], { fail }) => {
      stranger ??= record;
      fail(stranger as never, new Error('no'));
    },
    { logger },
  );
  await handler(kinesisEvent([order('a-1')]));
  const other = kinesisEvent([{ ...order('a-1'), sequenceNumber: '7' }]);
  await expect(handler(other)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});

test('a record that cannot be decoded ends the batch before it; put aside, it does not', async () => {
  const lost: LostRecord[] = [];
  const calls: string[][] = [];
  const collect = (records: readonly { value: { id: string } }[]): void => {
    calls.push(records.map(({ value }) => value.id));
  };
  const event = kinesisEvent([order('a-1'), { data: 'not JSON' }, order('b-1')]);
  const failed = { batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }] };
  expect(await createBatchHandler(orders, collect, { logger })(event)).toEqual(failed);
  const onPoison = deadLetter(async (record) => void lost.push(record));
  expect(await createBatchHandler(orders, collect, { logger, onPoison })(event)).toEqual({
    batchItemFailures: [],
  });
  expect(calls).toEqual([['a-1'], ['a-1', 'b-1']]);
  expect(lost).toHaveLength(1);
});

test('nothing but poison calls no handler', async () => {
  const handler = createBatchHandler(orders, () => expect.unreachable(), { logger });
  const event = kinesisEvent(['not JSON']);
  expect(await handler(event)).toEqual({
    batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[0] }],
  });
});

test('a record named with a permanent error is put aside, as is one alone that throws it', async () => {
  const lost: LostRecord[] = [];
  const onPoison = deadLetter(async (record) => void lost.push(record));
  const named = createBatchHandler(orders, ([first], { fail }) => first && fail(first, permanent('no')), {
    onPoison,
    logger,
  });
  expect(await named(kinesisEvent([order('a-1'), order('b-1')]))).toEqual({ batchItemFailures: [] });
  const thrown = createBatchHandler(orders, () => Promise.reject(permanent('no')), { onPoison, logger });
  expect(await thrown(kinesisEvent([order('c-1')]))).toEqual({ batchItemFailures: [] });
  await expect(thrown(kinesisEvent([order('d-1'), order('e-1')]))).rejects.toThrow('no');
  expect(lost.map(({ record }) => Buffer.from(record.data).toString())).toEqual([
    '{"id":"a-1"}',
    '{"id":"c-1"}',
  ]);
});

test('attempts try the batch again in place', async () => {
  const clock = createManualClock();
  let calls = 0;
  const handler = createBatchHandler(
    orders,
    async () => {
      if (++calls < 3) throw new Error('no');
    },
    { attempts: 3, clock, logger },
  );
  expect(await drive(clock, handler(kinesisEvent([order('a-1')])))).toEqual({ batchItemFailures: [] });
  expect(calls).toBe(3);
});
