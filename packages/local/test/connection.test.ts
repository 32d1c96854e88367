import { inspect } from 'node:util';

import type { Connection } from '@millrace/kinesis';
import { toSequenceNumber, type Position } from '@millrace/kinesis/record';
import { firstGap } from '@millrace/kinesis/shard';
import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import {
  createLocalKinesis,
  type Faults,
  type LocalKinesis,
  type LocalKinesisOptions,
} from '../src/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function open(options: LocalKinesisOptions = {}): Promise<LocalKinesis> {
  return createLocalKinesis({ clock: createManualClock(), streams: { orders: { shards: 2 } }, ...options });
}

async function readAll(connection: Connection, shardId: string, position: Position = { type: 'oldest' }) {
  const iterator = await connection.reader.openIterator('orders', shardId, position);
  return connection.reader.read(iterator, { stream: 'orders', limit: 10_000 });
}

describe('the connection', () => {
  test('writes records, tells where each went, and reads the same bytes back', async () => {
    await using kinesis = await open();
    const { writer, reader } = kinesis.connection;
    const outcomes = await writer.write(
      'orders',
      [
        { partitionKey: 'a', data: bytes('one'), explicitHashKey: '0' },
        { partitionKey: 'b', data: new Uint8Array(), explicitHashKey: String(2n ** 128n - 1n) },
      ],
      {},
    );
    const shards = await reader.listShards('orders');
    expect(firstGap(shards.map((shard) => shard.hashRange))).toBeUndefined();
    expect(outcomes).toEqual(
      shards.map(({ shardId }) => ({ ok: true, shardId, sequenceNumber: expect.any(String) })),
    );
    const read = await readAll(kinesis.connection, 'shardId-000000000000');
    expect(read).toEqual({
      records: [
        {
          sequenceNumber: expect.stringMatching(/^4\d{55}$/),
          partitionKey: 'a',
          data: bytes('one'),
          arrivedAt: Date.UTC(2026, 0, 1),
        },
      ],
      millisBehindLatest: 0,
      nextIterator: expect.any(String),
    });
  });

  test('keeps its own copy: neither writer nor reader can change what is stored', async () => {
    await using kinesis = await open({ streams: { orders: {} } });
    const buffer = Buffer.from('abc');
    await kinesis.connection.writer.write('orders', [{ partitionKey: 'k', data: buffer }], {});
    buffer.fill(0);
    const [first] = (await readAll(kinesis.connection, 'shardId-0')).records;
    expect(first?.data).toEqual(bytes('abc'));
    first?.data.fill(0);
    const [again] = (await readAll(kinesis.connection, 'shardId-0')).records;
    expect(again?.data).toEqual(bytes('abc'));
  });

  test('opens at every position', async () => {
    const clock = createManualClock();
    await using kinesis = await open({ clock, streams: { orders: {} } });
    const numbers: string[] = [];
    for (const key of ['a', 'b', 'c']) {
      const [outcome] = await kinesis.connection.writer.write(
        'orders',
        [{ partitionKey: key, data: bytes(key) }],
        {},
      );
      numbers.push(outcome?.ok === true ? outcome.sequenceNumber : '');
      await clock.advance(1000);
    }
    const second = toSequenceNumber(numbers[1] ?? '');
    const found: [Position, string][] = [
      [{ type: 'oldest' }, 'abc'],
      [{ type: 'now' }, ''],
      [{ type: 'time', at: Date.UTC(2026, 0, 1) + 1000 }, 'bc'],
      [{ type: 'at', sequenceNumber: second }, 'bc'],
      [{ type: 'after', sequenceNumber: second }, 'c'],
    ];
    for (const [position, keys] of found) {
      const { records } = await readAll(kinesis.connection, 'shardId-0', position);
      expect(records.map((record) => record.partitionKey).join('')).toBe(keys);
    }
  });

  test('ends a closed shard with its children', async () => {
    await using kinesis = await open({ streams: { orders: {} } });
    kinesis.engine.splitShard('orders', 'shardId-000000000000');
    const read = await readAll(kinesis.connection, 'shardId-000000000000');
    expect(read).not.toHaveProperty('nextIterator');
    expect(read.childShards?.map((child) => [child.shardId, child.parentShardIds])).toEqual([
      ['shardId-000000000001', ['shardId-000000000000']],
      ['shardId-000000000002', ['shardId-000000000000']],
    ]);
    const shards = await kinesis.connection.reader.listShards('orders');
    expect(shards.map((shard) => [shard.parentShardId, shard.endingSequenceNumber === undefined])).toEqual([
      [undefined, false],
      ['shardId-000000000000', true],
      ['shardId-000000000000', true],
    ]);
  });

  test('lists all pages of a stream of many shards', async () => {
    await using kinesis = await open({ streams: { orders: { shards: 2345 } } });
    expect(await kinesis.connection.reader.listShards('orders')).toHaveLength(2345);
  });

  test('keeps one lease store for each group', async () => {
    await using kinesis = await open();
    expect(kinesis.connection.leases('billing')).toBe(kinesis.connection.leases('billing'));
    expect(kinesis.connection.leases('billing')).not.toBe(kinesis.connection.leases('audit'));
  });

  test('stops at once when its signal has fired', async () => {
    await using kinesis = await open();
    const { writer, reader } = kinesis.connection;
    const signal = AbortSignal.abort();
    await expect(writer.write('orders', [], { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(reader.listShards('orders', { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('an error of the engine', () => {
  const entry = { partitionKey: 'k', data: bytes('x') };

  test.each([
    {
      what: 'an unknown stream',
      stream: 'nowhere',
      entries: [entry],
      code: 'STREAM_NOT_FOUND',
      retryable: false,
    },
    {
      what: 'an empty key',
      stream: 'orders',
      entries: [{ ...entry, partitionKey: '' }],
      code: 'PUT_REJECTED',
      retryable: false,
    },
    {
      what: 'a hash key too large',
      stream: 'orders',
      entries: [{ ...entry, explicitHashKey: String(2n ** 128n) }],
      code: 'PUT_REJECTED',
      retryable: false,
    },
    {
      what: 'too many entries',
      stream: 'orders',
      entries: Array.from({ length: 501 }, () => entry),
      code: 'PUT_REJECTED',
      retryable: false,
    },
  ])('for $what reaches the writer as $code', async ({ stream, entries, code, retryable }) => {
    await using kinesis = await open();
    await expect(kinesis.connection.writer.write(stream, entries, {})).rejects.toMatchObject({
      code,
      retryable,
      details: { stream, service: expect.stringMatching(/Exception$/) },
    });
  });

  test.each([
    { type: 'ProvisionedThroughputExceededException', code: 'THROTTLED', retryable: true },
    { type: 'InternalFailure', code: 'SERVICE_FAILED', retryable: true },
    { type: 'ServiceUnavailableException', code: 'SERVICE_FAILED', retryable: true },
    { type: 'AccessDeniedException', code: 'ACCESS_DENIED', retryable: false },
    { type: 'ExpiredIteratorException', code: 'ITERATOR_EXPIRED', retryable: false },
  ] as const)('$type reaches the reader as $code', async ({ type, code, retryable }) => {
    const faults: Faults = () => ({ error: { type } });
    await using kinesis = await open({ faults });
    await expect(kinesis.connection.reader.listShards('orders')).rejects.toMatchObject({ code, retryable });
  });

  test('about an expired iterator is ITERATOR_EXPIRED, by the clock', async () => {
    const clock = createManualClock();
    await using kinesis = await open({ clock });
    const iterator = await kinesis.connection.reader.openIterator('orders', 'shardId-0', { type: 'now' });
    await clock.advance(300_001);
    await expect(
      kinesis.connection.reader.read(iterator, { stream: 'orders', limit: 1 }),
    ).rejects.toMatchObject({
      code: 'ITERATOR_EXPIRED',
    });
  });

  test('about some entries is their outcome, not a rejection', async () => {
    await using kinesis = await open({ enforceLimits: true, streams: { orders: {} } });
    const large = { partitionKey: 'k', data: new Uint8Array(700_000) };
    const outcomes = await kinesis.connection.writer.write('orders', [large, large], {});
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, false]);
    expect(outcomes[1]).toMatchObject({ code: 'ProvisionedThroughputExceededException' });
  });
});

describe('a local Kinesis', () => {
  test('on a manual clock is the same on every run', async () => {
    const first = await run();
    expect(first).toContain('shardId-000000000003');
    expect(await run()).toBe(first);
  });

  test('leaves no timer behind', async () => {
    const clock = createManualClock();
    const kinesis = await open({ clock, createStreamTime: '1m', updateStreamTime: '1m' });
    kinesis.engine.createStream('later', { shards: 1 });
    kinesis.engine.splitShard('orders', 'shardId-000000000000');
    expect(clock.pending).toBe(2);
    await kinesis.close();
    await kinesis.close();
    expect(clock.pending).toBe(0);
  });

  test.each([
    { options: { streams: { 'a b': {} } }, path: 'local.streams' },
    { options: { streams: { a: { shards: 0 } } }, path: 'local.streams.a.shards' },
    { options: { streams: { a: { retentionHours: 23 } } }, path: 'local.streams.a.retentionHours' },
    { options: { streams: { a: { maxRecordKiB: 10_241 } } }, path: 'local.streams.a.maxRecordKiB' },
    { options: { accountId: '123' }, path: 'local.accountId' },
    { options: { createStreamTime: -1 }, path: 'local.createStreamTime' },
  ])('refuses a wrong $path by name', async ({ options, path }) => {
    await expect(createLocalKinesis(options)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      details: { path },
    });
  });
});

/** Everything a program sees of a busy while on a manual clock. */
async function run(): Promise<string> {
  const clock = createManualClock({ seed: 7 });
  await using kinesis = await open({ clock, updateStreamTime: '2s' });
  const seen: unknown[] = [];
  for (let round = 0; round < 20; round++) {
    const entries = Array.from({ length: 5 }, (_, index) => ({
      partitionKey: `${round}-${index}-${clock.random()}`,
      data: bytes(String(round)),
    }));
    seen.push(await kinesis.connection.writer.write('orders', entries, {}));
    if (round === 5) kinesis.engine.splitShard('orders', 'shardId-000000000001');
    await clock.advance(500);
  }
  const shards = await kinesis.connection.reader.listShards('orders');
  for (const { shardId } of shards) seen.push(await readAll(kinesis.connection, shardId));
  return inspect(seen, { depth: 9, maxArrayLength: null });
}
