import { cbor } from '@smithy/core/cbor';
import { HttpRequest } from '@smithy/core/protocols';
import { expect, test } from 'vitest';

import { awsCbor } from '../../src/aws/cbor-format.ts';
import { DirectCalls, type BodyFormat } from '../../src/aws/direct-calls.ts';
import { GetRecordsCalls } from '../../src/aws/get-records-call.ts';
import type { OutgoingRequest } from '../../src/aws/http-call.ts';
import { createKinesisReader } from '../../src/aws/kinesis-reader.ts';
import { clientOf, errorOf, good, goodResult, json, type Given } from './told-client.ts';

const cborType = { 'content-type': 'application/x-amz-cbor-1.1' };
const inCbor = (statusCode: number, body: object): Given => ({
  statusCode,
  headers: cborType,
  body: cbor.serialize(body),
});
const goodInCbor = inCbor(200, { Records: [], NextShardIterator: 'next', MillisBehindLatest: 7 });
const isCbor = ({ headers }: OutgoingRequest): boolean =>
  headers['content-type'] === cborType['content-type'];

test('calls are in CBOR where they are ours, and signed as such', async () => {
  const { client, sent, senders } = clientOf((call) => (call === 1 ? good : goodInCbor));
  const calls = new GetRecordsCalls(client, new DirectCalls(client, awsCbor));
  for (let n = 0; n < 3; n++) expect(await calls.send('i', 100, undefined)).toMatchObject(goodResult);
  expect([senders(), sent.map(isCbor)]).toEqual(['sdk,us,us', [false, true, true]]);
  const [, second] = sent;
  expect(cbor.deserialize(second?.body as Uint8Array)).toEqual({ ShardIterator: 'i', Limit: 100 });
  const { authorization, ...headers } = second?.headers ?? {};
  const signer = await client.config.signer();
  const at = (headers['x-amz-date'] ?? '').replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
  const theirs = await signer.sign(new HttpRequest({ ...second, headers } as HttpRequest), {
    signingDate: new Date(at),
  });
  expect(authorization).toBe(theirs.headers['authorization']);
});

/** A service that knows both formats, and refuses the second call. */
const refusing =
  (said: object) =>
  (call: number, request: OutgoingRequest): Given => {
    if (call === 2) return isCbor(request) ? inCbor(400, said) : json(400, said);
    return isCbor(request) ? goodInCbor : good;
  };

test.for([
  'ExpiredIteratorException',
  'com.amazonaws.kinesis#ProvisionedThroughputExceededException',
  'StrangeException',
])('%s in CBOR is the error it is in JSON, and the next call is the SDK’s', async (type) => {
  const said = { __type: type, message: 'So it is.' };
  const ofFormat = async (
    format?: BodyFormat,
  ): Promise<{ error: unknown; senders: string; cbor: boolean[] }> => {
    const { client, sent, senders } = clientOf(refusing(said));
    const reader = createKinesisReader(client, new DirectCalls(client, format));
    const read = (): Promise<unknown> => reader.read('i', { stream: 'orders', limit: 1 });
    await read();
    const error = await errorOf(read());
    expect(await read()).toMatchObject(goodResult);
    await read();
    return { error, senders: senders(), cbor: sent.map(isCbor) };
  };
  const inJson = await ofFormat();
  const { error, senders, cbor: formats } = await ofFormat(awsCbor);
  expect(error).toEqual(inJson.error);
  expect(senders).toBe(inJson.senders);
  expect(formats).toEqual([false, true, false, true]);
});

const deaf: Readonly<Record<string, Given>> = {
  'answers in JSON': json(400, { __type: 'SerializationException' }),
  'answers in text': { statusCode: 500, headers: { 'content-type': 'text/html' }, body: '<html>' },
  'answers nothing': { statusCode: 415 },
  'answers a good call in JSON': good,
  'says in CBOR that it cannot read it': inCbor(400, {
    __type: 'com.amazon.coral.service#SerializationException',
  }),
  'answers a good call in CBOR that cannot be read': {
    headers: cborType,
    body: new Uint8Array([0xbf, 0xff]),
  },
  'answers garbled CBOR': { statusCode: 400, headers: cborType, body: new Uint8Array([0xff]) },
};

test.for(Object.entries(deaf))(
  'a service that does not understand CBOR, and %s, is spoken to in JSON from then on, and no call fails',
  async ([, answer]) => {
    const { client, sent, senders } = clientOf((_call, request) => (isCbor(request) ? answer : good));
    const calls = new GetRecordsCalls(client, new DirectCalls(client, awsCbor));
    for (let n = 0; n < 4; n++) expect(await calls.send('i', 100, undefined)).toEqual(goodResult);
    expect([senders(), sent.map(isCbor)]).toEqual(['sdk,us,sdk,us,us', [false, true, false, false, false]]);
  },
);

test('a page of somebody who stands before a service that understands CBOR is the error it is in JSON, and CBOR is gone back to', async () => {
  const page: Given = { statusCode: 502, headers: { 'content-type': 'text/html' }, body: '<html>' };
  const { client, sent, senders } = clientOf((call, request) => {
    if (call === 3) return page;
    return isCbor(request) ? goodInCbor : good;
  });
  const reader = createKinesisReader(client, new DirectCalls(client, awsCbor));
  const read = (): Promise<unknown> => reader.read('i', { stream: 'orders', limit: 1 });
  for (let n = 0; n < 2; n++) await read();
  expect(await errorOf(read())).toMatchObject({ code: 'SERVICE_FAILED', retryable: true });
  for (let n = 0; n < 2; n++) expect(await read()).toMatchObject(goodResult);
  expect([senders(), sent.map(isCbor)]).toEqual(['sdk,us,us,sdk,sdk,us', [false, true, true, false, true]]);
});
