import { Readable } from 'node:stream';

import {
  KinesisClient,
  PutRecordsCommand,
  type KinesisClientConfig,
  type PutRecordsCommandInput,
} from '@aws-sdk/client-kinesis';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { expect, test, vi } from 'vitest';

import { DirectCalls } from '../../src/aws/direct-calls.ts';
import type { Answer, OutgoingRequest } from '../../src/aws/http-call.ts';
import { createKinesisWriter } from '../../src/aws/kinesis-writer.ts';
import { encodePutRecords } from '../../src/aws/put-records-body.ts';
import { PutRecordsCall } from '../../src/aws/put-records-call.ts';

const entry = { partitionKey: 'k', data: Uint8Array.of(1, 2, 3) };
const good = {
  SequenceNumber: '49590338271490256608559692538361571095921575989136588898',
  ShardId: 'shardId-0',
};

type Served = Partial<HttpResponse> | Error;

/** A client whose service answers as told, what it was sent, and how many calls passed through the client. */
function clientOf(
  answer: (call: number) => Served,
  credentials: KinesisClientConfig['credentials'] = identity,
): {
  client: KinesisClient;
  direct: DirectCalls;
  sent: OutgoingRequest[];
  passed: () => number;
} {
  const sent: OutgoingRequest[] = [];
  const handle = async (request: OutgoingRequest): Promise<Answer> => {
    sent.push(request);
    const given = answer(sent.length);
    if (given instanceof Error) throw given;
    const { statusCode = 200, headers = {}, body = '' } = given;
    const chunks = body instanceof Readable ? body : Readable.from([Buffer.from(String(body))]);
    return { response: Object.assign(new HttpResponse({ statusCode, headers }), { body: chunks }) };
  };
  const client = new KinesisClient({
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:1',
    credentials,
    maxAttempts: 1,
    requestHandler: { handle } as NonNullable<KinesisClientConfig['requestHandler']>,
  });
  let passed = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      passed++;
      return next(args);
    },
    { step: 'initialize' },
  );
  const direct = new DirectCalls(client);
  return { client, direct, sent, passed: () => passed };
}

interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration: Date;
}

const identity = { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' };
const stored = { body: JSON.stringify({ FailedRecordCount: 0, Records: [good] }) };

function inputOf(stream: string, entries: readonly (typeof entry)[]): PutRecordsCommandInput {
  return {
    StreamName: stream,
    Records: entries.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
  };
}

test('the request is the SDK’s own but for the spelling of its body', async () => {
  const { client, sent } = clientOf(() => stored);
  const call = callOf('orders', [entry]);
  await client.send(call.command);
  await client.send(new PutRecordsCommand(inputOf('orders', [entry])));
  expectAlike(sent[0], sent[1]);
  expect(String(call.answer)).toBe(stored.body);
});

test('a call sent directly is the request the SDK would have sent', async () => {
  const { client, direct, sent, passed } = clientOf(() => stored);
  const writer = createKinesisWriter(client, direct);
  await writer.write('orders', [entry], {});
  await expect(writer.write('payments', [entry, entry], {})).resolves.toMatchObject([{ ok: true }]);
  expect(passed()).toBe(1);
  await client.send(new PutRecordsCommand(inputOf('payments', [entry, entry])));
  const [first, ours, theirs] = sent;
  expectAlike(ours, theirs);
  const own = ['amz-sdk-invocation-id', 'content-length'] as const;
  for (const name of own) expect(ours?.headers[name]).not.toBe(first?.headers[name]);
});

test('a signature put directly is right for the body, the token and the moment', async () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1), toFake: ['Date'] });
  try {
    const { client, direct, sent, passed } = clientOf(() => stored);
    const writer = createKinesisWriter(client, direct);
    await writer.write('orders', [entry, entry], {});
    vi.setSystemTime(Date.UTC(2026, 0, 2));
    await writer.write('orders', [entry], {});
    expect(passed()).toBe(1);
    const [, ours] = sent;
    const { authorization: _, ...headers } = ours?.headers ?? {};
    const signer = await client.config.signer();
    const unsigned = new HttpRequest({ ...ours, headers } as HttpRequest);
    const signed = await signer.sign(unsigned, { signingDate: new Date() });
    expect(ours?.headers['x-amz-date']).toBe('20260102T000000Z');
    expect(ours?.headers['authorization']).toBe(signed.headers['authorization']);
  } finally {
    vi.useRealTimers();
  }
});

test('credentials that are about to expire are renewed for a direct call', async () => {
  let given = 0;
  const provider = async (): Promise<Identity> => {
    given++;
    // Less than the SDK lets them be used for.
    return { ...identity, sessionToken: `token-${given}`, expiration: new Date(Date.now() + 1000) };
  };
  const { client, direct, sent, passed } = clientOf(() => stored, provider);
  const writer = createKinesisWriter(client, direct);
  await writer.write('orders', [entry], {});
  const before = given;
  await writer.write('orders', [entry], {});
  expect(passed()).toBe(1);
  expect(given).toBeGreaterThan(before);
  expect(sent[1]?.headers['x-amz-security-token']).not.toBe(sent[0]?.headers['x-amz-security-token']);
});

test('credentials that lose their token leave none behind', async () => {
  let withToken = true;
  const { accessKeyId, secretAccessKey } = identity;
  const provider = async (): Promise<Identity> => ({
    ...(withToken ? identity : { accessKeyId, secretAccessKey }),
    expiration: new Date(Date.now() + 1000),
  });
  const { client, direct, sent, passed } = clientOf(() => stored, provider);
  const writer = createKinesisWriter(client, direct);
  await writer.write('orders', [entry], {});
  withToken = false;
  await writer.write('orders', [entry], {});
  expect(passed()).toBe(1);
  expect(sent[0]?.headers).toHaveProperty('x-amz-security-token');
  expect(sent[1]?.headers).not.toHaveProperty('x-amz-security-token');
});

test('credentials that cannot be had fail in the SDK’s words', async () => {
  let fails = false;
  const provider = async (): Promise<Identity> => {
    if (fails)
      throw Object.assign(new Error('The SSO session has ended'), { name: 'CredentialsProviderError' });
    return { ...identity, expiration: new Date(Date.now() + 1000) };
  };
  const { client, direct, sent } = clientOf(() => stored, provider);
  const writer = createKinesisWriter(client, direct);
  await writer.write('orders', [entry], {});
  fails = true;
  await expect(writer.write('orders', [entry], {})).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
  expect(sent).toHaveLength(1);
});

test('after anything but a plain success the SDK puts the next call together anew', async () => {
  const { client, direct, sent, passed } = clientOf((call) =>
    call === 2 ? json(400, { __type: 'ThrottlingException', message: 'Rate exceeded.' }) : stored,
  );
  const writer = createKinesisWriter(client, direct);
  await writer.write('orders', [entry], {});
  await expect(writer.write('orders', [entry], {})).rejects.toMatchObject({ code: 'THROTTLED' });
  expect([sent.length, passed()]).toEqual([2, 2]);
  await writer.write('orders', [entry], {});
  await writer.write('orders', [entry], {});
  expect([sent.length, passed()]).toEqual([4, 3]);
});

test('in Lambda, where every invocation has trace headers of its own, every call passes through the SDK', async () => {
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'producer');
  try {
    const { client, direct, sent, passed } = clientOf(() => stored);
    const writer = createKinesisWriter(client, direct);
    for (const trace of ['Root=1', 'Root=2']) {
      vi.stubEnv('_X_AMZN_TRACE_ID', trace);
      await writer.write('orders', [entry], {});
    }
    expect(passed()).toBe(2);
    expect(sent.map(({ headers }) => headers['X-Amzn-Trace-Id'])).toEqual(['Root=1', 'Root=2']);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('an aborted direct call fails as aborted', async () => {
  const { client, direct } = clientOf((call) =>
    call === 1 ? stored : Object.assign(new Error('Request aborted'), { name: 'AbortError' }),
  );
  const writer = createKinesisWriter(client, direct);
  await writer.write('orders', [entry], {});
  const aborted = writer.write('orders', [entry], { signal: AbortSignal.abort() });
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
});

/** What the service, and what stands before it, may answer instead of records. */
const refusals: Readonly<Record<string, () => Partial<HttpResponse> | Error>> = {
  'a missing stream': () =>
    json(400, { __type: 'ResourceNotFoundException', message: 'Stream x not found.' }),
  'a whole call throttled': () =>
    json(400, { __type: 'ProvisionedThroughputExceededException', message: 'Rate exceeded.' }),
  'an account throttled': () => json(400, { __type: 'ThrottlingException', message: 'Rate exceeded.' }),
  'a namespaced type': () =>
    json(400, { __type: 'com.amazonaws.kinesis#KMSDisabledException', message: 'Off.' }),
  'a bad entry': () => json(400, { __type: 'ValidationException', message: '1 validation error detected' }),
  'expired credentials': () =>
    json(400, { __type: 'ExpiredTokenException', message: 'The token has expired.' }),
  'a bad signature': () => json(400, { __type: 'InvalidSignatureException', message: 'Signature expired' }),
  'no access': () => json(400, { __type: 'AccessDeniedException', Message: 'not authorized' }),
  'an error told in a header': () => ({
    statusCode: 400,
    headers: { 'x-amzn-errortype': 'LimitExceededException:', 'x-amzn-requestid': 'r-1' },
    body: '{"message":"Too much."}',
  }),
  'a failing service': () => json(500, { __type: 'InternalFailure' }),
  'a failing service that says nothing': () => ({
    statusCode: 503,
    headers: { 'x-amzn-requestid': 'r-2' },
    body: '',
  }),
  'a balancer that answers in HTML': () => ({
    statusCode: 502,
    headers: {},
    body: '<html>Bad Gateway</html>',
  }),
  'a reset': () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
};

/** The error of the second of two calls; the first is stored. */
async function failureOf(
  answer: () => Served,
  run: (parts: ReturnType<typeof clientOf>) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const parts = clientOf((call) => (call === 1 ? stored : answer()));
  await run(parts);
  const error = await run(parts).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof Error)) throw new Error('it did not fail');
  const { $metadata, $fault, $retryable } = error as unknown as Record<string, unknown>;
  const { name, message, constructor } = error;
  return { name, message, kind: constructor.name, $metadata, $fault, $retryable };
}

test.each(Object.entries(refusals))('%s fails exactly as with the SDK itself', async (_name, answer) => {
  const theirs = await failureOf(answer, ({ client }) =>
    client.send(new PutRecordsCommand(inputOf('orders', [entry]))),
  );
  const ours = await failureOf(answer, ({ client }) => client.send(callOf('orders', [entry]).command));
  expect(ours).toEqual(theirs);
});

test.each(Object.entries(refusals))('%s fails directly as with the SDK itself', async (_name, answer) => {
  const theirs = await failureOf(answer, ({ client }) =>
    client.send(new PutRecordsCommand(inputOf('orders', [entry]))),
  );
  const ours = await failureOf(answer, async ({ client, direct, sent, passed }) => {
    const before = [sent.length, passed()];
    const writer = createKinesisWriter(client, direct);
    const error = await writer.write('orders', [entry], {}).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (before[0] === 0) return;
    // It was sent once, and passed through the SDK only to be judged.
    expect([sent.length, passed()]).toEqual([2, 2]);
    throw (error as Error).cause;
  });
  expect(ours).toEqual(theirs);
});

test.each([false, true])(
  'a clock that is wrong is corrected for the next call, as with the SDK itself (directly: %j)',
  async (directly) => {
    const ahead = new Date(Date.now() + 3_600_000);
    const refused = json(
      400,
      { __type: 'RequestExpired', message: 'Request has expired.' },
      { date: ahead.toUTCString() },
    );
    const { client, direct, sent } = clientOf((call) => (call === 2 ? refused : stored));
    const writer = createKinesisWriter(client, directly ? direct : undefined);
    await writer.write('orders', [entry], {});
    await expect(writer.write('orders', [entry], {})).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
    await writer.write('orders', [entry], {});
    expect(hourOf(sent[2])).toBe(hourOf(ahead));
  },
);

test('an answer that breaks off is a failure to retry', async () => {
  const { client, direct } = clientOf((call) => (call === 1 ? stored : { body: broken() }));
  const writer = createKinesisWriter(client, direct);
  await writer.write('orders', [entry], {});
  await expect(writer.write('orders', [entry], {})).rejects.toMatchObject({ retryable: true });
});

test.each(['', '{', '[]', '{"Records":7}', 'null'])(
  'an answer of %j is a failure to retry, not one to believe',
  async (body) => {
    const { client } = clientOf(() => ({ body }));
    await expect(createKinesisWriter(client).write('orders', [entry], {})).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      retryable: true,
    });
  },
);

test('an entry is stored only when the answer says where', async () => {
  const { client } = clientOf(() => ({
    body: JSON.stringify({
      FailedRecordCount: 2,
      Records: [good, { ErrorCode: 'InternalFailure', SequenceNumber: null, ShardId: null }, {}],
    }),
  }));
  const outcomes = await createKinesisWriter(client).write('orders', [entry, entry, entry], {});
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false]);
});

test('a client that is a test’s double sees the records and answers them itself', async () => {
  const seen: unknown[] = [];
  const double = {
    send: async (command: { input: unknown }) => {
      seen.push(command.input);
      return { Records: [good], $metadata: {} };
    },
    destroy: () => {},
  };
  const writer = createKinesisWriter(double);
  await expect(writer.write('orders', [entry], {})).resolves.toMatchObject([
    { ok: true, shardId: 'shardId-0' },
  ]);
  expect(seen).toMatchObject([inputOf('orders', [entry])]);
});

/** The body of an answer whose connection was cut. */
function broken(): Readable {
  return new Readable({
    read() {
      this.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    },
  });
}

function callOf(stream: string, entries: readonly (typeof entry)[]): PutRecordsCall {
  return new PutRecordsCall(stream, entries, encodePutRecords(stream, entries));
}

/** Two requests that say the same, but for what is a call's own. */
function expectAlike(ours: OutgoingRequest | undefined, theirs: OutgoingRequest | undefined): void {
  expect(JSON.parse(String(ours?.body))).toEqual(JSON.parse(String(theirs?.body)));
  expect(ours?.headers['content-length']).toBe(String(Buffer.byteLength(String(ours?.body))));
  if (ours === undefined || theirs === undefined) throw new Error('a request was not sent');
  expect(common(ours)).toEqual(common(theirs));
}

function common({ headers, method, protocol, hostname, port, path, query }: OutgoingRequest): object {
  const { authorization, 'amz-sdk-invocation-id': id, 'content-length': length, ...shared } = headers;
  const { 'x-amz-date': date, 'x-amz-content-sha256': hash, ...same } = shared;
  for (const own of [authorization, id, length, date, hash]) expect(own).toBeDefined();
  return { method, protocol, hostname, port, path, query, headers: same };
}

function hourOf(moment: Date | OutgoingRequest | undefined): string {
  const date =
    moment instanceof Date ? moment.toISOString().replaceAll(/[-:]/g, '') : moment?.headers['x-amz-date'];
  return date?.slice(0, 11) ?? '';
}

function json(statusCode: number, body: object, headers: Record<string, string> = {}): Partial<HttpResponse> {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'r-0', ...headers },
    body: JSON.stringify(body),
  };
}
