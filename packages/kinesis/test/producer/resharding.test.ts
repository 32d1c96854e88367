import { createProducer, rawStream, type ProducerOptions } from '@millrace/kinesis';
import { toMillraceError } from '@millrace/kinesis/aws';
import { expandRecord } from '@millrace/kinesis/codec';
import type { StoredRecord } from '@millrace/kinesis/record';
import { isOpen } from '@millrace/kinesis/shard';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { createLocalKinesis, type LocalKinesis } from '@millrace/local';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const stream = rawStream('clicks');

interface Day {
  readonly seed: number;
  readonly keys: readonly string[];
  /** Indexes of records at which the stream is split or merged. */
  readonly reshards: readonly number[];
  /** Share of entries that throttle, and of calls that fail, each in one of the ways given. */
  readonly throttle: number;
  readonly fail: number;
  readonly failures: readonly Failure[];
  /** Share of calls during which the stream is split or merged. */
  readonly midFlight: number;
  /** Indexes of records at which the wall clock jumps, and by how many milliseconds. */
  readonly jumps: readonly { readonly at: number; readonly by: number }[];
}

/** What a call may fail with; `lost`: it has done its work, and its answer does not come. */
type Failure = 'broken' | 'reset' | 'lost' | 'expired';

/** As the SDK throws them. */
const failures: Readonly<Record<Failure, Error>> = {
  broken: Object.assign(new Error('The service failed'), { name: 'InternalFailure', $fault: 'server' }),
  reset: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  lost: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  expired: Object.assign(new Error('The security token has expired'), { name: 'ExpiredTokenException' }),
};

const day: fc.Arbitrary<Day> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  keys: fc.array(
    fc.nat({ max: 11 }).map((n) => `key-${n}`),
    { minLength: 20, maxLength: 120 },
  ),
  reshards: fc.array(fc.nat({ max: 119 }), { maxLength: 4 }),
  throttle: fc.constantFrom(0, 0.1, 0.4),
  fail: fc.constantFrom(0, 0.1, 0.3),
  failures: fc.array(fc.constantFrom<Failure>('broken', 'reset', 'lost', 'expired'), {
    minLength: 1,
    maxLength: 4,
  }),
  midFlight: fc.constantFrom(0, 0.05),
  jumps: fc.array(
    fc.record({
      at: fc.nat({ max: 119 }),
      by: fc.constantFrom(-86_400_000, -3_600_000, 3_600_000, 86_400_000),
    }),
    { maxLength: 3 },
  ),
});

/** What a KCL consumer would be given, first deliveries only: parents before children, foreign sub-records dropped. */
async function readAsKcl({ connection: { reader } }: LocalKinesis): Promise<readonly string[]> {
  const shards = (await reader.listShards('clicks')).toSorted((a, b) => (a.shardId < b.shardId ? -1 : 1));
  const seen: string[] = [];
  for (const { shardId, hashRange } of shards) {
    const iterator = await reader.openIterator('clicks', shardId, { type: 'oldest' });
    const { records } = await reader.read(iterator, { stream: 'clicks', limit: 10_000 });
    const owned = (record: StoredRecord) =>
      expandRecord(record, { range: hashRange }).filter(({ foreign }) => !foreign);
    for (const { data } of records.flatMap(owned)) seen.push(new TextDecoder().decode(data));
  }
  return [...new Set(seen)];
}

async function reshard({ engine, connection }: LocalKinesis, clock: ManualClock): Promise<void> {
  const open = (await connection.reader.listShards('clicks'))
    .filter(isOpen)
    .toSorted((a, b) => (a.hashRange.start < b.hashRange.start ? -1 : 1));
  const at = Math.floor(clock.random() * open.length);
  const [one, next] = open.slice(at, at + 2);
  if (one === undefined) return;
  if (next !== undefined && clock.random() < 0.4) engine.mergeShards('clicks', one.shardId, next.shardId);
  else engine.splitShard('clicks', one.shardId);
}

async function run(
  { seed, keys, reshards, throttle, fail, failures: kinds, midFlight, jumps }: Day,
  options: ProducerOptions,
): Promise<readonly string[]> {
  const clock = createManualClock({ seed });
  await using kinesis = await createLocalKinesis({
    clock,
    streams: { clicks: { shards: 3 } },
  });
  const { writer, reader } = kinesis.connection;
  const unsteady = {
    reader: {
      listShards: async (...given: Parameters<typeof reader.listShards>) => {
        if (clock.random() < 2 * fail) throw new Error('reset');
        return reader.listShards(...given);
      },
    },
    writer: {
      write: async (...[name, entries, rest]: Parameters<typeof writer.write>) => {
        const kept = entries.filter(() => clock.random() >= throttle);
        await clockPause(clock);
        if (clock.random() < midFlight) await reshard(kinesis, clock);
        const kind = clock.random() < fail ? kinds[Math.floor(clock.random() * kinds.length)] : undefined;
        const failure = kind && toMillraceError(failures[kind], { operation: 'PutRecords', stream: name });
        if (failure !== undefined && kind !== 'lost') throw failure;
        const outcomes = kept.length === 0 ? [] : [...(await writer.write(name, kept, rest))];
        if (failure !== undefined) throw failure;
        return entries.map((entry) =>
          kept.includes(entry)
            ? (outcomes.shift() ?? { ok: false as const, code: 'InternalFailure', message: '' })
            : {
                ok: false as const,
                code: 'ProvisionedThroughputExceededException',
                message: 'Rate exceeded',
              },
        );
      },
    },
  };
  /** Only the producer's clock jumps: the service keeps its time, and its retention. */
  const wall = { ahead: 0 };
  const producer = createProducer(stream, unsteady, {
    ...options,
    clock: { ...clock, now: () => clock.now() + wall.ahead },
    deadline: '1h',
    linger: 5,
    maxInFlight: 3,
  });
  for (const [index, partitionKey] of keys.entries()) {
    void producer.put({ partitionKey, data: new TextEncoder().encode(`${partitionKey}/${index}`) });
    if (clock.random() < 0.3) await clock.advance(clock.random() * 40);
    for (const at of reshards) if (at === index) await reshard(kinesis, clock);
    for (const { at, by } of jumps) if (at === index) wall.ahead += by;
  }
  const closing = producer.close();
  const ended = { yet: false };
  void closing.then(() => (ended.yet = true));
  for (let steps = 0; !ended.yet && steps < 3000; steps++) await clock.next();
  expect(ended.yet).toBe(true);
  expect(await closing).toEqual({ delivered: keys.length, failed: 0 });
  return await readAsKcl(kinesis);
}

function clockPause(clock: ManualClock): Promise<void> {
  return new Promise((resolve) => void clock.timer(clock.random() * 30, resolve));
}

const modes: readonly ProducerOptions[] = [
  { ordering: 'none', aggregation: 'shard' },
  { ordering: 'none', aggregation: 'key' },
  { ordering: 'key', aggregation: 'none' },
  { ordering: 'key', aggregation: 'key' },
  { ordering: 'key', aggregation: 'shard' },
  { ordering: 'shard', aggregation: 'shard' },
  { ordering: 'shard', aggregation: 'none' },
];

test.each(modes)(
  'through throttles, 5xx, resets, expired credentials, reshards and clock jumps a KCL consumer gets every record (%o)',
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(day, async (given) => {
        const seen = await run(given, mode);
        const put = given.keys.map((key, index) => `${key}/${index}`);
        expect(new Set(seen)).toEqual(new Set(put));
        if (mode.ordering === 'none') return;
        for (const key of new Set(given.keys)) {
          const ofKey = (texts: readonly string[]): readonly string[] =>
            texts.filter((text) => text.startsWith(`${key}/`));
          expect(ofKey(seen)).toEqual(ofKey(put));
        }
      }),
      { numRuns: 60 },
    );
  },
  120_000,
);

test('an aggregate that went to a shard nobody can name is not called stored', async () => {
  const clock = createManualClock();
  await using kinesis = await createLocalKinesis({ clock, streams: { clicks: { shards: 1 } } });
  const { writer, reader } = kinesis.connection;
  let listing = true;
  const ports = {
    writer,
    reader: {
      listShards: async (...given: Parameters<typeof reader.listShards>) => {
        if (!listing) throw new Error('ListShards is down');
        return reader.listShards(...given);
      },
    },
  };
  const producer = createProducer(stream, ports, { clock, aggregation: 'shard', linger: 5, deadline: '3s' });
  const put = (key: string): ReturnType<typeof producer.put> =>
    producer.put({ partitionKey: key, data: new TextEncoder().encode(key) });
  const first = put('a');
  await clock.advance(1000);
  await first;
  kinesis.engine.splitShard('clicks', 'shardId-000000000000');
  listing = false;
  const puts = Promise.allSettled(Array.from({ length: 20 }, (_, index) => put(`key-${index}`)));
  await clock.advance(10_000);
  for (const outcome of await puts) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'PUT_DEADLINE' } });
  }
  expect(await producer.close()).toEqual({ delivered: 1, failed: 20 });
  expect(clock.pending).toBe(0);
});
