import {
  createConsumer,
  createProducer,
  defineStream,
  type Connection,
  type Consumer,
  type ConsumerOptions,
} from '@millrace/kinesis';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { sleep } from '@millrace/kinesis/runtime';
import { createLocalKinesis, type LocalKinesis } from '@millrace/local';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface Step {
  readonly key: string;
  readonly n: number;
}

const steps = defineStream<Step>({ name: 'steps', key: (step) => step.key });

let clock: ManualClock;
let kinesis: LocalKinesis;

beforeEach(async () => {
  clock = createManualClock();
  kinesis = await createLocalKinesis({ clock, streams: { steps: { shards: 4 } } });
});
afterEach(() => kinesis.close());

function join(
  options: Partial<ConsumerOptions> = {},
  connection: Connection = kinesis.connection,
): Consumer<Step> {
  return createConsumer(steps, connection, { group: 'readers', from: 'oldest', clock, ...options });
}

async function put(count: number, from = 0): Promise<void> {
  const producer = createProducer(steps, kinesis.connection, { clock });
  for (let n = from; n < from + count; n++) void producer.put({ key: `k${n % 10}`, n });
  await producer.close();
}

/** Awaits `promise` while time passes. */
async function through<T>(promise: Promise<T>, ms = 30_000): Promise<T> {
  promise.catch(() => {});
  await clock.advance(ms);
  return promise;
}

const numbers = (values: readonly number[]): number[] => [...new Set(values)].toSorted((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('a run hands over everything in the stream, then what comes, until it is closed', async () => {
  await put(100);
  const seen: number[] = [];
  const consumer = join();
  const running = consumer.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(5000);
  expect(numbers(seen)).toEqual(upTo(100));
  await put(50, 100);
  // A shard without records is left alone for so long (`idlePollInterval`).
  await clock.advance(2000);
  expect(numbers(seen)).toEqual(upTo(150));
  expect(seen).toHaveLength(150);
  await through(consumer.close());
  await running;
  expect(clock.pending).toBe(0);
});

test('a group goes on where it was: nothing handled before a close is handed over again', async () => {
  await put(40);
  const first: number[] = [];
  const one = join();
  const running = one.run({ eachRecord: ({ value }) => first.push(value.n) });
  await clock.advance(3000);
  await through(one.close());
  await running;
  await put(10, 40);
  const second: number[] = [];
  const two = join();
  const again = two.run({ eachBatch: (records) => second.push(...records.map(({ value }) => value.n)) });
  await clock.advance(3000);
  await through(two.close());
  await again;
  expect(numbers(first)).toEqual(upTo(40));
  expect(second.toSorted((a, b) => a - b)).toEqual(upTo(50).slice(40));
});

test('two workers share the shards evenly', async () => {
  const workers = ['a', 'b'].map((workerId) => join({ workerId }));
  const running = workers.map((worker) => worker.run({ eachRecord: () => {} }));
  await clock.advance(60_000);
  expect(workers.map((worker) => worker.status().shards.length)).toEqual([2, 2]);
  await through(Promise.all(workers.map((worker) => worker.close())));
  await Promise.all(running);
});

test('a closed worker gives its shards back, and another takes them within two seconds', async () => {
  const leaving = join({ workerId: 'leaving' });
  const staying = join({ workerId: 'staying' });
  const running = [leaving, staying].map((worker) => worker.run({ eachRecord: () => {} }));
  await clock.advance(60_000);
  await through(leaving.close(), 100);
  await clock.advance(2000);
  expect(staying.status().shards).toHaveLength(4);
  await through(staying.close());
  await Promise.all(running);
});

test('closing lets the record in hand finish and checkpoints it', async () => {
  await put(4);
  const finished: number[] = [];
  const consumer = join();
  const running = consumer.run({
    eachRecord: async ({ value }) => {
      await sleep(clock, 5000);
      finished.push(value.n);
    },
  });
  await clock.advance(3000);
  const closing = consumer.close();
  await clock.advance(10_000);
  await closing;
  await running;
  const started = finished.length;
  expect(started).toBeGreaterThan(0);
  const rest: number[] = [];
  const next = join();
  const again = next.run({ eachRecord: ({ value }) => rest.push(value.n) });
  await clock.advance(5000);
  await through(next.close());
  await again;
  expect([...finished, ...rest].toSorted((a, b) => a - b)).toEqual(upTo(4));
});

test('a handler that will not finish is asked to stop when the drain time is over, and holds nothing up', async () => {
  await put(1);
  let signalled = false;
  const consumer = join();
  const running = consumer.run({
    eachRecord: (_record, { signal }) => {
      signal.addEventListener('abort', () => (signalled = true));
      return new Promise(() => {});
    },
  });
  await clock.advance(3000);
  await through(consumer.close({ drain: '2s' }), 3000);
  await running;
  expect(signalled).toBe(true);
  const leases = await kinesis.connection.leases('readers').list();
  expect(leases.filter(({ owner }) => owner !== undefined)).toEqual([]);
});

test('a handler that keeps failing stops the consumer, which says where and gives its shards back', async () => {
  await put(20);
  const consumer = join({ maxAttempts: 3 });
  const running = consumer.run({
    eachRecord: ({ value }) => {
      if (value.n === 7) throw new Error('poison');
    },
  });
  await expect(through(running)).rejects.toMatchObject({
    code: 'HANDLER_FAILED',
    details: { stream: 'steps', attempts: 3 },
    cause: { message: 'poison' },
  });
  const leases = await kinesis.connection.leases('readers').list();
  expect(leases.filter(({ owner }) => owner !== undefined)).toEqual([]);
  expect(clock.pending).toBe(0);

  // Mended, the group goes on with that very record.
  const seen: number[] = [];
  const mended = join();
  const again = mended.run({ eachRecord: ({ value }) => seen.push(value.n) });
  await clock.advance(5000);
  await through(mended.close());
  await again;
  expect(seen).toContain(7);
});

test('a stream that is not there rejects the run at once', async () => {
  const nowhere = defineStream<Step>({ name: 'nowhere', key: (step) => step.key });
  const consumer = createConsumer(nowhere, kinesis.connection, { group: 'readers', from: 'oldest', clock });
  await expect(through(consumer.run({ eachRecord: () => {} }))).rejects.toMatchObject({
    code: 'STREAM_NOT_FOUND',
  });
  expect(clock.pending).toBe(0);
});

test('an aborted signal closes the consumer', async () => {
  const controller = new AbortController();
  const consumer = join();
  const running = consumer.run({ eachRecord: () => {}, signal: controller.signal });
  await clock.advance(3000);
  controller.abort();
  await through(running);
  expect(clock.pending).toBe(0);
  await expect(consumer.run({ eachRecord: () => {} })).rejects.toMatchObject({ code: 'CLOSED' });
});

test('for await hands over record after record; the one in hand at a break comes again', async () => {
  await put(5);
  const seen: number[] = [];
  const loop = async (): Promise<void> => {
    for await (const { value } of join()) {
      seen.push(value.n);
      if (seen.length === 3) break;
    }
  };
  await through(loop());
  const rest: number[] = [];
  const again = async (): Promise<void> => {
    for await (const { value } of join()) {
      rest.push(value.n);
      if (rest.length === 3) break;
    }
  };
  await through(again());
  expect(rest).toContain(seen[2]);
  expect(numbers([...seen, ...rest])).toEqual(upTo(5));
  expect(clock.pending).toBe(0);
});

test('a loop whose consumer fails ends with its error', async () => {
  await put(1);
  const broken = { ...steps, decode: () => Promise.reject(new Error('not a step')) };
  const consumer = createConsumer(broken, kinesis.connection, { group: 'readers', from: 'oldest', clock });
  const loop = async (): Promise<void> => {
    for await (const record of consumer) expect(record).toBeUndefined();
  };
  await expect(through(loop())).rejects.toMatchObject({ code: 'HANDLER_FAILED' });
});

test.each([
  ['group', { group: 'a' }],
  ['from', { from: 'after:123' }],
  ['from', { from: 'yesterday' }],
  // There is no default: the wrong guess loses or repeats a day of records.
  ['from', { from: undefined }],
  ['from', { from: null }],
  ['leaseDuration', { leaseDuration: 10 }],
  ['batchSize', { batchSize: 20_000 }],
])('an option %s that cannot be used is refused by name: %o', (name, options) => {
  expect(() => join(options as Partial<ConsumerOptions>)).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      details: expect.objectContaining({ path: `consumer.${name}` }),
    }),
  );
});

test('a handler of many records at once may listen to its signal for each', async () => {
  const producer = createProducer(steps, kinesis.connection, { clock });
  for (let n = 0; n < 200; n++) void producer.put({ key: `key-${n}`, n });
  await producer.close();
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const consumer = join({ concurrency: 16 });
  const running = consumer.run({ eachRecord: (_, { signal }) => sleep(clock, 10, signal) });
  await clock.advance(5000);
  await through(consumer.close());
  await running;
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});
