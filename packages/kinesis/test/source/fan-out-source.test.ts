import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { MillraceError } from '@millrace/kinesis';
import { toSequenceNumber, type Position, type StoredRecord } from '@millrace/kinesis/record';
import {
  createAutoSource,
  createFanOutSource,
  createPollingSource,
  type FanOut,
  type FanOutEvent,
  type FanOutOptions,
  type ShardReader,
  type ShardSource,
} from '@millrace/kinesis/source';
import { Bell, sleep, type Clock } from '@millrace/kinesis/runtime';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const stream = 'orders';
const shardId = 'shardId-000000000000';

function record(n: number): StoredRecord {
  return {
    sequenceNumber: toSequenceNumber(String(n)),
    partitionKey: 'k',
    data: new Uint8Array(8),
    arrivedAt: n,
  };
}

function failure(
  service: string,
  retryable: boolean,
  code: 'SERVICE_FAILED' | 'STREAM_NOT_FOUND' = 'SERVICE_FAILED',
) {
  return new MillraceError(code, 'x', { advice: 'y', retryable, service });
}

interface Subscribed {
  readonly at: number;
  readonly position: Position;
  /** How it went: nothing is told any more, or it ends with an error. */
  mute: boolean;
  end: ((error?: Error) => void) | undefined;
}

/**
 * The service as it is seen through fan-out: one subscription a shard, the newer ends the older, none within five seconds of the
 * last, an event every five seconds. `mishap` may throw before each call.
 */
class Service {
  readonly clock: ManualClock;
  readonly subscribed: Subscribed[] = [];
  readonly refusedAt: number[] = [];
  mishap: (call: number) => void = () => {};
  stored = 0;
  #calls = 0;

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  readonly fanOut: Pick<FanOut, 'subscribe'> = {
    subscribe: async (_arn, _shard, position, { signal } = {}) => {
      this.mishap(++this.#calls);
      // Accepting takes its time, in which the older subscription goes on.
      await sleep(this.clock, 1200, signal);
      const at = this.clock.monotonic();
      const last = this.subscribed.at(-1);
      if (last !== undefined && at - last.at < 5000) {
        this.refusedAt.push(at);
        throw failure('ResourceInUseException', true);
      }
      last?.end?.(failure('ResourceInUseException', true));
      const subscription: Subscribed = { at, position, mute: false, end: undefined };
      this.subscribed.push(subscription);
      return this.#events(subscription, signal);
    },
  };

  async *#events(self: Subscribed, signal: AbortSignal | undefined): AsyncGenerator<FanOutEvent> {
    let next = self.position.type === 'after' ? Number(self.position.sequenceNumber) + 1 : 1;
    let ended: { readonly error: Error | undefined } | undefined;
    const bell = new Bell();
    self.end = (error) => {
      ended ??= { error };
      bell.ring();
    };
    signal?.addEventListener('abort', () => self.end?.(), { once: true });
    const until = self.at + 300_000;
    let told = self.at;
    for (;;) {
      if (ended?.error !== undefined) throw ended.error;
      const now = this.clock.monotonic();
      if (ended !== undefined || now >= until) return;
      const records: StoredRecord[] = [];
      while (!self.mute && next <= this.stored && records.length < 3) records.push(record(next++));
      if (!self.mute && (records.length > 0 || now - told >= 5000)) {
        told = now;
        yield {
          records,
          millisBehindLatest: this.stored - next + 1,
          continuation: toSequenceNumber(String(next - 1)),
        };
        continue;
      }
      const timer = this.clock.timer(Math.min(100, until - now), () => bell.ring());
      await bell.wait();
      timer[Symbol.dispose]();
    }
  }
}

interface Reading {
  readonly numbers: number[];
  readonly done: Promise<void>;
  readonly stop: () => Promise<void>;
}

function follow(source: ShardSource, hold?: () => Promise<void>): Reading {
  const controller = new AbortController();
  const numbers: number[] = [];
  const done = (async () => {
    for await (const batch of source.read(shardId, { type: 'oldest' }, controller.signal)) {
      numbers.push(...batch.records.map(({ arrivedAt }) => arrivedAt));
      await hold?.();
    }
  })();
  done.catch(() => {});
  return {
    numbers,
    done,
    stop: async () => {
      controller.abort();
      await done;
    },
  };
}

/** Stops reading, after which nothing is left. */
async function endsCleanly({ clock }: Service, reading: Reading): Promise<void> {
  await reading.stop();
  await clock.settle();
  expect(clock.pending).toBe(0);
}

const registered = { arn: async () => 'arn', forget: () => {} };

function sourceOf(service: Service, options: Partial<FanOutOptions> = {}): ShardSource {
  return createFanOutSource(service.fanOut, {
    stream,
    consumer: registered,
    clock: service.clock,
    ...options,
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

async function trickle(service: Service, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    service.stored++;
    await service.clock.advance(1000);
  }
}

test('a subscription is renewed before its five minutes are over: nothing is missed, repeated or refused', async () => {
  const service = new Service(createManualClock());
  const reading = follow(sourceOf(service));
  await trickle(service, 1200);
  expect(reading.numbers).toEqual(upTo(1200));
  const times = service.subscribed.map(({ at }) => at);
  expect(times).toEqual([1200, 287_400, 573_600, 859_800, 1_146_000]);
  expect(service.refusedAt).toEqual([]);
  await endsCleanly(service, reading);
});

test('a timer that goes off just before its time, as they do, costs no subscription', async () => {
  const service = new Service(createManualClock());
  const { clock } = service;
  const retries: unknown[] = [];
  const hear = (message: unknown): void => void retries.push(message);
  subscribe('millrace:source:retry', hear);
  const hasty: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    random: () => clock.random(),
    timer: (delayMs, task) => clock.timer(Math.max(0, delayMs - 1), task),
  };
  const reading = follow(sourceOf(service, { clock: hasty }));
  await trickle(service, 1200);
  unsubscribe('millrace:source:retry', hear);
  expect(reading.numbers).toEqual(upTo(1200));
  expect(service.subscribed).toHaveLength(5);
  expect(retries).toEqual([]);
  await reading.stop();
});

test('a renewal that fails is tried again while the older subscription goes on', async () => {
  const service = new Service(createManualClock());
  service.mishap = (call) => {
    if (call === 2 || call === 3) throw failure('InternalFailureException', true);
  };
  const reading = follow(sourceOf(service));
  const seen: number[] = [];
  for (let second = 0; second < 320; second++) {
    await trickle(service, 1);
    seen.push(reading.numbers.length);
  }
  expect(reading.numbers).toEqual(upTo(320));
  // Never more than a moment behind, all through the change.
  expect(seen.slice(2).every((count, second) => count >= second + 2)).toBe(true);
  expect(service.subscribed).toHaveLength(2);
  await reading.stop();
});

test('a silent subscription is given up after half a minute and opened anew behind the last event', async () => {
  const service = new Service(createManualClock());
  const reading = follow(sourceOf(service));
  await trickle(service, 10);
  const [first] = service.subscribed;
  if (first !== undefined) first.mute = true;
  await trickle(service, 45);
  expect(reading.numbers).toEqual(upTo(55));
  expect(service.subscribed).toHaveLength(2);
  expect(service.subscribed[1]?.position).toEqual({ type: 'after', sequenceNumber: '10' });
  await reading.stop();
});

test('a connection that breaks at once and again is opened anew no sooner than the service allows', async () => {
  const service = new Service(createManualClock());
  const reading = follow(sourceOf(service));
  for (let round = 0; round < 20; round++) {
    await trickle(service, 1);
    service.subscribed.at(-1)?.end?.(failure('', true));
    await trickle(service, 7);
  }
  await trickle(service, 30);
  expect(reading.numbers).toEqual(upTo(190));
  expect(service.refusedAt).toEqual([]);
  await reading.stop();
});

test('while the handler is slow nothing is asked, and a subscription that ends meanwhile is followed by one behind the last record handed over', async () => {
  const service = new Service(createManualClock());
  const bell = new Bell();
  const reading = follow(sourceOf(service), () => bell.wait());
  await trickle(service, 2);
  await service.clock.advance(1_000_000);
  expect(service.subscribed).toHaveLength(1);
  for (let round = 0; round < 30; round++) {
    bell.ring();
    await service.clock.advance(1000);
  }
  expect(reading.numbers).toEqual(upTo(2));
  expect(service.subscribed).toHaveLength(2);
  bell.ring();
  await reading.stop();
});

test('a consumer the service does not know any more is registered anew once; a shard it does not know ends the reading', async () => {
  const service = new Service(createManualClock());
  let forgotten = 0;
  const consumer = { arn: async () => 'arn', forget: () => void forgotten++ };
  let unknown = true;
  service.mishap = () => {
    if (unknown) throw failure('ResourceNotFoundException', false, 'STREAM_NOT_FOUND');
  };
  const mended = { arn: consumer.arn, forget: () => void (unknown = false) };
  const reading = follow(sourceOf(service, { consumer: mended }));
  await trickle(service, 5);
  expect(reading.numbers).toEqual(upTo(5));
  await reading.stop();

  service.mishap = () => {
    throw failure('ResourceNotFoundException', false, 'STREAM_NOT_FOUND');
  };
  const gone = follow(sourceOf(service, { consumer }));
  await service.clock.advance(60_000);
  await expect(gone.done).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
  expect(forgotten).toBe(2);
});

test('every record comes once and in order, whatever the service and the connection do', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('fine', 'fine', 'refused', 'throttled', 'silent', 'broken', 'slow'), {
        minLength: 5,
        maxLength: 40,
      }),
      fc.nat(),
      async (forecast, seed) => {
        const service = new Service(createManualClock({ seed }));
        service.mishap = (call) => {
          const weather = forecast[call % forecast.length];
          if (weather === 'refused') throw failure('ResourceInUseException', true);
          if (weather === 'throttled') throw failure('LimitExceededException', true);
        };
        const reading = follow(sourceOf(service));
        for (const weather of forecast) {
          await trickle(service, 20);
          const current = service.subscribed.at(-1);
          if (weather === 'broken') current?.end?.(failure('', true));
          if (weather === 'silent' && current !== undefined) current.mute = true;
          if (weather === 'slow') await service.clock.advance(200_000);
        }
        service.mishap = () => {};
        await service.clock.advance(120_000);
        expect(reading.numbers).toEqual(upTo(service.stored));
        await endsCleanly(service, reading);
      },
    ),
    { numRuns: 60 },
  );
});

/** The same records through GetRecords. */
function pollingOf(service: Service, polled: number[]): ShardSource {
  const reader: Pick<ShardReader, 'openIterator' | 'read'> = {
    openIterator: async (_stream, _shard, position) =>
      position.type === 'after' ? String(Number(position.sequenceNumber) + 1) : '1',
    read: async (iterator) => {
      const records = [];
      for (let n = Number(iterator); n <= service.stored; n++) records.push(record(n));
      polled.push(...records.map(({ arrivedAt }) => arrivedAt));
      return {
        records,
        millisBehindLatest: 0,
        nextIterator: String(service.stored + 1),
      };
    },
  };
  return createPollingSource(reader, { stream, intervalMs: 500, limit: 100, clock: service.clock });
}

describe('the automatic choice', () => {
  test.each([
    ['refused for good', failure('AccessDeniedException', false)],
    ['at its limit again and again', failure('LimitExceededException', true)],
  ])('polls while fan-out is %s, and comes back when it works again', async (_, error) => {
    const service = new Service(createManualClock());
    let refused = true;
    service.mishap = () => {
      if (refused) throw error;
    };
    const polled: number[] = [];
    const { clock } = service;
    const fanOut = sourceOf(service, { patience: 3 });
    const polling = pollingOf(service, polled);
    const reading = follow(createAutoSource(fanOut, polling, { stream, consumer: registered, clock }));
    await trickle(service, 100);
    expect(reading.numbers.length).toBeGreaterThanOrEqual(99);
    expect(service.subscribed).toEqual([]);
    refused = false;
    await trickle(service, 300);
    expect(service.subscribed.length).toBeGreaterThan(0);
    const before = polled.length;
    await trickle(service, 30);
    expect(polled).toHaveLength(before);
    expect(reading.numbers).toEqual(upTo(430));
    await endsCleanly(service, reading);
  });

  test('polls until the consumer is ACTIVE, and goes on behind that by fan-out, with nothing missed or repeated', async () => {
    const service = new Service(createManualClock());
    const { clock } = service;
    const active = sleep(clock, 40_000).then(() => 'arn');
    const consumer = { arn: () => active };
    const polled: number[] = [];
    const reading = follow(
      createAutoSource(sourceOf(service), pollingOf(service, polled), { stream, consumer, clock }),
    );
    await trickle(service, 30);
    expect(reading.numbers.length).toBeGreaterThanOrEqual(29);
    expect(service.subscribed).toEqual([]);
    await trickle(service, 30);
    expect(service.subscribed).toHaveLength(1);
    const before = polled.length;
    await trickle(service, 30);
    expect(polled).toHaveLength(before);
    expect(reading.numbers).toEqual(upTo(90));
    await endsCleanly(service, reading);
  });

  test('polls at once where the consumer cannot be registered, and asks again after a while', async () => {
    const service = new Service(createManualClock());
    const { clock } = service;
    let asked = 0;
    const arn = async (): Promise<string> => {
      if (++asked < 3) throw failure('LimitExceededException', true);
      return 'arn';
    };
    const reading = follow(
      createAutoSource(sourceOf(service), pollingOf(service, []), {
        stream,
        consumer: { arn },
        clock,
      }),
    );
    await trickle(service, 2);
    expect(reading.numbers.length).toBeGreaterThanOrEqual(1);
    await trickle(service, 57);
    expect(asked).toBe(1);
    await trickle(service, 5);
    expect(asked).toBe(2);
    await trickle(service, 125);
    expect(service.subscribed).toHaveLength(1);
    expect(reading.numbers).toEqual(upTo(service.stored));
    await endsCleanly(service, reading);
  });

  test('that is stopped while the consumer is registered ends at once, and leaves nothing', async () => {
    const service = new Service(createManualClock());
    const { clock } = service;
    const consumer = { arn: (signal: AbortSignal) => sleep(clock, 40_000, signal).then(() => 'arn') };
    for (const afterMs of [500, 5000]) {
      const reading = follow(
        createAutoSource(sourceOf(service), pollingOf(service, []), { stream, consumer, clock }),
      );
      await clock.advance(afterMs);
      await endsCleanly(service, reading);
    }
    expect(service.subscribed).toEqual([]);
  });
});
