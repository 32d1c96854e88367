import { MillraceError, rawStream } from '@millrace/kinesis';
import { createProducer, type ProducerOptions, type StreamDescriber } from '@millrace/kinesis/producer';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { createLocalKinesis } from '@millrace/local';
import { expect, test } from 'vitest';

import { createFakeWriter, type FakeWriter } from './fake-writer.ts';

const MiB = 1_048_576;
const stream = rawStream('scans');
const record = (bytes: number, partitionKey = 'k'): { partitionKey: string; data: Uint8Array } => ({
  partitionKey,
  data: new Uint8Array(bytes - 1),
});

type Describe = StreamDescriber['describeStream'];

/** A producer on a manual clock, and how often its stream was described. */
function startProducer(
  describe: Describe,
  options: ProducerOptions = {},
): {
  producer: ReturnType<typeof createProducer<ReturnType<typeof record>>>;
  writer: FakeWriter;
  clock: ManualClock;
  asked: () => number;
} {
  const clock = createManualClock();
  const writer = createFakeWriter();
  let asked = 0;
  const describeStream: Describe = (...given) => {
    asked++;
    return describe(...given);
  };
  const reader = { listShards: async () => [], describeStream };
  const producer = createProducer(stream, { writer, reader }, { clock, linger: 0, ...options });
  return { producer, writer, clock, asked: () => asked };
}

const limitOf =
  (bytes: number): Describe =>
  async () => ({ maxRecordBytes: bytes });

function denied(retryable: boolean): MillraceError {
  return new MillraceError(retryable ? 'THROTTLED' : 'ACCESS_DENIED', 'Not now, or never.', {
    advice: 'None.',
    retryable,
  });
}

test('a stream is not described for records that every stream takes', async () => {
  const { producer, clock, asked } = startProducer(limitOf(2 * MiB));
  const receipt = producer.put(record(MiB));
  await clock.advance(1);
  await expect(receipt).resolves.toMatchObject({ attempts: 1 });
  expect(asked()).toBe(0);
});

test('larger records are taken as the stream is configured, which is asked once a minute', async () => {
  const { producer, clock, asked } = startProducer(limitOf(2 * MiB));
  const put = async (bytes: number): Promise<unknown> => {
    const receipt = producer.put(record(bytes)).catch((error: unknown) => error);
    await clock.advance(1);
    return receipt;
  };
  expect(await put(2 * MiB)).toMatchObject({ attempts: 1 });
  expect(await put(2 * MiB + 1)).toMatchObject({
    code: 'RECORD_INVALID',
    details: {
      path: 'data',
      got: 2 * MiB + 1,
      allowed: `at most ${2 * MiB} bytes of data and partition key`,
    },
  });
  expect(asked()).toBe(1);
  await clock.advance(60_000);
  expect(await put(2 * MiB)).toMatchObject({ attempts: 1 });
  expect(asked()).toBe(2);
});

test('records behind one that is asked about keep their place', async () => {
  const { producer, writer, clock } = startProducer(limitOf(2 * MiB), { ordering: 'key' });
  void producer.put(record(2 * MiB));
  void producer.put(record(10));
  await clock.advance(10);
  await clock.advance(10);
  expect(writer.stored.map(({ data }) => data.length)).toEqual([2 * MiB - 1, 9]);
});

test('who may not describe the stream has the limit of every stream, until a minute later', async () => {
  let allowed = false;
  const { producer, clock, asked } = startProducer(async () => {
    if (!allowed) throw denied(false);
    return { maxRecordBytes: 10 * MiB };
  });
  const put = async (): Promise<unknown> => {
    const receipt = producer.put(record(5 * MiB)).catch((error: unknown) => error);
    await clock.advance(1);
    return receipt;
  };
  const refusal = { code: 'RECORD_INVALID', advice: expect.stringContaining('DescribeStreamSummary') };
  expect(await put()).toMatchObject(refusal);
  allowed = true;
  expect(await put()).toMatchObject(refusal);
  expect(asked()).toBe(1);
  await clock.advance(60_000);
  expect(await put()).toMatchObject({ attempts: 1 });
});

test('while the service cannot be asked, it decides by itself; soon after it is asked again', async () => {
  let fails = true;
  const { producer, clock, asked } = startProducer(async () => {
    if (fails) throw denied(true);
    return { maxRecordBytes: MiB };
  });
  const put = async (): Promise<unknown> => {
    const receipt = producer.put(record(5 * MiB)).catch((error: unknown) => error);
    await clock.advance(1);
    return receipt;
  };
  expect(await put()).toMatchObject({ attempts: 1 });
  expect(await put()).toMatchObject({ attempts: 1 });
  expect(asked()).toBe(1);
  fails = false;
  await clock.advance(1000);
  expect(await put()).toMatchObject({ code: 'RECORD_INVALID' });
});

test('a question that is not answered holds nobody up for longer than a request', async () => {
  const { producer, writer, clock } = startProducer(
    (_stream, { signal } = {}) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(denied(false)), { once: true });
      }),
    { requestTimeout: '3s' },
  );
  void producer.put(record(5 * MiB));
  await clock.advance(2999);
  expect(writer.stored).toHaveLength(0);
  await clock.advance(2);
  expect(writer.stored).toHaveLength(1);
});

test.each([
  ['its signal fires', 'ABORTED'],
  ['the producer gives up draining', 'CLOSED'],
])('a record that is asked about is refused when %s', async (_name, code) => {
  const { producer, writer, clock } = startProducer(() => new Promise(() => {}));
  const giveUp = new AbortController();
  const receipt = producer.put(record(5 * MiB), { signal: giveUp.signal });
  const outcome = receipt.catch((error: unknown) => error);
  const closed = code === 'CLOSED' ? producer.close({ drain: 10 }) : undefined;
  if (code === 'ABORTED') giveUp.abort();
  await clock.advance(20);
  expect(await outcome).toMatchObject({ code });
  await closed;
  expect(writer.calls).toHaveLength(0);
});

test('an option wins, and nothing is asked', async () => {
  const { producer, clock, asked } = startProducer(limitOf(10 * MiB), { maxRecordBytes: 2 * MiB });
  await expect(producer.put(record(3 * MiB))).rejects.toMatchObject({ code: 'RECORD_INVALID' });
  const receipt = producer.put(record(2 * MiB));
  await clock.advance(1);
  await receipt;
  expect(asked()).toBe(0);
});

test('nothing is asked about a record that no stream takes', async () => {
  const { producer, asked } = startProducer(limitOf(10 * MiB));
  await expect(producer.put(record(10 * MiB + 1))).rejects.toMatchObject({ code: 'RECORD_INVALID' });
  expect(asked()).toBe(0);
});

test('on the embedded Kinesis a stream that was raised takes its larger records without being told', async () => {
  await using kinesis = await createLocalKinesis({ streams: { scans: { shards: 1, maxRecordKiB: 4096 } } });
  await using producer = createProducer(stream, kinesis.connection);
  await expect(producer.put(record(4 * MiB))).resolves.toMatchObject({ attempts: 1 });
  await expect(producer.put(record(4 * MiB + 1))).rejects.toMatchObject({ code: 'RECORD_INVALID' });
});
