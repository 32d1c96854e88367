import { Readable } from 'node:stream';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetRecordsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';

import { DirectCalls } from '../../src/aws/direct-calls.ts';
import { GetRecordsCalls } from '../../src/aws/get-records-call.ts';
import type { OutgoingRequest } from '../../src/aws/http-call.ts';
import { createKinesisReader } from '../../src/aws/kinesis-reader.ts';
import { LeaseCalls } from '../../src/aws/lease-calls.ts';
import { RequestTemplate } from '../../src/aws/request-template.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { clientOf, errorOf, good, goodResult, json, type Given } from './told-client.ts';

const callsOf = (client: KinesisClient): GetRecordsCalls =>
  new GetRecordsCalls(client, new DirectCalls(client));

/** A request as the SDK has it when all is done but sending it. */
async function signedBySdk(): Promise<{ readonly request: OutgoingRequest; readonly client: KinesisClient }> {
  const { client, sent } = clientOf(() => good);
  await client.send(new GetRecordsCommand({ ShardIterator: 'i', Limit: 1 }));
  const [request] = sent;
  if (request === undefined) throw new Error('Nothing was sent.');
  return { request, client };
}

test('a call is signed as the SDK’s own signer would, whatever its body, its credentials and its time', async () => {
  const { request, client } = await signedBySdk();
  const template = RequestTemplate.of(request);
  const credentials = fc.record(
    {
      accessKeyId: fc.string({ minLength: 1 }),
      secretAccessKey: fc.string(),
      sessionToken: fc.base64String(),
    },
    { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
  );
  const time = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), credentials, time, async (body, given, date) => {
      const ours = template?.sign(body, given, date.getTime());
      const { authorization, ...headers } = ours?.headers ?? {};
      const signer = await client.config.signer();
      // The SDK's asks its client for credentials, so these are put in their place.
      Object.assign(signer, { credentialProvider: async () => given });
      const theirs = await signer.sign(new HttpRequest({ ...request, headers, body } as HttpRequest), {
        signingDate: date,
      });
      expect(authorization).toBe(theirs.headers['authorization']);
      expect(ours?.headers).toEqual(theirs.headers);
    }),
    { numRuns: 50 },
  );
});

test('the first call is the SDK’s, and those that follow are like it', async () => {
  const { client, sent, senders } = clientOf(() => good);
  const calls = callsOf(client);
  for (const iterator of ['one', 'two', 'three']) {
    expect(await calls.send(iterator, 100, undefined)).toEqual(goodResult);
  }
  expect(senders()).toBe('sdk,us,us');
  const [first, second, third] = sent;
  if (first === undefined || second === undefined || third === undefined) throw new Error('Three were sent.');
  expect(lasting(second)).toEqual(lasting(first));
  expect(second.headers).toMatchObject({ 'x-amz-security-token': 'c', 'content-length': '35' });
  expect(JSON.parse(String(third.body))).toEqual({ ShardIterator: 'three', Limit: 100 });
});

/** An iterator is opened and read once: what was sent for the latter, and who began each call. */
async function readingOnce(own: boolean): Promise<{ second: OutgoingRequest | undefined; senders: string }> {
  const { client, sent, senders } = clientOf((call) =>
    call === 1 ? json(200, { ShardIterator: 'i' }) : good,
  );
  const reader = createKinesisReader(client, own ? new DirectCalls(client) : undefined);
  const iterator = await reader.openIterator('orders', 'shardId-000000000000', { type: 'oldest' });
  expect(await reader.read(iterator, { stream: 'orders', limit: 100 })).toEqual(goodResult);
  return { second: sent[1], senders: senders() };
}

test('the call for an iterator is learnt from: the first read is ours, and what the SDK would send', async () => {
  const ours = await readingOnce(true);
  const theirs = await readingOnce(false);
  expect([ours.senders, theirs.senders]).toEqual(['sdk,us', 'sdk,sdk']);
  if (ours.second === undefined || theirs.second === undefined) throw new Error('Two were sent.');
  expect(lasting(ours.second)).toEqual(lasting(theirs.second));
  expect(ours.second.headers['x-amz-target']).toBe('Kinesis_20131202.GetRecords');
  expect(JSON.parse(String(ours.second.body))).toEqual(JSON.parse(String(theirs.second.body)));
});

test('of a call for an iterator that was refused nothing is learnt', async () => {
  const { client, senders } = clientOf((call) =>
    call === 1 ? json(400, { __type: 'ResourceNotFoundException', message: 'No.' }) : good,
  );
  const reader = createKinesisReader(client, new DirectCalls(client));
  await errorOf(reader.openIterator('orders', 'shardId-000000000000', { type: 'oldest' }));
  await reader.read('i', { stream: 'orders', limit: 1 });
  expect(senders()).toBe('sdk,sdk');
});

const refusals: Readonly<Record<string, Given | Error>> = {
  'an expired iterator': json(400, { __type: 'ExpiredIteratorException', message: 'Iterator expired.' }),
  'a throttled shard': json(400, { __type: 'ProvisionedThroughputExceededException', message: 'Rate.' }),
  'a missing stream': json(400, {
    __type: 'com.amazonaws.kinesis#ResourceNotFoundException',
    message: 'No.',
  }),
  'expired credentials': json(400, { __type: 'ExpiredTokenException', message: 'Expired.' }),
  'no access': json(400, { __type: 'AccessDeniedException', Message: 'not authorized' }),
  'an error told in a header': {
    statusCode: 400,
    headers: { 'x-amzn-errortype': 'LimitExceededException:', 'x-amzn-requestid': 'r-1' },
    body: '{"message":"Too much."}',
  },
  'a failing service that says nothing': { statusCode: 503, headers: { 'x-amzn-requestid': 'r-2' } },
  'a page of a proxy': { statusCode: 502, body: '<html>Bad gateway</html>' },
  'a cut connection': Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  silence: Object.assign(new Error('There was no answer'), { name: 'TimeoutError' }),
};

test.for(Object.entries(refusals))(
  '%s is the same error by either way, and the next call is the SDK’s',
  async ([, refusal]) => {
    const alone = clientOf(() => refusal);
    const theirs = await errorOf(createKinesisReader(alone.client).read('i', { stream: 'orders', limit: 1 }));
    const { client, sent, senders } = clientOf((call) => (call === 2 ? refusal : good));
    const reader = createKinesisReader(client, new DirectCalls(client));
    const read = (): Promise<unknown> => reader.read('i', { stream: 'orders', limit: 1 });
    await read();
    expect(await errorOf(read())).toEqual(theirs);
    expect(await read()).toEqual(goodResult);
    await read();
    // What was refused passed through the SDK to be judged, and was not sent again.
    expect([sent.length, senders()]).toEqual([4, 'sdk,us,sdk,sdk,us']);
  },
);

test('a key in any script is read as it was written', async () => {
  const keys = ['kunde-7', 'ключ', '鍵', '🗝️', 'caf\u00e9', 'k\u0000'];
  const Records = keys.map((PartitionKey, index) => ({
    SequenceNumber: `${index + 1}`,
    PartitionKey,
    Data: Buffer.from(PartitionKey).toString('base64'),
    ApproximateArrivalTimestamp: 1.5,
  }));
  const { client } = clientOf(() => ({ body: JSON.stringify({ Records, MillisBehindLatest: 0 }) }));
  const { records } = await createKinesisReader(client).read('i', { stream: 'orders', limit: 10 });
  expect(records).toEqual(
    keys.map((partitionKey, index) => ({
      sequenceNumber: `${index + 1}`,
      partitionKey,
      data: new TextEncoder().encode(partitionKey),
      arrivedAt: 1500,
    })),
  );
});

test('an answer that breaks off, or whose connection is gone already, is an error to be tried again', async () => {
  for (const gone of [false, true]) {
    const body = new Readable({ read: () => {} });
    const { client } = clientOf(() => good, {
      requestHandler: {
        handle: async () => ({ response: new HttpResponse({ statusCode: 200, headers: {}, body }) }),
      },
    });
    const read = createKinesisReader(client).read('i', { stream: 'orders', limit: 10 });
    if (gone) body.destroy();
    else setImmediate(() => body.destroy());
    expect(await errorOf(read)).toMatchObject({ retryable: true });
  }
});

test('an answer that is none of the service’s is an error to be tried again', async () => {
  const { client } = clientOf((call) => (call === 2 ? { body: '{"Rec' } : good));
  const reader = createKinesisReader(client, new DirectCalls(client));
  await reader.read('i', { stream: 'orders', limit: 1 });
  const error = await errorOf(reader.read('i', { stream: 'orders', limit: 1 }));
  expect(error).toMatchObject({ code: 'SERVICE_FAILED', retryable: true });
});

test('credentials that expire are renewed, and the next call is signed with the new ones', async () => {
  let made = 0;
  const credentials = async (): Promise<object> => ({
    accessKeyId: `key-${++made}`,
    secretAccessKey: 'b',
    sessionToken: `token-${made}`,
    // The SDK renews what ends within minutes, and goes on with what it has meanwhile.
    expiration: new Date(systemClock.now() + 1000),
  });
  const { client, sent, senders } = clientOf(() => good, { credentials: credentials as never });
  const calls = callsOf(client);
  for (let n = 0; n < 3; n++) await calls.send('i', 1, undefined);
  expect(senders()).toBe('sdk,us,us');
  const keys = sent.map(({ headers }) => /Credential=([^/]+)/.exec(headers['authorization'] ?? '')?.[1]);
  expect(new Set(keys).size).toBeGreaterThan(1);
  for (const [index, key] of keys.entries()) {
    expect(sent[index]?.headers['x-amz-security-token']).toBe(key?.replace('key', 'token'));
  }
});

test('a clock that is wrong is corrected by what the SDK reads in a refusal', async () => {
  const hour = 3_600_000;
  const date = new Date(systemClock.now() + hour).toUTCString();
  const { client, sent } = clientOf((call) =>
    call === 2 ? json(400, { __type: 'InvalidSignatureException', message: 'expired' }, { date }) : good,
  );
  const calls = callsOf(client);
  await calls.send('i', 1, undefined);
  await errorOf(calls.send('i', 1, undefined));
  for (let n = 0; n < 2; n++) await calls.send('i', 1, undefined);
  expect(sent.map(aheadOf)).toEqual([0, 0, 1, 1]);
});

test('once a minute the SDK puts a call together anew, so that nothing in it is older', async () => {
  const { client, senders } = clientOf(() => good);
  const calls = callsOf(client);
  const started = systemClock.monotonic();
  const clock = vi.spyOn(systemClock, 'monotonic');
  for (const after of [0, 1, 59_000, 61_000, 62_000]) {
    clock.mockReturnValue(started + after);
    await calls.send('i', 1, undefined);
  }
  clock.mockRestore();
  expect(senders()).toBe('sdk,us,us,sdk,us');
});

test('of many calls at once the SDK puts one together anew, and the others are like the one before', async () => {
  const { client, sent, senders } = clientOf(() => good);
  const calls = callsOf(client);
  await calls.send('i', 1, undefined);
  const clock = vi.spyOn(systemClock, 'monotonic').mockReturnValue(systemClock.monotonic() + 61_000);
  await Promise.all(Array.from({ length: 5 }, () => calls.send('i', 1, undefined)));
  clock.mockRestore();
  expect([sent.length, senders()]).toEqual([6, 'sdk,sdk']);
});

test('a clock that goes wrong is noticed by the dates of good answers, and the SDK corrects it', async () => {
  const hour = 3_600_000;
  const date = new Date(systemClock.now() + hour).toUTCString();
  const { client, sent, senders } = clientOf((call) => (call < 2 ? good : { ...good, headers: { date } }));
  const calls = callsOf(client);
  for (let n = 0; n < 4; n++) await calls.send('i', 1, undefined);
  expect(senders()).toBe('sdk,us,sdk,us');
  expect(aheadOf(sent[1])).toBe(0);
  expect(aheadOf(sent[3])).toBe(1);
});

test('what is no plain call is no pattern', async () => {
  const { request } = await signedBySdk();
  expect(RequestTemplate.of(request)).toBeDefined();
  const { headers } = request;
  for (const other of [
    { headers: { ...headers, authorization: 'Bearer x' } },
    { headers: { 'content-type': 'application/x-amz-json-1.1' } },
    { query: { page: '2' } },
    { path: '/elsewhere' },
    { method: 'GET' },
  ]) {
    expect(RequestTemplate.of({ ...request, ...other })).toBeUndefined();
  }
});

test('every call of a client of the user’s own passes what was added to it', async () => {
  const { client, senders } = clientOf(() => good);
  const reader = createKinesisReader(client);
  for (let n = 0; n < 3; n++) await reader.read('i', { stream: 'orders', limit: 1 });
  expect(senders()).toBe('sdk,sdk,sdk');
});

/** Calls DynamoDB after a call that went well; the service answers as told, call by call. */
async function secondOf(
  call: (calls: LeaseCalls) => Promise<unknown>,
  first: Given,
  answers: readonly Given[],
): Promise<{ answer: unknown; sent: number }> {
  const { client: kinesis, sent } = clientOf((n) => (n === 1 ? first : (answers[n - 2] ?? {})));
  const { requestHandler, credentials } = kinesis.config;
  const client = new DynamoDBClient({ region: 'eu-west-1', requestHandler, credentials });
  const calls = new LeaseCalls(client, client);
  await call(calls);
  const answer = await call(calls).catch((error: unknown) => error);
  return { answer, sent: sent.length };
}

const secondBeat = (answers: readonly Given[]): ReturnType<typeof secondOf> => {
  const input = { TableName: 'leases', Key: { leaseKey: { S: 'shardId-0' } } };
  return secondOf((calls) => calls.updateItem(input), { body: '{}' }, answers);
};

const secondLook = (answers: readonly Given[]): ReturnType<typeof secondOf> =>
  secondOf((calls) => calls.scan({ TableName: 'leases' }), { body: '{"Items":[]}' }, answers);

test('a heartbeat answers the item as the SDK does', async () => {
  const item = {
    leaseKey: { S: 'shardId-0' },
    leaseCounter: { N: '7' },
    parentShardId: { SS: ['shardId-1'] },
  };
  expect(await secondBeat([{ body: JSON.stringify({ Attributes: item }) }])).toEqual({
    answer: item,
    sent: 2,
  });
  expect(await secondBeat([{ body: '{}' }])).toEqual({ answer: {}, sent: 2 });
});

test('a heartbeat that somebody else has forestalled says what stands there, and is not sent again', async () => {
  const Item = { leaseKey: { S: 'shardId-0' }, leaseCounter: { N: '9' } };
  const refused = json(400, {
    __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
    Item,
  });
  expect(await secondBeat([refused])).toMatchObject({
    answer: { name: 'ConditionalCheckFailedException', Item },
    sent: 2,
  });
});

test('a heartbeat the service fails on is tried again by the SDK, by a call of its own', async () => {
  const failing = json(500, { __type: 'InternalServerError' });
  expect(await secondBeat([failing, { body: '{}' }])).toEqual({ answer: {}, sent: 3 });
});

test.each(['', '{', 'null', '7'])(
  'an answer of %j to a heartbeat is an error to be tried again',
  async (body) => {
    expect(await secondBeat([{ body }])).toMatchObject({
      answer: { code: 'SERVICE_FAILED', retryable: true },
    });
  },
);

test('a look at all leases answers the items, and the key to go on from, as the SDK does', async () => {
  const Items = [{ leaseKey: { S: 'shardId-0' }, leaseCounter: { N: '7' }, parentShardId: { SS: ['a'] } }];
  const LastEvaluatedKey = { leaseKey: { S: 'shardId-0' } };
  for (const page of [{ Items }, { Items, LastEvaluatedKey }, { Items: [] }]) {
    const given = json(200, { ...page, Count: 1 });
    const { answer: ours, sent } = await secondLook([given]);
    expect(sent).toBe(2);
    const theirs = await secondLook([json(500, { __type: 'InternalServerError' }), given]);
    expect(theirs).toEqual({ answer: ours, sent: 3 });
    expect(ours).toEqual({
      items: page.Items,
      ...('LastEvaluatedKey' in page && { last: LastEvaluatedKey }),
    });
  }
});

test.each(['', '{', 'null', '{}', '{"Items":[7]}', '{"Items":[],"LastEvaluatedKey":7}'])(
  'an answer of %j to a look at all leases is an error to be tried again, not a table without leases',
  async (body) => {
    expect(await secondLook([{ body }])).toMatchObject({
      answer: { code: 'SERVICE_FAILED', retryable: true },
    });
  },
);

/** Hours between the time a request was signed for and this machine's. */
function aheadOf(request: OutgoingRequest | undefined): number {
  const [, ...parts] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(request?.headers['x-amz-date'] ?? '') ?? [];
  const [year = '', month = '', day = '', ...time] = parts;
  const signedFor = Date.parse(`${year}-${month}-${day}T${time.join(':')}Z`);
  return Math.abs(Math.round((signedFor - systemClock.now()) / 3_600_000));
}

/** What is the same for each call. */
function lasting(request: OutgoingRequest): object {
  const own = /^(authorization|amz-sdk-invocation-id|content-length|x-amz-date|x-amz-content-sha256)$/;
  const headers = Object.entries(request.headers).filter(([name]) => !own.test(name));
  return { ...request, headers: Object.fromEntries(headers), body: undefined };
}
