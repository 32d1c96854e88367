import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createFanOut, failureOf, nextEvent, textsOf, untilEnd } from './subscriber.ts';

const trimHorizon = { Type: 'TRIM_HORIZON' };
const latest = { Type: 'LATEST' };

describe('a subscription', () => {
  test('is told of records when they are put, without time passing', async () => {
    const { clock, register, subscribe, put } = createFanOut();
    const pending = nextEvent(subscribe(register('billing'), latest));
    await clock.settle();
    const sequenceNumber = put('one');
    const event = await pending;
    expect(textsOf(event)).toEqual(['one']);
    expect(event.ContinuationSequenceNumber).toBe(sequenceNumber);
    expect(event.MillisBehindLatest).toBe(0);
    expect(event.ChildShards).toBeUndefined();
  });

  test('begins where it is asked to, for every type of position', async () => {
    const { clock, service, register, subscribe, put } = createFanOut();
    const first = put('first');
    await clock.advance(10_000);
    const at = clock.now();
    const second = put('second');
    put('third');
    const read = async (start: object): Promise<readonly string[]> => {
      const events = subscribe(register(`consumer-${clock.now()}`), start);
      await clock.advance(10_000);
      const texts = textsOf(await nextEvent(events));
      await events.return();
      return texts;
    };
    expect(await read(trimHorizon)).toEqual(['first', 'second', 'third']);
    expect(await read({ Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: first })).toHaveLength(3);
    expect(await read({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: second })).toEqual(['third']);
    expect(await read({ Type: 'AT_TIMESTAMP', Timestamp: at / 1000 })).toEqual(['second', 'third']);
    expect(await read(latest)).toEqual([]);
    service.engine.close();
  });

  test('hears from the service after every five seconds of silence, with a place to go on from', async () => {
    const { clock, register, subscribe, put } = createFanOut();
    const last = put('before');
    const events = subscribe(register('billing'), latest);
    for (let beat = 0; beat < 3; beat++) {
      const pending = nextEvent(events);
      await clock.advance(4999);
      let settled = false;
      void pending.then(() => (settled = true));
      await clock.settle();
      expect(settled).toBe(false);
      await clock.advance(1);
      expect(await pending).toEqual({
        Records: [],
        ContinuationSequenceNumber: last,
        MillisBehindLatest: 0,
      });
    }
  });

  test('ends after five minutes, leaving no timer', async () => {
    const { clock, register, subscribe } = createFanOut();
    const all = untilEnd(subscribe(register('billing'), latest));
    await clock.advance(299_999);
    let ended = false;
    void all.then(() => (ended = true));
    await clock.settle();
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await all).toHaveLength(59);
    expect(clock.pending).toBe(0);
  });

  test('ends at the end of a split shard with its children and no place to go on from', async () => {
    const { clock, service, register, subscribe, put } = createFanOut();
    const all = untilEnd(subscribe(register('billing'), trimHorizon));
    put('last');
    await clock.settle();
    service.engine.splitShard('orders', 'shardId-000000000000');
    const [records, end, ...rest] = await all;
    expect(records).toMatchObject({ event: { Records: [{ PartitionKey: 'key' }] } });
    expect(end).toMatchObject({
      event: {
        Records: [],
        ChildShards: [
          { ShardId: 'shardId-000000000001', ParentShards: ['shardId-000000000000'] },
          { ShardId: 'shardId-000000000002', ParentShards: ['shardId-000000000000'] },
        ],
      },
    });
    expect(end).not.toHaveProperty('event.ContinuationSequenceNumber');
    expect(rest).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('is refused within five seconds of the last for the same consumer and shard, and later takes over', async () => {
    const { clock, register, subscribe, put } = createFanOut();
    const arn = register('billing');
    const older = subscribe(arn, trimHorizon);
    const olderEnd = untilEnd(older);
    await clock.advance(4999);
    expect(failureOf(() => subscribe(arn, trimHorizon))).toBe(
      'ResourceInUseException: Another active subscription exists for this consumer: ' +
        '000000000000:orders:shardId-000000000000:billing',
    );
    await clock.advance(1);
    const newer = subscribe(arn, trimHorizon);
    expect((await olderEnd).at(-1)).toMatchObject({
      type: 'error',
      error: { type: 'ResourceInUseException' },
    });
    put('one');
    expect(textsOf(await nextEvent(newer))).toEqual(['one']);
  });

  test('of one consumer does not touch another consumer, or another shard', async () => {
    const { service, register, subscribe, put } = createFanOut();
    service.engine.splitShard('orders', 'shardId-000000000000');
    const [billing, audit] = [register('billing'), register('audit')];
    const all = ['shardId-000000000001', 'shardId-000000000002'].flatMap((shard) =>
      [billing, audit].map((arn) => subscribe(arn, trimHorizon, shard)),
    );
    for (let n = 0; n < 20; n++) put(`n${n}`, `key-${n}`);
    const counts = await Promise.all(all.map(async (events) => (await nextEvent(events)).Records.length));
    expect(counts[0]).toBe(counts[1]);
    expect((counts[0] ?? 0) + (counts[2] ?? 0)).toBe(20);
  });

  test('ends when its consumer is deregistered, and when its stream is deleted', async () => {
    const { clock, call, register, subscribe } = createFanOut();
    const arn = register('billing');
    const first = untilEnd(subscribe(arn, latest));
    await clock.settle();
    call('DeregisterStreamConsumer', { ConsumerARN: arn });
    expect(await first).toMatchObject([{ type: 'error', error: { type: 'ResourceNotFoundException' } }]);
    const second = untilEnd(subscribe(register('audit'), latest));
    await clock.settle();
    call('DeleteStream', { StreamName: 'orders', EnforceConsumerDeletion: true });
    expect(await second).toMatchObject([{ type: 'error', error: { type: 'ResourceNotFoundException' } }]);
    expect(clock.pending).toBe(0);
  });

  test('that its reader leaves has no timer and no listener, and settles what was asked', async () => {
    const { clock, register, subscribe, put } = createFanOut();
    const events = subscribe(register('billing'), latest);
    const pending = events.next();
    await clock.settle();
    expect(clock.pending).toBe(1);
    await events.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(clock.pending).toBe(0);
    put('unheard');
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test('whose reader is slow reads nothing ahead and sends at most about a mebibyte at once', async () => {
    const { clock, register, subscribe, put } = createFanOut();
    const events = subscribe(register('billing'), trimHorizon);
    const text = 'x'.repeat(100_000);
    for (let n = 0; n < 30; n++) put(text);
    expect(clock.pending).toBe(0);
    const sizes: number[] = [];
    let behind = 1;
    while (behind > 0) {
      await clock.advance(1);
      const event = await nextEvent(events);
      sizes.push(event.Records.length);
      behind = event.MillisBehindLatest;
    }
    expect(sizes).toEqual([10, 10, 10]);
  });

  test('has two mebibytes a second of its own when limits are enforced, and so has GetRecords', async () => {
    const { clock, call, register, subscribe, put } = createFanOut({ enforceLimits: true });
    const text = 'x'.repeat(500_000);
    for (let n = 0; n < 12; n++) {
      put(text);
      await clock.advance(500);
    }
    const readers = ['billing', 'audit'].map((name) => subscribe(register(name), trimHorizon));
    const counts = [0, 0];
    const done = readers.map(async (events, at) => {
      while ((counts[at] ?? 0) < 12)
        counts[at] = (counts[at] ?? 0) + (await nextEvent(events)).Records.length;
    });
    await clock.settle();
    expect(counts).toEqual([5, 5]);
    const { ShardIterator } = call('GetShardIterator', {
      StreamName: 'orders',
      ShardId: '0',
      ShardIteratorType: 'TRIM_HORIZON',
    }) as { readonly ShardIterator: string };
    expect(call('GetRecords', { ShardIterator })).toHaveProperty('Records.length', 12);
    await clock.advance(1000);
    expect(counts).toEqual([9, 9]);
    await clock.advance(1000);
    await Promise.all(done);
  });

  test('of something that is not there is refused in words that say what', () => {
    const { register, subscribe } = createFanOut({ registerConsumerMs: 1000 });
    const arn = register('billing');
    expect(failureOf(() => subscribe(arn, latest))).toBe(
      'ResourceInUseException: Consumer billing with creation timestamp 1767225600 under stream: orders , ' +
        'account 000000000000 is not in ACTIVE status.',
    );
    const active = createFanOut();
    const known = active.register('billing');
    expect(failureOf(() => active.subscribe(known.replace('billing', 'audit'), latest))).toMatch(
      /^ResourceNotFoundException: Consumer audit under stream: orders/,
    );
    expect(failureOf(() => active.subscribe(known, latest, 'shardId-000000000009'))).toMatch(
      /^ResourceNotFoundException: Shard shardId-000000000009 in stream orders/,
    );
    expect(failureOf(() => active.subscribe(known, { Type: 'AT_SEQUENCE_NUMBER' }))).toMatch(
      /^InvalidArgumentException/,
    );
    expect(
      failureOf(() => active.subscribe(known, { Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: '1' })),
    ).toMatch(/^InvalidArgumentException: StartingSequenceNumber 1 used in SubscribeToShard/);
    expect(failureOf(() => active.subscribe('nonsense', latest))).toMatch(/^ValidationException/);
  });

  test('a chain of subscriptions going on where each left off sees every record once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('put', 'put', 'read', 'leave', 'wait'), { maxLength: 60 }),
        async (actions) => {
          const { clock, register, subscribe, put } = createFanOut();
          const arn = register('billing');
          const expected: string[] = [];
          const seen: string[] = [];
          let events = subscribe(arn, trimHorizon);
          let continuation: string | undefined;
          const read = async (): Promise<void> => {
            const pending = nextEvent(events);
            await clock.advance(5000);
            const event = await pending;
            seen.push(...textsOf(event));
            continuation = event.ContinuationSequenceNumber;
          };
          const resume = async (): Promise<void> => {
            await clock.advance(5000);
            events = subscribe(
              arn,
              continuation === undefined
                ? trimHorizon
                : { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: continuation },
            );
          };
          for (const action of actions) {
            if (action === 'put') {
              expected.push(`record ${expected.length}`);
              put(`record ${expected.length - 1}`);
            } else if (action === 'read') await read();
            else if (action === 'wait') await clock.advance(700);
            else {
              await events.return();
              await resume();
            }
          }
          await events.return();
          await resume();
          await read();
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});
