import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { operations } from '../../src/api/operations.ts';
import { answerKinesis } from '../../src/wire/kinesis-wire.ts';
import type { WireRequest, WireResponse } from '../../src/wire/message.ts';
import { createTestService } from '../api/test-service.ts';

const json = 'application/x-amz-json-1.1';
const headers: Readonly<Record<string, string>> = {
  'content-type': json,
  'x-amz-target': 'Kinesis_20131202.ListStreams',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00',
};

interface Given {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const { service } = createTestService();

async function answer(
  given: Given,
  rules: Parameters<typeof answerKinesis>[2] = {},
): Promise<{ status: number; type: string; message?: string; response: WireResponse }> {
  const request: WireRequest = {
    method: 'POST',
    path: '/',
    body: '{}',
    ...given,
    headers: { ...headers, ...given.headers },
  };
  const response = await answerKinesis(service, request, rules);
  const text = typeof response.body === 'string' ? response.body : '';
  const parsed = text.startsWith('{')
    ? (JSON.parse(text) as { __type?: string; message?: string })
    : undefined;
  const { __type: type = /<(\w+)/.exec(text)?.[1] ?? '' } = parsed ?? {};
  return {
    status: response.status,
    type,
    ...(parsed?.message === undefined ? {} : { message: parsed.message }),
    response,
  };
}

const target = (text: string | undefined): Given => ({ headers: { 'x-amz-target': text } });
const contentType = (text: string | undefined): Given => ({ headers: { 'content-type': text } });

describe('the front of the service', () => {
  test.each([
    { what: 'a good request', given: {}, status: 200, type: '' },
    {
      what: 'a charset beside the content type',
      given: contentType(`${json}; charset=utf-8`),
      status: 200,
      type: '',
    },
    { what: 'GET', given: { method: 'GET', body: '' }, status: 403, type: 'AccessDeniedException' },
    { what: 'PUT', given: { method: 'PUT' }, status: 403, type: 'AccessDeniedException' },
    { what: 'no target', given: target(undefined), status: 400, type: 'UnknownOperationException' },
    {
      what: 'a target of another service',
      given: target('Other_1.ListStreams'),
      status: 400,
      type: 'UnknownOperationException',
    },
    {
      what: 'an empty operation',
      given: target('Kinesis_20131202.'),
      status: 400,
      type: 'UnknownOperationException',
    },
    {
      what: 'an unknown operation',
      given: target('Kinesis_20131202.Nothing'),
      status: 400,
      type: 'UnknownOperationException',
    },
    {
      what: 'a name every object has',
      given: target('Kinesis_20131202.constructor'),
      status: 400,
      type: 'UnknownOperationException',
    },
    { what: 'no body', given: { body: '' }, status: 400, type: 'SerializationException' },
    {
      what: 'no body and no target',
      given: { ...target(undefined), body: '' },
      status: 400,
      type: 'UnknownOperationException',
    },
    {
      what: 'a body that is not JSON',
      given: { body: '{"StreamName":' },
      status: 400,
      type: 'SerializationException',
    },
    {
      what: 'a body that is not JSON for an unknown target',
      given: { ...target('x.y'), body: 'hello' },
      status: 400,
      type: 'SerializationException',
    },
    { what: 'a number as body', given: { body: '5' }, status: 400, type: 'SerializationException' },
    { what: 'null as body', given: { body: 'null' }, status: 400, type: 'SerializationException' },
    { what: 'a list as body', given: { body: '[]' }, status: 400, type: 'SerializationException' },
    {
      what: 'bytes that are not UTF-8',
      given: { body: Uint8Array.of(0xff, 0xfe) },
      status: 400,
      type: 'SerializationException',
    },
    {
      what: 'another content type',
      given: contentType('text/plain'),
      status: 404,
      type: 'UnknownOperationException',
    },
    {
      what: 'JSON 1.0',
      given: contentType('application/x-amz-json-1.0'),
      status: 404,
      type: 'UnknownOperationException',
    },
    {
      what: 'no content type and no target',
      given: { headers: { 'content-type': undefined, 'x-amz-target': undefined } },
      status: 403,
      type: 'AccessDeniedException',
    },
  ])('answers $what with $status $type', async ({ given, status, type }) => {
    expect(await answer(given)).toMatchObject({ status, type });
  });

  test.each([
    {
      what: 'no signature',
      given: { headers: { authorization: undefined } },
      type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    },
    {
      what: 'half a signature',
      given: { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=a', 'x-amz-date': undefined } },
      type: 'IncompleteSignatureException',
      message:
        "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. " +
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
        'Authorization=AWS4-HMAC-SHA256 Credential=a',
    },
    {
      what: 'two signatures',
      given: { path: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' },
      type: 'InvalidSignatureException',
      message: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    },
    {
      what: 'half a signature in the query',
      given: {
        path: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=1',
        headers: { authorization: undefined },
      },
      type: 'IncompleteSignatureException',
      message:
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include " +
        "'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.",
    },
  ])('answers $what with $type', async ({ given, type, message }) => {
    expect(await answer(given)).toMatchObject({ status: 400, type, message });
  });

  test('lets in the keys and the region it was told, and no others', async () => {
    expect(await answer({}, { accessKeyIds: ['key'], signingRegion: 'us-east-1' })).toMatchObject({
      status: 200,
    });
    expect(await answer({}, { accessKeyIds: ['other'] })).toMatchObject({
      status: 400,
      type: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    });
    expect(await answer({}, { signingRegion: 'eu-west-1' })).toMatchObject({
      status: 400,
      type: 'InvalidSignatureException',
      message: "Credential should be scoped to a valid region, not 'us-east-1'. ",
    });
  });
});

/** Members of every request, and names that every object has. */
const members = [
  'StreamName',
  'StreamARN',
  'StreamId',
  'ShardCount',
  'Records',
  'Data',
  'PartitionKey',
  'ExplicitHashKey',
  'ShardId',
  'ShardIteratorType',
  'StartingSequenceNumber',
  'Timestamp',
  'ShardIterator',
  'Limit',
  'NextToken',
  'ShardFilter',
  'Type',
  'MaxResults',
  'Tags',
  'TagKeys',
  'ScalingType',
  'TargetShardCount',
  'ShardToSplit',
  'NewStartingHashKey',
  'ShardToMerge',
  'AdjacentShardToMerge',
  'RetentionPeriodHours',
  'StreamModeDetails',
  'StreamMode',
  'MaxRecordSizeInKiB',
  'SequenceNumberForOrdering',
  '__proto__',
  'constructor',
];

describe('whatever comes in', () => {
  const name = fc.constantFrom('orders', 'nowhere', '', 'a b');
  const scrap = fc.oneof(fc.jsonValue(), name, fc.nat(10_001), fc.base64String());
  const member = fc.constantFrom(...members);
  const object = fc.dictionary(member, scrap, { maxKeys: 8 });
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .dictionary(member, fc.oneof(scrap, object, fc.array(object, { maxLength: 4 })), { maxKeys: 8 })
      .map((value) => Buffer.from(JSON.stringify(value))),
  );

  test('to any operation is answered, never with a failure of the server', async () => {
    service.engine.createStream('orders', { shards: 2 });
    const called = [...operations.keys()].filter((operation) => operation !== 'DeleteStream');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...called), body, async (operation, bytes) => {
        const { response } = await answer({ ...target(`Kinesis_20131202.${operation}`), body: bytes });
        expect(response.status).toBeLessThan(500);
        expect([200, 400]).toContain(response.status);
      }),
      { numRuns: 2000 },
    );
  });

  test('as headers is answered as well', async () => {
    const text = fc.option(fc.string(), { nil: undefined });
    const given = fc.record({
      method: fc.constantFrom('GET', 'POST', 'OPTIONS', 'DELETE'),
      path: fc.oneof(fc.webPath(), fc.string()),
      headers: fc.record({
        authorization: text,
        'content-type': text,
        'x-amz-target': text,
        'x-amz-date': text,
      }),
    });
    await fc.assert(
      fc.asyncProperty(given, async (request) => {
        const { status } = await answer(request);
        expect([200, 400, 403, 404]).toContain(status);
      }),
    );
  });
});
