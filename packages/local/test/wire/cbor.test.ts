import { request } from 'node:http';

import { createManualClock } from '@millrace/kinesis/testing';
import { cbor, tag, tagSymbol } from '@smithy/core/cbor';
import { EventStreamCodec } from '@smithy/core/event-streams';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Service } from '../../src/api/service.ts';
import { startServer } from '../../src/index.ts';
import { isPlausibleCbor } from '../../src/wire/cbor-guard.ts';
import { decodeCbor } from '../../src/wire/cbor.ts';
import { answerKinesis } from '../../src/wire/kinesis-wire.ts';
import { createTestEngine } from '../engine/test-engine.ts';

const contentType = 'application/x-amz-cbor-1.1';
const arrivedAt = Date.UTC(2026, 0, 1, 0, 0, 0, 123);

describe('CBOR over HTTP/1.1', () => {
  test('carries data as byte strings and times as tag 1 with integer milliseconds', async () => {
    await using server = await startServer({
      port: 0,
      streams: { orders: {} },
      clock: createManualClock({ start: arrivedAt }),
    });
    const data = Buffer.from([0, 255, 1, 254]);
    const put = await send(server.endpoint, 'PutRecord', {
      StreamName: 'orders',
      PartitionKey: 'ada',
      Data: data,
    });
    expect(put).toMatchObject({ status: 200, contentType, answer: { ShardId: 'shardId-000000000000' } });
    const at = await send(server.endpoint, 'GetShardIterator', {
      StreamName: 'orders',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'AT_TIMESTAMP',
      Timestamp: tag({ tag: 1, value: arrivedAt, [tagSymbol]: true }),
    });
    const got = await send(server.endpoint, 'GetRecords', {
      ShardIterator: at.answer['ShardIterator'],
    });
    const [record] = got.answer['Records'] as Record<string, unknown>[];
    expect(Buffer.from(record?.['Data'] as Uint8Array)).toEqual(data);
    expect(record?.['ApproximateArrivalTimestamp']).toMatchObject({ tag: 1, value: arrivedAt });
    expect(got.bytes.toString('hex')).toContain(`c11b${arrivedAt.toString(16).padStart(16, '0')}`);
  });

  test('reads what JSON wrote and JSON reads what it wrote', async () => {
    await using server = await startServer({ port: 0, streams: { orders: {} } });
    const data = Buffer.from('äöü');
    await send(server.endpoint, 'PutRecord', { StreamName: 'orders', PartitionKey: 'a', Data: data });
    await send(
      server.endpoint,
      'PutRecord',
      { StreamName: 'orders', PartitionKey: 'b', Data: data.toString('base64') },
      'json',
    );
    const start = { StreamName: 'orders', ShardId: '0', ShardIteratorType: 'TRIM_HORIZON' };
    const { answer } = await send(server.endpoint, 'GetShardIterator', start);
    const input = { ShardIterator: answer['ShardIterator'] };
    const inCbor = (await send(server.endpoint, 'GetRecords', input)).answer['Records'];
    const inJson = (await send(server.endpoint, 'GetRecords', input, 'json')).answer['Records'];
    expect((inCbor as { Data: Uint8Array }[]).map(({ Data }) => Buffer.from(Data))).toEqual([data, data]);
    expect((inJson as { Data: string }[]).map(({ Data }) => Buffer.from(Data, 'base64'))).toEqual([
      data,
      data,
    ]);
  });

  test('answers errors in CBOR with their type', async () => {
    await using server = await startServer({ port: 0 });
    expect(await send(server.endpoint, 'DescribeStream', { StreamName: 'nowhere' })).toMatchObject({
      status: 400,
      contentType,
      answer: {
        __type: 'ResourceNotFoundException',
        message: 'Stream nowhere under account 000000000000 not found.',
      },
    });
    expect(await send(server.endpoint, 'Dance', {})).toMatchObject({
      status: 400,
      answer: { __type: 'UnknownOperationException' },
    });
  });

  test('streams the events of a subscription with CBOR in them', async () => {
    await using server = await startServer({ port: 0, streams: { orders: {} } });
    const registered = await send(server.endpoint, 'RegisterStreamConsumer', {
      StreamARN: server.kinesis.engine.stream('orders').arn,
      ConsumerName: 'billing',
    });
    await send(server.endpoint, 'PutRecord', {
      StreamName: 'orders',
      PartitionKey: 'a',
      Data: Buffer.from('one'),
    });
    const { engine } = server.kinesis;
    engine.splitShard('orders', 'shardId-000000000000');
    const { bytes, contentType: type } = await send(server.endpoint, 'SubscribeToShard', {
      ConsumerARN: (registered.answer['Consumer'] as { readonly ConsumerARN: string }).ConsumerARN,
      ShardId: 'shardId-000000000000',
      StartingPosition: { Type: 'TRIM_HORIZON' },
    });
    expect(type).toBe('application/vnd.amazon.eventstream');
    const [initial, event] = messagesOf(bytes);
    expect(initial).toEqual({ type: 'initial-response', contentType, payload: {} });
    expect(event).toMatchObject({
      type: 'SubscribeToShardEvent',
      contentType,
      payload: { Records: [{ Data: Buffer.from('one') }], ChildShards: [{}, {}] },
    });
  });
});

describe('the CBOR reader', () => {
  const service = new Service(createTestEngine({ clock: createManualClock({ start: arrivedAt }) }));
  service.engine.createStream('orders', { shards: 1 });

  test('answers any bytes with an error of the client, never of the server', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await statusOf(service, 'PutRecords', bytes)).toBe(400);
      }),
      { numRuns: 2000 },
    );
  });

  test('answers any value for any operation, and any damage to a good one, without failing', async () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>(null, true, false, Number.NaN, Number.POSITIVE_INFINITY, 2n ** 70n),
        fc.double(),
        fc.integer(),
        fc.string(),
        fc.uint8Array({ maxLength: 20 }),
        fc.integer().map((time) => tag({ tag: 1, value: time, [tagSymbol]: true })),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom('StreamName', 'Records', 'Data', 'PartitionKey', 'ShardCount', '__proto__'),
          tie('any'),
        ),
      ),
    })).any;
    const operation = fc.constantFrom('PutRecords', 'PutRecord', 'GetRecords', 'CreateStream', 'ListShards');
    const good = cbor.serialize({
      StreamName: 'orders',
      Records: [{ Data: Buffer.from('one'), PartitionKey: 'ada' }],
    });
    await fc.assert(
      fc.asyncProperty(
        operation,
        value,
        fc.nat(good.length - 1),
        fc.nat(255),
        async (name, input, at, byte) => {
          expect(
            await statusOf(service, name, cbor.serialize({ StreamName: 'orders', Records: input })),
          ).not.toBe(500);
          expect(await statusOf(service, name, cbor.serialize({ ShardCount: input, Data: input }))).not.toBe(
            500,
          );
          const damaged = new Uint8Array(good);
          damaged[at] = byte;
          expect(await statusOf(service, name, damaged)).not.toBe(500);
          expect(await statusOf(service, name, good.subarray(0, at))).toBe(400);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('refuses at once what would cost time or memory out of proportion', async () => {
    const hostile = {
      'nested lists': filled(0x81),
      'nested open lists': filled(0x9f),
      'nested tags': filled(0xc1),
      'a list of empty lists': filled(0x80, 0x9f),
      'a big integer': filled(1, 0xc2, 0x5a, 0, 0x20, 0, 0),
      'a decimal with a vast exponent': filled(1, 0xc4, 0x82, 0x1a, 0x10, 0, 0, 0, 1),
      'a list of more items than bytes': filled(0, 0x9b, 0, 0, 0, 0, 0xff),
    };
    // The codec alone takes minutes for the big integer.
    for (const [name, bytes] of Object.entries(hostile)) {
      expect([name, await statusOf(service, 'PutRecord', bytes)]).toEqual([name, 400]);
    }
  });

  test('reads whatever a client may write: definite or open, in one piece or several', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>(null, true, false),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.string(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.array(tie('any'), { maxLength: 5 }),
        fc.dictionary(fc.string(), tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (input) => {
        const bytes = cbor.serialize(input);
        expect(isPlausibleCbor(bytes)).toBe(true);
        for (let at = 0; at < bytes.length; at++) expect(isPlausibleCbor(bytes.subarray(0, at))).toBe(false);
      }),
      { numRuns: 200 },
    );
    // {_ "Name": (_ "ord", "ers"), "List": [_ 1, h'00']}
    const open = Buffer.from('bf644e616d657f636f726463657273ff644c6973749f014100ffff', 'hex');
    expect(decodeCbor(open)).toEqual({ Name: 'orders', List: [1, Uint8Array.of(0)] });
  });
});

function filled(byte: number, ...start: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4_000_000).fill(byte);
  bytes.set(start);
  return bytes;
}

async function statusOf(service: Service, operation: string, body: Uint8Array): Promise<number> {
  const { status } = await answerKinesis(
    service,
    { method: 'POST', path: '/', headers: headersOf(operation, contentType), body },
    {},
  );
  return status;
}

interface Answer {
  readonly status: number | undefined;
  readonly contentType: string | undefined;
  readonly bytes: Buffer;
  readonly answer: Record<string, unknown>;
}

function send(
  endpoint: string,
  operation: string,
  input: object,
  format: 'cbor' | 'json' = 'cbor',
): Promise<Answer> {
  const headers = headersOf(operation, format === 'cbor' ? contentType : 'application/x-amz-json-1.1');
  return new Promise((resolve, reject) => {
    const call = request(endpoint, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const type = response.headers['content-type'];
        const read = (): unknown =>
          type === contentType ? cbor.deserialize(bytes) : JSON.parse(bytes.toString());
        resolve({
          status: response.statusCode,
          contentType: type,
          bytes,
          answer: bytes.length === 0 || type?.includes('eventstream') ? {} : (read() as Answer['answer']),
        });
      });
    });
    call.on('error', reject);
    call.end(format === 'cbor' ? cbor.serialize(input) : JSON.stringify(input));
  });
}

function headersOf(operation: string, type: string): Record<string, string> {
  return {
    'content-type': type,
    'x-amz-target': `Kinesis_20131202.${operation}`,
    'x-amz-date': '20260101T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0',
  };
}

function messagesOf(bytes: Buffer): readonly object[] {
  const codec = new EventStreamCodec(
    (text) => Buffer.from(text).toString(),
    (text) => Buffer.from(text),
  );
  const messages: object[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const { headers, body } = codec.decode(bytes.subarray(at, at + length));
    messages.push({
      type: headers[':event-type']?.value,
      contentType: headers[':content-type']?.value,
      payload: cbor.deserialize(Buffer.from(body)),
    });
    at += length;
  }
  return messages;
}
