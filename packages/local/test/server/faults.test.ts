import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
  type KinesisClientConfig,
} from '@aws-sdk/client-kinesis';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import { createLocalKinesis, startServer, type FaultRule, type LocalKinesis } from '../../src/index.ts';

interface Door extends AsyncDisposable {
  readonly client: KinesisClient;
  readonly kinesis: LocalKinesis;
  readonly clock: ManualClock;
}

const streams = { s: { shards: 2 } };

/** The same faults for an unmodified client, whatever door it comes through. Once, without retries. */
const doors: readonly { name: string; open: (faults: readonly FaultRule[]) => Promise<Door> }[] = [
  {
    name: 'in the same process',
    open: async (faults) => {
      const clock = createManualClock();
      const kinesis = await createLocalKinesis({ clock, faults, streams });
      return doorOf(kinesis, clock, kinesis.clientConfig, () => kinesis.close());
    },
  },
  {
    name: 'over HTTP/2',
    open: async (faults) => {
      const clock = createManualClock();
      const server = await startServer({ clock, faults, streams, port: 0 });
      return doorOf(server.kinesis, clock, remote(server.endpoint), () => server.close());
    },
  },
];

describe.each(doors)('the SDK $name sees', ({ open }) => {
  test('an error, by its name and with the words of the rule', async () => {
    await using door = await open([
      { operation: 'PutRecord', error: 'ProvisionedThroughputExceededException', message: 'Too fast.' },
    ]);
    await expect(putOne(door)).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
      message: 'Too fast.',
      $metadata: { httpStatusCode: 400 },
    });
    expect(stored(door)).toBe(0);
  });

  test('an error after the work: the record is there all the same', async () => {
    await using door = await open([{ operation: 'PutRecord', error: 'InternalFailure', when: 'after' }]);
    await expect(putOne(door)).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(stored(door)).toBe(1);
  });

  test('k of n records throttled, and the others stored', async () => {
    await using door = await open([{ operation: 'PutRecords', records: 3 }]);
    const { FailedRecordCount, Records = [] } = await putMany(door, 10);
    expect(FailedRecordCount).toBe(3);
    expect(
      Records.filter(({ ErrorCode }) => ErrorCode === 'ProvisionedThroughputExceededException'),
    ).toHaveLength(3);
    expect(Records.filter(({ SequenceNumber }) => SequenceNumber !== undefined)).toHaveLength(7);
    expect(stored(door)).toBe(7);
  });

  test('one shard throttled: all its records and no others', async () => {
    const shard = 'shardId-000000000001';
    await using door = await open([{ error: 'ProvisionedThroughputExceededException', shard }]);
    const { Records = [] } = await putMany(door, 50);
    const landed = Records.flatMap(({ ShardId }) => ShardId ?? []);
    expect(new Set(landed)).toEqual(new Set(['shardId-000000000000']));
    expect(landed.length).toBeLessThan(50);
    for (const { ErrorMessage } of Records.filter(({ ErrorCode }) => ErrorCode !== undefined)) {
      expect(ErrorMessage).toContain(shard);
    }
  });

  test('an answer that comes later, by the clock', async () => {
    await using door = await open([{ operation: 'PutRecord', latency: '2s' }]);
    let answered = false;
    const put = putOne(door).then(() => (answered = true));
    while (door.clock.pending === 0) await door.clock.settle();
    await door.clock.advance(1999);
    expect(answered).toBe(false);
    expect(stored(door)).toBe(0);
    await door.clock.advance(1);
    await put;
    expect(stored(door)).toBe(1);
  });

  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('a connection cut %s the work: %d records stored, no answer', async (drop, count) => {
    await using door = await open([{ operation: 'PutRecord', drop, calls: 1 }]);
    const failure: unknown = await putOne(door).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(
      (failure as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode,
    ).toBeUndefined();
    expect(stored(door)).toBe(count);
    await putOne(door);
    expect(stored(door)).toBe(count + 1);
  });

  test('an expired iterator', async () => {
    await using door = await open([{ operation: 'GetRecords', error: 'ExpiredIteratorException', calls: 1 }]);
    const { ShardIterator } = await door.client.send(
      new GetShardIteratorCommand({
        StreamName: 's',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const read = () => door.client.send(new GetRecordsCommand({ ShardIterator }));
    await expect(read()).rejects.toMatchObject({ name: 'ExpiredIteratorException' });
    await expect(read()).resolves.toMatchObject({ Records: [] });
  });
});

test('the SDK gets over a cut connection by itself', async () => {
  await using server = await startServer({
    port: 0,
    streams,
    faults: [{ operation: 'PutRecord', drop: 'before', calls: 2 }],
  });
  const client = new KinesisClient({ ...remote(server.endpoint), maxAttempts: 4 });
  const put = new PutRecordCommand({ StreamName: 's', PartitionKey: 'k', Data: Buffer.from('x') });
  expect((await client.send(put)).$metadata.attempts).toBe(3);
  client.destroy();
});

test.each(['ProvisionedThroughputExceededException', 'LimitExceededException', 'InternalFailure'] as const)(
  'the SDK tries %s again by itself',
  async (error) => {
    await using server = await startServer({
      port: 0,
      streams,
      faults: [{ operation: 'PutRecord', error, calls: 1 }],
    });
    const client = new KinesisClient({ ...remote(server.endpoint), maxAttempts: 3 });
    const put = new PutRecordCommand({ StreamName: 's', PartitionKey: 'k', Data: Buffer.from('x') });
    expect((await client.send(put)).$metadata.attempts).toBe(2);
    client.destroy();
  },
);

describe('faults over the wire', () => {
  const rule = { operation: 'PutRecord', error: 'LimitExceededException', rate: 0.5, latency: '50ms..2s' };

  test('are set, listed and lifted at run time', async () => {
    await using server = await startServer({ port: 0, streams });
    const set = await admin(server.endpoint, 'POST', '', rule);
    expect(set).toMatchObject({ status: 200, body: { ...rule, id: '1', hits: 0 } });
    await admin(server.endpoint, 'POST', '', { drop: 'after', stream: 'other', records: '10%', for: '30s' });
    expect((await admin(server.endpoint, 'GET', '')).body).toMatchObject({
      faults: [rule, { drop: 'after', stream: 'other', records: '10%', for: '30s' }],
    });
    expect(server.kinesis.faults.active).toHaveLength(2);
    expect((await admin(server.endpoint, 'DELETE', '/1')).status).toBe(200);
    expect((await admin(server.endpoint, 'DELETE', '/1')).status).toBe(404);
    expect((await admin(server.endpoint, 'DELETE', '')).body).toEqual({ faults: [] });
  });

  test('are refused by name when they cannot be', async () => {
    await using server = await startServer({ port: 0 });
    expect(await admin(server.endpoint, 'POST', '', { error: 'InternalFailure', rate: 2 })).toMatchObject({
      status: 400,
      body: { code: 'OPTION_INVALID', path: 'fault.rate' },
    });
    const broken = await fetch(`${server.endpoint}/_millrace/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(broken.status).toBe(400);
    expect((await admin(server.endpoint, 'PUT', '')).status).toBe(405);
    expect((await admin(server.endpoint, 'GET', '/1/2')).status).toBe(404);
  });

  test('cannot be set by a web page', async () => {
    await using server = await startServer({ port: 0 });
    const send = (headers: Readonly<Record<string, string>>) =>
      fetch(`${server.endpoint}/_millrace/faults`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ drop: 'before' }),
      });
    const page = { origin: 'https://evil.example', 'content-type': 'application/json' };
    expect((await send(page)).status).toBe(403);
    expect((await send({ 'content-type': 'text/plain' })).status).toBe(415);
    expect(server.kinesis.faults.active).toEqual([]);
  });
});

function remote(endpoint: string): KinesisClientConfig {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
}

function doorOf(
  kinesis: LocalKinesis,
  clock: ManualClock,
  config: KinesisClientConfig,
  close: () => Promise<void>,
): Door {
  const client = new KinesisClient({ ...config, maxAttempts: 1 });
  return {
    client,
    kinesis,
    clock,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await close();
    },
  };
}

function putOne({ client }: Door) {
  return client.send(new PutRecordCommand({ StreamName: 's', PartitionKey: 'k', Data: Buffer.from('x') }));
}

function putMany({ client }: Door, count: number) {
  const Records = Array.from({ length: count }, (_, index) => ({
    PartitionKey: `key-${index}`,
    Data: Buffer.from('x'),
  }));
  return client.send(new PutRecordsCommand({ StreamName: 's', Records }));
}

/** Records in the stream. */
function stored({ kinesis }: Door): number {
  return kinesis.engine.stream('s').openShards.reduce((sum, { log }) => sum + log.next - log.first, 0);
}

async function admin(endpoint: string, method: string, path: string, body?: object) {
  const response = await fetch(`${endpoint}/_millrace/faults${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
