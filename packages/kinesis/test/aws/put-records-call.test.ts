import { Readable } from 'node:stream';

import { KinesisClient, PutRecordsCommand, type PutRecordsCommandInput } from '@aws-sdk/client-kinesis';
import { HttpResponse } from '@smithy/core/protocols';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createKinesisWriter } from '../../src/aws/kinesis-writer.ts';
import { encodePutRecords } from '../../src/aws/put-records-body.ts';
import { PutRecordsCall } from '../../src/aws/put-records-call.ts';

const entry = { partitionKey: 'k', data: Uint8Array.of(1, 2, 3) };
const good = {
  SequenceNumber: '49590338271490256608559692538361571095921575989136588898',
  ShardId: 'shardId-0',
};

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A client whose service answers as told, and what it was sent. */
function clientOf(answer: (call: number) => Partial<HttpResponse> | Error): {
  client: KinesisClient;
  sent: Sent[];
} {
  const sent: Sent[] = [];
  const client = new KinesisClient({
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    maxAttempts: 1,
    requestHandler: {
      async handle(request: Sent) {
        sent.push({ headers: request.headers, body: request.body });
        const given = answer(sent.length);
        if (given instanceof Error) throw given;
        const { statusCode = 200, headers = {}, body = '' } = given;
        return {
          response: new HttpResponse({
            statusCode,
            headers,
            body: Readable.from([Buffer.from(String(body))]),
          }),
        };
      },
    },
  });
  return { client, sent };
}

function inputOf(stream: string, entries: readonly (typeof entry)[]): PutRecordsCommandInput {
  return {
    StreamName: stream,
    Records: entries.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
  };
}

const outgoing = fc.record({
  partitionKey: fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ minLength: 1 })),
  data: fc.uint8Array({ maxLength: 600 }),
  explicitHashKey: fc.option(fc.constantFrom('0', '340282366920938463463374607431768211455'), {
    nil: undefined,
  }),
});

test('the body says what was put, whatever the keys and bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(outgoing, { maxLength: 20 }), (stream, records) => {
      const entries = records.map(({ explicitHashKey, ...rest }) =>
        explicitHashKey === undefined ? rest : { ...rest, explicitHashKey },
      );
      const parsed: unknown = JSON.parse(encodePutRecords(stream, entries).toString());
      expect(parsed).toEqual({
        StreamName: stream,
        Records: entries.map(({ partitionKey, data, ...more }) => ({
          Data: Buffer.from(data).toString('base64'),
          PartitionKey: partitionKey,
          ...('explicitHashKey' in more && { ExplicitHashKey: more.explicitHashKey }),
        })),
      });
    }),
    { numRuns: 500 },
  );
});

test('a record without a partition key is sent without one', () => {
  const body = encodePutRecords('s', [{ partitionKey: '', data: Uint8Array.of(1) }]);
  expect(JSON.parse(body.toString())).toEqual({ StreamName: 's', Records: [{ Data: 'AQ==' }] });
});

test('base64 has every length right, short and long', () => {
  for (let length = 0; length < 260; length++) {
    const data = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 255);
    const { Records } = JSON.parse(encodePutRecords('s', [{ partitionKey: 'k', data }]).toString());
    expect(Records[0].Data).toBe(Buffer.from(data).toString('base64'));
  }
});

test('the request is the SDK’s own but for the spelling of its body', async () => {
  const { client, sent } = clientOf(() => ({
    body: JSON.stringify({ FailedRecordCount: 0, Records: [good] }),
  }));
  const call = new PutRecordsCall('orders', [entry]);
  await client.send(call.command);
  await client.send(new PutRecordsCommand(inputOf('orders', [entry])));
  const [ours, theirs] = sent;
  expect(JSON.parse(String(ours?.body))).toEqual(JSON.parse(String(theirs?.body)));
  expect(Object.keys(ours?.headers ?? {}).toSorted()).toEqual(Object.keys(theirs?.headers ?? {}).toSorted());
  for (const name of ['content-type', 'x-amz-target', 'content-length', 'x-amz-security-token', 'host']) {
    expect([name, ours?.headers[name]]).toEqual([name, theirs?.headers[name]]);
  }
  expect(call.results).toEqual([good]);
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

test.each(Object.entries(refusals))('%s fails exactly as with the SDK itself', async (_name, answer) => {
  const { client } = clientOf(answer);
  const told = async (command: PutRecordsCommand): Promise<unknown> => {
    const error = await client.send(command).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (!(error instanceof Error)) throw new Error('it did not fail');
    const { $metadata, $fault, $retryable } = error as unknown as Record<string, unknown>;
    return {
      name: error.name,
      message: error.message,
      kind: error.constructor.name,
      $metadata,
      $fault,
      $retryable,
    };
  };
  const ours = await told(new PutRecordsCall('orders', [entry]).command);
  expect(ours).toEqual(await told(new PutRecordsCommand(inputOf('orders', [entry]))));
});

test('a clock that is wrong is corrected for the next call, as with the SDK itself', async () => {
  const ahead = new Date(Date.now() + 3_600_000);
  const { client, sent } = clientOf((call) =>
    call === 1
      ? json(
          400,
          { __type: 'RequestExpired', message: 'Request has expired.' },
          { date: ahead.toUTCString() },
        )
      : { body: JSON.stringify({ FailedRecordCount: 0, Records: [good] }) },
  );
  const writer = createKinesisWriter(client);
  await expect(writer.write('orders', [entry], {})).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
  await writer.write('orders', [entry], {});
  const signedAt = sent[1]?.headers['x-amz-date'] ?? '';
  expect(signedAt.slice(0, 11)).toBe(ahead.toISOString().replaceAll(/[-:]/g, '').slice(0, 11));
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

function json(statusCode: number, body: object, headers: Record<string, string> = {}): Partial<HttpResponse> {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'r-0', ...headers },
    body: JSON.stringify(body),
  };
}
