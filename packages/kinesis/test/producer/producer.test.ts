import { defineStream, MillraceError, rawStream } from '@millrace/kinesis';
import { decodeAggregate } from '@millrace/kinesis/codec';
import { createProducer } from '@millrace/kinesis/producer';
import { createManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { createFakeWriter, ok, throttled } from './fake-writer.ts';

const clicks = rawStream('clicks');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const record = (partitionKey: string, text = 'x'): { partitionKey: string; data: Uint8Array } => ({
  partitionKey,
  data: bytes(text),
});

test('records put within the linger travel in one call and each gets its own receipt', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter((entries) => entries.map((_, index) => ok(String(index + 1))));
  const producer = createProducer(clicks, { writer }, { clock, linger: 20 });
  const receipts = ['a', 'b', 'c'].map((key) => producer.put(record(key)));
  expect(writer.calls).toHaveLength(0);
  await clock.advance(20);
  expect(await Promise.all(receipts)).toEqual(
    [1, 2, 3].map((n) => ({
      shardId: 'shardId-000000000000',
      sequenceNumber: String(n),
      subSequenceNumber: 0,
      attempts: 1,
    })),
  );
  expect(writer.calls).toHaveLength(1);
});

test('a call never holds more than 500 entries, and a full one does not linger', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, linger: '1h' });
  for (let index = 0; index < 1200; index++) void producer.put(record(`k${index}`));
  await clock.settle();
  expect(writer.calls.map((call) => call.length)).toEqual([500, 500]);
  await producer.close();
  expect(writer.calls.map((call) => call.length)).toEqual([500, 500, 200]);
});

test('a call never exceeds the request byte limit', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, maxRequestBytes: 4096 });
  for (let index = 0; index < 10; index++) void producer.put(record('k', 'y'.repeat(1500)));
  await producer.close();
  for (const call of writer.calls) {
    const size = call.reduce((sum, entry) => sum + entry.data.length + entry.partitionKey.length, 0);
    expect(size).toBeLessThanOrEqual(4096);
  }
  expect(writer.stored).toHaveLength(10);
});

test('only the failed entries of a call are sent again, after a back-off', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter((entries, call) =>
    entries.map((_, index) => (call === 1 && index % 2 === 1 ? throttled() : ok())),
  );
  const producer = createProducer(clicks, { writer }, { clock, linger: 0 });
  const receipts = ['a', 'b', 'c', 'd'].map((key) => producer.put(record(key)));
  await clock.advance(0);
  expect(writer.calls).toHaveLength(1);
  await clock.advance(50);
  expect(writer.calls[1]?.map(({ partitionKey }) => partitionKey)).toEqual(['b', 'd']);
  expect((await Promise.all(receipts)).map(({ attempts }) => attempts)).toEqual([1, 2, 1, 2]);
});

test('a record that cannot be stored before its deadline is rejected with a typed error, never dropped', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter((entries) => entries.map(() => throttled()));
  const producer = createProducer(clicks, { writer }, { clock, linger: 0, deadline: '2s' });
  const receipt = producer.put(record('hot'));
  await clock.advance(4000);
  await expect(receipt).rejects.toMatchObject({
    code: 'PUT_DEADLINE',
    retryable: true,
    details: { stream: 'clicks', partitionKey: 'hot' },
  });
  expect(clock.pending).toBe(0);
});

test('a record that never found a free call is rejected at its deadline, too', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter(() => new Promise(() => {}));
  const producer = createProducer(
    clicks,
    { writer },
    { clock, linger: 0, deadline: '2s', requestTimeout: '1m', maxInFlight: 1 },
  );
  void producer.put(record('first'));
  await clock.advance(1);
  const waiting = producer.put(record('second'));
  await clock.advance(3000);
  await expect(waiting).rejects.toMatchObject({ code: 'PUT_DEADLINE' });
});

test('an entry the service will never take is rejected at once and takes no other with it', async () => {
  const clock = createManualClock();
  const denied = { ok: false, code: 'AccessDeniedException', message: 'no kms:GenerateDataKey' } as const;
  const writer = createFakeWriter((entries) =>
    entries.map(({ partitionKey }) => (partitionKey === 'bad' ? denied : ok())),
  );
  const producer = createProducer(clicks, { writer }, { clock, linger: 0 });
  const good = producer.put(record('good'));
  const bad = producer.put(record('bad'));
  await clock.advance(0);
  await expect(bad).rejects.toMatchObject({ code: 'PUT_REJECTED', retryable: false });
  await expect(good).resolves.toMatchObject({ attempts: 1 });
});

test('a call refused for one bad entry is cut down until only that entry fails', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter((entries) => {
    if (entries.some(({ partitionKey }) => partitionKey === 'k77')) {
      throw new MillraceError('PUT_REJECTED', 'One of them is too large.', { advice: 'Make it smaller.' });
    }
    return entries.map(() => ok());
  });
  const producer = createProducer(clicks, { writer }, { clock, linger: 0 });
  const receipts = Array.from({ length: 100 }, (_, index) => producer.put(record(`k${index}`)));
  await clock.advance(10_000);
  const settled = await Promise.allSettled(receipts);
  expect(settled.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([77]);
});

test('a whole call that fails in passing is retried; one that fails for good rejects its records', async () => {
  const clock = createManualClock();
  const unreachable = new MillraceError('ENDPOINT_UNREACHABLE', 'No.', { advice: 'Wait.', retryable: true });
  const missing = new MillraceError('STREAM_NOT_FOUND', 'No stream.', { advice: 'Create it.' });
  const writer = createFakeWriter((entries, call) => {
    if (call === 1) throw unreachable;
    if (call === 3) throw missing;
    return entries.map(() => ok());
  });
  const producer = createProducer(clicks, { writer }, { clock, linger: 0 });
  const first = producer.put(record('a'));
  await clock.advance(100);
  await expect(first).resolves.toMatchObject({ attempts: 2 });
  const second = producer.put(record('a'));
  await clock.advance(100);
  await expect(second).rejects.toBe(missing);
});

test('a call that hangs is cut off and retried', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter((entries, call) =>
    call === 1 ? new Promise(() => {}) : entries.map(() => ok()),
  );
  const producer = createProducer(clicks, { writer }, { clock, linger: 0, requestTimeout: '1s' });
  const receipt = producer.put(record('a'));
  await clock.advance(1100);
  await expect(receipt).resolves.toMatchObject({ attempts: 2 });
  expect(clock.pending).toBe(0);
});

test('an answer with too few outcomes is not believed', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter((entries, call) => (call === 1 ? [] : entries.map(() => ok())));
  const producer = createProducer(clicks, { writer }, { clock, linger: 0 });
  const receipt = producer.put(record('a'));
  await clock.advance(100);
  await expect(receipt).resolves.toMatchObject({ attempts: 2 });
});

test('put waits at the door while the byte limit is reached, in its turn', async () => {
  const clock = createManualClock();
  const release: (() => void)[] = [];
  const writer = createFakeWriter(async (entries) => {
    await new Promise<void>((resolve) => release.push(resolve));
    return entries.map(() => ok());
  });
  const producer = createProducer(
    clicks,
    { writer },
    { clock, linger: 0, maxBufferedBytes: 2560, maxInFlight: 1 },
  );
  const receipts = ['a', 'b', 'c', 'd'].map((key) => producer.put(record(key, 'z'.repeat(999))));
  await clock.advance(0);
  expect(writer.calls.flat().map(({ partitionKey }) => partitionKey)).toEqual(['a', 'b']);
  release.shift()?.();
  await clock.advance(0);
  expect(writer.calls.flat().map(({ partitionKey }) => partitionKey)).toEqual(['a', 'b', 'c']);
  release.shift()?.();
  await clock.advance(0);
  release.shift()?.();
  await Promise.all(receipts);
  expect(writer.stored.map(({ partitionKey }) => partitionKey)).toEqual(['a', 'b', 'c', 'd']);
});

test('an abort at the door gives the record up without a trace; one already accepted is still sent', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, linger: 10, maxBufferedBytes: 1024 });
  const controller = new AbortController();
  const inside = producer.put(record('in', 'z'.repeat(1000)), { signal: controller.signal });
  const waiting = producer.put(record('out', 'z'.repeat(1000)), { signal: controller.signal });
  await clock.settle();
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  await clock.advance(10);
  await expect(inside).resolves.toMatchObject({ attempts: 1 });
  expect(writer.stored).toHaveLength(1);
});

test('putMany pulls no further than the byte limit allows', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter(() => new Promise(() => {}));
  const producer = createProducer(clicks, { writer }, { clock, linger: 0, maxBufferedBytes: 10_240 });
  let pulled = 0;
  void producer.putMany(
    (function* () {
      for (;;) {
        pulled++;
        yield record('k', 'w'.repeat(1023));
      }
    })(),
  );
  for (let turn = 0; turn < 50; turn++) await clock.settle();
  // Eight of 1 KiB, with 256 bytes more for each, and the one at the door.
  expect(pulled).toBe(9);
});

test('putMany counts what was stored, reports each failure, and without a reporter fails with the first', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, linger: 0 });
  const values = [record('a'), record(''), record('b')];
  const failures: unknown[] = [];
  const counted = producer.putMany(values, { onFailure: (error) => failures.push(error) });
  await clock.advance(10);
  expect(await counted).toEqual({ delivered: 2, failed: 1 });
  expect(failures).toMatchObject([{ code: 'RECORD_INVALID', details: { path: 'partitionKey' } }]);
  const strict = producer.putMany(values);
  strict.catch(() => {});
  await clock.advance(10);
  await expect(strict).rejects.toMatchObject({ code: 'RECORD_INVALID' });
});

test('a value that does not fit its schema is refused with the place and the reason', async () => {
  const clock = createManualClock();
  const orders = defineStream({
    name: 'orders',
    schema: z.object({ id: z.string(), total: z.number() }),
    key: (order) => order.id,
  });
  const producer = createProducer(orders, { writer: createFakeWriter() }, { clock });
  const wrong = { id: 'a', total: 'much' } as unknown as { id: string; total: number };
  await expect(producer.put(wrong)).rejects.toMatchObject({
    code: 'VALUE_INVALID',
    message: expect.stringContaining('total'),
  });
});

test('records wait for an asynchronous schema in the order they were put', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const slow = defineStream({
    name: 'slow',
    schema: z.string().refine(async (text) => {
      for (let turn = 0; turn < text.length; turn++) await Promise.resolve();
      return true;
    }),
    key: () => 'k',
  });
  const producer = createProducer(slow, { writer }, { clock, linger: 5 });
  const receipts = ['a long one first', 'b', 'c'].map((value) => producer.put(value));
  await clock.advance(10);
  await Promise.all(receipts);
  expect(writer.stored.map(({ data }) => new TextDecoder().decode(data))).toEqual([
    '"a long one first"',
    '"b"',
    '"c"',
  ]);
});

test('with aggregation, user records of one key share a Kinesis record and know their place in it', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, aggregation: 'key', linger: 10 });
  const receipts = ['a', 'b', 'a', 'a'].map((key, index) => producer.put(record(key, `v${index}`)));
  await clock.advance(10);
  expect((await Promise.all(receipts)).map(({ subSequenceNumber }) => subSequenceNumber)).toEqual([
    0, 0, 1, 2,
  ]);
  expect(writer.stored.map(({ partitionKey }) => partitionKey)).toEqual(['a', 'b']);
  const entries = decodeAggregate(writer.stored[0]?.data ?? bytes(''));
  expect(entries?.map(({ data }) => new TextDecoder().decode(data))).toEqual(['v0', 'v2', 'v3']);
});

test('headers travel in the aggregate, even of a single record, and reach the consumer', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, linger: 10 });
  const receipt = producer.put(record('k', 'payload'), { headers: { traceparent: '00-ab', schema: '7' } });
  void producer.put(record('k', 'bare'));
  await clock.advance(10);
  await receipt;
  const [dressed, bare] = writer.stored;
  expect(decodeAggregate(dressed?.data ?? bytes(''))).toMatchObject([
    { partitionKey: 'k', data: bytes('payload'), headers: { traceparent: '00-ab', schema: '7' } },
  ]);
  expect(bare?.data).toEqual(bytes('bare'));
});

test('what cannot be delivered reaches the sink, bytes and reason, before the promise rejects', async () => {
  const clock = createManualClock();
  const order: string[] = [];
  const writer = createFakeWriter((entries) => entries.map(() => throttled()));
  const producer = createProducer(
    clicks,
    { writer },
    {
      clock,
      linger: 0,
      deadline: '1s',
      onUndeliverable: async ({ stream, record: lost, error }) => {
        await Promise.resolve();
        order.push(`${stream} ${new TextDecoder().decode(lost.data)} ${error.code}`);
      },
    },
  );
  const receipt = producer.put(record('k', 'precious'));
  receipt.catch(() => order.push('rejected'));
  await clock.advance(3000);
  expect(order).toEqual(['clicks precious PUT_DEADLINE', 'rejected']);
  expect(await producer.close()).toEqual({ delivered: 0, failed: 1 });
});

test('a sink that fails does not hide why the record failed', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter((entries) => entries.map(() => throttled()));
  const producer = createProducer(
    clicks,
    { writer },
    { clock, linger: 0, deadline: '1s', onUndeliverable: failingSink },
  );
  const receipt = producer.put(record('k'));
  await clock.advance(3000);
  await expect(receipt).rejects.toMatchObject({ code: 'PUT_DEADLINE' });
});

test('records with explicit hash keys of their own never share an aggregate', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, aggregation: 'key', linger: 10 });
  for (const explicitHashKey of ['1', '1', '2']) void producer.put({ ...record('k'), explicitHashKey });
  await producer.close();
  expect(writer.stored.map(({ explicitHashKey }) => explicitHashKey)).toEqual(['1', '2']);
});

test('close sends what is inside, then takes no more; it may be called again', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, linger: '1h' });
  const receipt = producer.put(record('a'));
  expect(await producer.close()).toEqual({ delivered: 1, failed: 0 });
  await expect(receipt).resolves.toMatchObject({ attempts: 1 });
  await expect(producer.put(record('b'))).rejects.toMatchObject({ code: 'CLOSED' });
  expect(await producer.close()).toEqual({ delivered: 1, failed: 0 });
  expect(clock.pending).toBe(0);
});

test('close gives up after its drain time and says so to every record left', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter(() => new Promise(() => {}));
  const producer = createProducer(
    clicks,
    { writer },
    { clock, linger: 0, maxInFlight: 1, maxBufferedBytes: 1600 },
  );
  const inFlight = producer.put(record('a', 'v'.repeat(500)));
  await clock.advance(1);
  const waiting = producer.put(record('b', 'v'.repeat(500)));
  const atTheDoor = producer.put(record('c', 'v'.repeat(500)));
  const closing = producer.close({ drain: '1s' });
  await clock.advance(1000);
  expect(await closing).toEqual({ delivered: 0, failed: 3 });
  for (const receipt of [inFlight, waiting, atTheDoor])
    await expect(receipt).rejects.toMatchObject({ code: 'CLOSED' });
  expect(clock.pending).toBe(0);
});

test('flush waits for what was put before it, not for what comes after', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, linger: '1h' });
  void producer.put(record('a'));
  const flushed = producer.flush();
  await clock.settle();
  void producer.put(record('b'));
  expect(await flushed).toEqual({ delivered: 1, failed: 0 });
});

test('a rejection nobody awaits is no unhandled rejection', async () => {
  const clock = createManualClock();
  const unhandled: unknown[] = [];
  const listen = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', listen);
  const producer = createProducer(clicks, { writer: createFakeWriter() }, { clock });
  void producer.put(record(''));
  await clock.settle();
  await clock.settle();
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
  expect(await producer.close()).toEqual({ delivered: 0, failed: 1 });
});

function failingSink(): Promise<never> {
  return Promise.reject(new Error('disk full'));
}
