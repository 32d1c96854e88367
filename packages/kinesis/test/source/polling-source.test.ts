import { isMillraceError, MillraceError } from '@millrace/kinesis';
import { toSequenceNumber, type Position, type StoredRecord } from '@millrace/kinesis/record';
import { createPollingSource, type ReadResult, type ShardReader } from '@millrace/kinesis/source';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const stream = 'orders';
const shardId = 'shardId-000000000000';

function record(n: number): StoredRecord {
  return {
    sequenceNumber: toSequenceNumber(String(n)),
    partitionKey: 'k',
    data: new Uint8Array(),
    arrivedAt: n,
  };
}

/** A closed shard of `count` records; `mishap` may throw before each call. Its service refuses times to come by the clock it `has`. */
function shardOf(
  count: number,
  mishap: (call: number) => void = () => {},
  has: () => number = () => Number.POSITIVE_INFINITY,
): ShardReader & { readonly opened: Position[] } {
  const opened: Position[] = [];
  let calls = 0;
  return {
    opened,
    describeStream: () => Promise.reject(new Error('not asked for')),
    listShards: () => Promise.reject(new Error('not asked for')),
    async openIterator(_stream, _shardId, position) {
      mishap(++calls);
      if (position.type === 'time' && position.at > has()) throw toCome(has());
      opened.push(position);
      if (position.type === 'after') return String(Number(position.sequenceNumber) + 1);
      return '1';
    },
    async read(iterator, { limit }): Promise<ReadResult> {
      mishap(++calls);
      const from = Number(iterator);
      const to = Math.min(count, from + limit - 1);
      const records = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => record(from + index));
      const millisBehindLatest = count - to;
      return to >= count
        ? { records, millisBehindLatest, childShards: [] }
        : { records, millisBehindLatest, nextIterator: String(to + 1) };
    },
  };
}

function toCome(now: number): MillraceError {
  return new MillraceError('SERVICE_FAILED', `currentTimestampInMillis: ${now}`, {
    advice: '',
    service: 'InvalidArgumentException',
  });
}

interface Reading {
  readonly numbers: number[];
  readonly times: number[];
  readonly done: Promise<void>;
}

function read(
  reader: ShardReader,
  clock: ManualClock,
  signal: AbortSignal,
  from: Position = { type: 'oldest' },
): Reading {
  const source = createPollingSource(reader, { stream, intervalMs: 200, limit: 3, clock });
  const numbers: number[] = [];
  const times: number[] = [];
  const done = (async () => {
    for await (const batch of source.read(shardId, from, signal)) {
      times.push(clock.monotonic());
      numbers.push(...batch.records.map(({ arrivedAt }) => arrivedAt));
      if (batch.children !== undefined) return;
    }
  })();
  done.catch(() => {});
  return { numbers, times, done };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('a shard is read to its end at no more than one call an interval', async () => {
  const clock = createManualClock();
  const { numbers, times, done } = read(shardOf(10), clock, new AbortController().signal);
  await clock.advance(5000);
  await done;
  expect(numbers).toEqual(upTo(10));
  expect(times).toEqual([0, 200, 400, 600]);
  expect(clock.pending).toBe(0);
});

test('an expired iterator is replaced by one after the last record received', async () => {
  const clock = createManualClock();
  const expired = new MillraceError('ITERATOR_EXPIRED', 'Expired.', { advice: 'Open another.' });
  const reader = shardOf(7, (call) => {
    if (call === 3) throw expired;
  });
  const { numbers, done } = read(reader, clock, new AbortController().signal);
  await clock.advance(20_000);
  await done;
  expect(numbers).toEqual(upTo(7));
  expect(reader.opened).toEqual([{ type: 'oldest' }, { type: 'after', sequenceNumber: '3' }]);
});

test.each([-3_600_000, 0, 3_600_000])(
  'now stays the moment reading began by the service’s clock, %i ms from this one, however often the iterator is replaced',
  async (ahead) => {
    const clock = createManualClock();
    const began = clock.now() + ahead;
    const throttled = new MillraceError('THROTTLED', 'Slow.', { advice: 'Wait.', retryable: true });
    const expired = new MillraceError('ITERATOR_EXPIRED', 'Expired.', { advice: 'Open another.' });
    const mishaps: Readonly<Record<number, Error>> = { 1: throttled, 4: expired };
    const reader = shardOf(
      1,
      (call) => {
        const mishap = mishaps[call];
        if (mishap !== undefined) throw mishap;
      },
      () => clock.now() + ahead,
    );
    const { done } = read(reader, clock, new AbortController().signal, { type: 'now' });
    await clock.advance(20_000);
    await done;
    expect(reader.opened).toEqual([
      { type: 'time', at: began },
      { type: 'time', at: began },
    ]);
  },
);

test('an error no retry can mend ends the reading with it', async () => {
  const clock = createManualClock();
  const denied = new MillraceError('ACCESS_DENIED', 'No.', { advice: 'Ask.' });
  const reader = shardOf(5, () => {
    throw denied;
  });
  const { done } = read(reader, clock, new AbortController().signal);
  await clock.advance(1000);
  await expect(done).rejects.toBe(denied);
  expect(clock.pending).toBe(0);
});

test('an abort ends the reading at once, without an error and without a timer left', async () => {
  const clock = createManualClock();
  const controller = new AbortController();
  const { done, numbers } = read(shardOf(100), clock, controller.signal);
  await clock.advance(500);
  controller.abort();
  await done;
  expect(numbers).toEqual(upTo(9));
  expect(clock.pending).toBe(0);
});

test('every record comes exactly once and in order, whatever passes by', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 40 }),
      fc.array(fc.constantFrom('fine', 'throttled', 'expired', 'reset'), { maxLength: 30 }),
      async (count, forecast) => {
        const clock = createManualClock();
        const reader = shardOf(count, (call) => {
          const weather = forecast[call - 1] ?? 'fine';
          if (weather === 'expired') throw new MillraceError('ITERATOR_EXPIRED', 'x', { advice: 'y' });
          if (weather === 'throttled')
            throw new MillraceError('THROTTLED', 'x', { advice: 'y', retryable: true });
          if (weather === 'reset')
            throw new MillraceError('ENDPOINT_UNREACHABLE', 'x', { advice: 'y', retryable: true });
        });
        const { numbers, done } = read(reader, clock, new AbortController().signal);
        await clock.advance(600_000);
        await done;
        expect(numbers).toEqual(upTo(count));
      },
    ),
    { numRuns: 100 },
  );
});

test('what a reader throws without being a MillraceError is passed on as it is', async () => {
  const clock = createManualClock();
  const bug = new TypeError('bug');
  const reader = shardOf(5, () => {
    throw bug;
  });
  const { done } = read(reader, clock, new AbortController().signal);
  await clock.advance(1000);
  await expect(done).rejects.toSatisfy((error) => error === bug && !isMillraceError(error));
});
