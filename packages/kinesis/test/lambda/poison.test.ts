import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defineStream, lostToFile, MillraceError, type LostRecord } from '@millrace/kinesis';
import {
  createBatchHandler,
  createHandler,
  deadLetter,
  isPermanent,
  permanent,
} from '@millrace/kinesis/lambda';
import { createManualClock, kinesisEvent } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { drive } from './drive.ts';
import { aggregate, order, orders, recordingLogger, retryOf, sequenceNumbers } from './setup.ts';

const logger = { error: () => {} };

function collect(): { readonly lost: LostRecord[]; readonly policy: ReturnType<typeof deadLetter> } {
  const lost: LostRecord[] = [];
  return { lost, policy: deadLetter(async (record) => void lost.push(record)) };
}

test.each(['ordered', 'ordered-by-key', 'parallel'] as const)(
  'in mode %s a record that cannot be decoded goes to the sink with its bytes, and those behind it are handled',
  async (mode) => {
    const { lost, policy } = collect();
    const seen: string[] = [];
    const handler = createHandler(orders, ({ value }) => void seen.push(value.id), {
      mode,
      onPoison: policy,
      logger,
    });
    const bytes = new Uint8Array([0xff, 0x00, 0xfe]);
    const arrivedAt = new Date('2026-02-03T04:05:06.789Z');
    const event = kinesisEvent([
      order('ada-1'),
      { partitionKey: 'ada', data: bytes, arrivedAt },
      order('ada-2'),
    ]);
    expect(await handler(event)).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual(['ada-1', 'ada-2']);
    expect(lost).toEqual([
      {
        stream: 'orders',
        record: { partitionKey: 'ada', data: Buffer.from(bytes) },
        error: expect.objectContaining({
          code: 'HANDLER_FAILED',
          cause: expect.objectContaining({ code: 'VALUE_INVALID' }),
        }),
        position: {
          shardId: 'shardId-000000000000',
          sequenceNumber: sequenceNumbers(event)[1],
          subSequenceNumber: 0,
          arrivedAt,
          attempts: 1,
        },
      },
    ]);
  },
);

test('a value that does not fit the schema is poison; one inside an aggregate is put aside alone', async () => {
  const { lost, policy } = collect();
  const strict = defineStream({
    name: 's',
    key: ({ id }) => id,
    schema: z.object({ id: z.string().regex(/^a/) }),
  });
  const seen: string[] = [];
  const handler = createHandler(strict, ({ value }) => void seen.push(value.id), {
    onPoison: policy,
    logger,
  });
  expect(await handler(kinesisEvent([aggregate(['a-1', 'b-1', 'a-2'])]))).toEqual({ batchItemFailures: [] });
  expect(seen).toEqual(['a-1', 'a-2']);
  expect(
    lost.map(({ record, position }) => [Buffer.from(record.data).toString(), position?.subSequenceNumber]),
  ).toEqual([['{"id":"b-1"}', 1]]);
});

test('an error the handler calls permanent is poison; any other is not', async () => {
  const { lost, policy } = collect();
  const handler = createHandler(
    orders,
    async ({ value }) => {
      if (value.id === 'ada-1') throw permanent(new Error('no such customer'));
      if (value.id === 'bob-1') throw new Error('database away');
    },
    { mode: 'ordered-by-key', onPoison: policy, logger },
  );
  const event = kinesisEvent([order('ada-1'), order('bob-1')]);
  expect(await handler(event)).toEqual({
    batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }],
  });
  expect(lost.map(({ error }) => error.cause)).toEqual([new Error('no such customer')]);
  await handler(retryOf(event, await handler(event)));
});

test('isPermanent decides about errors nobody has marked', async () => {
  const { lost, policy } = collect();
  const handler = createHandler(orders, () => Promise.reject(new TypeError('x is undefined')), {
    onPoison: policy,
    isPermanent: (error) => error instanceof TypeError,
    logger,
  });
  expect(await handler(kinesisEvent([order('ada-1')]))).toEqual({ batchItemFailures: [] });
  expect(lost).toHaveLength(1);
});

test('permanent keeps the error it marks, and wraps what is none or cannot be marked', () => {
  const error = new RangeError('too far');
  expect(permanent(error)).toBe(error);
  expect(Object.keys(error)).toEqual([]);
  const frozen = Object.freeze(new Error('stiff'));
  expect(permanent(frozen)).toMatchObject({ message: 'Error: stiff', cause: frozen });
  expect(permanent('words')).toMatchObject({ message: 'words', cause: 'words' });
  expect([permanent('words'), permanent(frozen), error].map(isPermanent)).toEqual([true, true, true]);
  expect([undefined, null, 'words', new Error('plain')].map(isPermanent)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test('by default poison is retried like anything else: what is lost, is lost on purpose', async () => {
  const handler = createHandler(orders, () => expect.unreachable(), { logger });
  const event = kinesisEvent([{ data: 'not JSON' }, order('ada-1')]);
  expect(await handler(event)).toEqual({
    batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[0] }],
  });
});

test('skip drops poison with a line in the log', async () => {
  const log = recordingLogger();
  const seen: string[] = [];
  const handler = createHandler(orders, ({ value }) => void seen.push(value.id), {
    onPoison: 'skip',
    logger: log,
  });
  expect(await handler(kinesisEvent([{ data: 'not JSON' }, order('ada-1')]))).toEqual({
    batchItemFailures: [],
  });
  expect(seen).toEqual(['ada-1']);
  expect(log.lines).toMatchObject([{ details: { onPoison: 'skip', subSequenceNumber: 0 } }]);
});

test('while the sink fails, so does the record: nothing is lost', async () => {
  for (const sink of [
    () => Promise.reject(new Error('queue away')),
    () => {
      throw new Error('queue away');
    },
  ]) {
    const log = recordingLogger();
    const handler = createHandler(orders, () => undefined, { onPoison: deadLetter(sink), logger: log });
    const event = kinesisEvent([order('ada-1'), { data: 'not JSON' }, order('ada-2')]);
    expect(await handler(event)).toEqual({
      batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }],
    });
    expect(log.lines).toMatchObject([{ details: { error: new Error('queue away') } }]);
  }
});

test('what was put aside is not put aside again when it comes again, also after the whole batch failed', async () => {
  const { lost, policy } = collect();
  let broken = true;
  const handler = createHandler(
    orders,
    () => {
      if (broken) throw new Error('no');
    },
    { mode: 'parallel', onPoison: policy, logger },
  );
  const event = kinesisEvent([order('ada-1'), { data: 'not JSON' }, order('bob-1')]);
  const response = await handler(event);
  broken = false;
  await handler(retryOf(event, response));
  expect(lost).toHaveLength(1);

  const batch = createBatchHandler(orders, () => Promise.reject(new Error('no')), {
    onPoison: policy,
    logger,
  });
  await expect(batch(event)).rejects.toThrow('no');
  await expect(batch(event)).rejects.toThrow('no');
  expect(lost).toHaveLength(2);
});

test('a file sink holds the line that puts the record again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-poison-'));
  const path = join(folder, 'poison.ndjson');
  const handler = createHandler(orders, () => undefined, { onPoison: deadLetter(lostToFile(path)), logger });
  await handler(kinesisEvent([{ partitionKey: 'ada', data: 'not JSON' }]));
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    v: 1,
    stream: 'orders',
    partitionKey: 'ada',
    encoding: 'base64',
    value: Buffer.from('not JSON').toString('base64'),
  });
  rmSync(folder, { recursive: true });
});

test('a decoder that says its failure will pass is retried, whatever onPoison says', async () => {
  const away = new MillraceError('SERVICE_FAILED', 'Registry away.', { advice: 'Wait.', retryable: true });
  const stream = defineStream({
    name: 's',
    key: () => 'k',
    codec: {
      name: 'registry',
      encode: () => new Uint8Array(),
      decode: () => {
        throw away;
      },
    },
  });
  const handler = createHandler(stream, () => undefined, { onPoison: 'skip', logger });
  const { batchItemFailures } = await handler(kinesisEvent(['x']));
  expect(batchItemFailures).toHaveLength(1);
});

test('attempts try a record again in place with back-off; a permanent error is not tried again', async () => {
  const clock = createManualClock();
  const tries: string[] = [];
  const log = recordingLogger();
  const handler = createHandler(
    orders,
    async ({ value }) => {
      tries.push(`${value.id} at ${Math.floor(clock.monotonic() / 100)}`);
      if (value.id === 'ada-1' && tries.length < 3) throw new Error('no');
      if (value.id === 'ada-2') throw permanent(new Error('never'));
    },
    { attempts: 3, clock, logger: log },
  );
  const event = kinesisEvent(['ada-1', 'ada-2'].map(order));
  const { batchItemFailures } = await drive(clock, handler(event));
  expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceNumbers(event)[1] }]);
  expect(tries.map((each) => each.split(' ')[0])).toEqual(['ada-1', 'ada-1', 'ada-1', 'ada-2']);
  expect(clock.monotonic()).toBeGreaterThan(0);
  expect(log.lines).toMatchObject([{ details: { attempts: 1, error: new Error('never') } }]);
  expect(clock.pending).toBe(0);
});

test('when attempts run out the record is reported, with how often it was tried', async () => {
  const clock = createManualClock();
  const log = recordingLogger();
  const handler = createHandler(
    orders,
    () => {
      throw new Error('no');
    },
    { attempts: 4, clock, logger: log },
  );
  const { batchItemFailures } = await drive(clock, handler(kinesisEvent([order('ada-1')])));
  expect(batchItemFailures).toHaveLength(1);
  expect(log.lines).toMatchObject([{ details: { attempts: 4 } }]);
});
