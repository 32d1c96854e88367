import { createServer } from 'node:net';

import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { isMillraceError, MillraceError } from '@millrace/kinesis';
import { toMillraceError } from '@millrace/kinesis/aws';
import { describe, expect, test } from 'vitest';

const onStream = { operation: 'GetRecords', stream: 'orders', shardId: 'shardId-000000000001' };

function sdkError(name: string, extra: object = {}): Error {
  return Object.assign(new Error('the service said so.'), {
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: 400, requestId: 'request-1' },
    ...extra,
  });
}

describe('an error of the AWS SDK', () => {
  test.each([
    ['ResourceNotFoundException', 'STREAM_NOT_FOUND', false],
    ['ExpiredIteratorException', 'ITERATOR_EXPIRED', false],
    ['AccessDeniedException', 'ACCESS_DENIED', false],
    ['AccessDenied', 'ACCESS_DENIED', false],
    ['KMSAccessDeniedException', 'ACCESS_DENIED', false],
    ['UnrecognizedClientException', 'CREDENTIALS_INVALID', false],
    ['InvalidSignatureException', 'CREDENTIALS_INVALID', false],
    ['ExpiredTokenException', 'CREDENTIALS_INVALID', true],
    ['RequestExpired', 'CREDENTIALS_INVALID', true],
    ['ProvisionedThroughputExceededException', 'THROTTLED', true],
    ['LimitExceededException', 'THROTTLED', true],
    ['ThrottlingException', 'THROTTLED', true],
    ['KMSThrottlingException', 'THROTTLED', true],
    ['ResourceInUseException', 'SERVICE_FAILED', true],
    ['InvalidArgumentException', 'SERVICE_FAILED', false],
    ['KMSDisabledException', 'SERVICE_FAILED', false],
    ['SomethingNewException', 'SERVICE_FAILED', false],
  ])('%s becomes %s and keeps its own name, place and request', (name, code, retryable) => {
    const error = toMillraceError(sdkError(name), onStream);
    expect(error).toMatchObject({ code, retryable });
    expect(error.details).toEqual({
      stream: 'orders',
      shardId: 'shardId-000000000001',
      service: name,
      requestId: 'request-1',
    });
    expect(error.message).toContain('GetRecords on stream "orders", shard shardId-000000000001 failed');
    expect(error.cause).toMatchObject({ name });
  });

  test('a refused record is the put that is rejected, a refused lease item is not', () => {
    const refusal = sdkError('ValidationException');
    expect(toMillraceError(refusal, { operation: 'PutRecords', stream: 'orders' }).code).toBe('PUT_REJECTED');
    expect(toMillraceError(refusal, { operation: 'PutItem', table: 'billing' })).toMatchObject({
      code: 'SERVICE_FAILED',
      retryable: false,
    });
  });

  test('where a stream has as many fan-out consumers as it may, capacity is not what is advised', () => {
    const full = sdkError('LimitExceededException');
    const { advice } = toMillraceError(full, { operation: 'RegisterStreamConsumer', stream: 'orders' });
    expect(advice).toContain('deregister one that nobody uses, or read by polling');
  });

  test('a missing table is not a missing stream', () => {
    const error = toMillraceError(sdkError('ResourceNotFoundException'), {
      operation: 'Scan',
      table: 'billing',
    });
    expect(error).toMatchObject({ code: 'SERVICE_FAILED', retryable: false });
    expect(error.message).toContain('table "billing"');
  });

  test('a server fault, a 5xx status and a 429 are worth another try whatever their name', () => {
    expect(toMillraceError(sdkError('Odd', { $fault: 'server' }), onStream)).toMatchObject({
      code: 'SERVICE_FAILED',
      retryable: true,
    });
    expect(toMillraceError(sdkError('Odd', { $metadata: { httpStatusCode: 502 } }), onStream)).toMatchObject({
      code: 'SERVICE_FAILED',
      retryable: true,
    });
    expect(toMillraceError(sdkError('Odd', { $metadata: { httpStatusCode: 429 } }), onStream)).toMatchObject({
      code: 'THROTTLED',
      retryable: true,
    });
  });

  test('credentials that cannot be found are a matter of credentials, not of the service', () => {
    const error = Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    });
    expect(toMillraceError(error, onStream)).toMatchObject({ code: 'CREDENTIALS_INVALID', retryable: false });
  });

  test('the advice names region and endpoint when they are known and tells to check them when not', () => {
    const denied = sdkError('AccessDeniedException');
    const known = toMillraceError(denied, {
      ...onStream,
      region: 'eu-west-1',
      endpoint: 'http://localhost:4567',
    });
    expect(known.advice).toContain('region eu-west-1 at endpoint http://localhost:4567');
    expect(toMillraceError(denied, onStream).advice).toContain('region and endpoint');
  });
});

describe('an error of the network', () => {
  test('a call that was cancelled for want of a connection says what became of the connection', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4567'), {
      code: 'ECONNREFUSED',
      address: '127.0.0.1',
      port: 4567,
    });
    const cancelled = Object.assign(new Error('The pending stream has been canceled (caused by: …)'), {
      code: 'ERR_HTTP2_STREAM_CANCEL',
      cause: refused,
    });
    const error = toMillraceError(cancelled, onStream);
    expect(error).toMatchObject({ code: 'ENDPOINT_UNREACHABLE', retryable: true });
    expect(error.message).toContain('failed: connect ECONNREFUSED 127.0.0.1:4567.');
    expect(error.advice).toContain('that something listens at 127.0.0.1:4567');
    expect(error.message).not.toContain('canceled');
  });

  test.each(['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'ERR_HTTP2_STREAM_CANCEL'])(
    '%s means the endpoint is unreachable for now',
    (code) => {
      const error = toMillraceError(Object.assign(new Error('socket'), { code }), onStream);
      expect(error).toMatchObject({ code: 'ENDPOINT_UNREACHABLE', retryable: true });
    },
  );

  test.each([
    'Unexpected error: http2 request did not get a response',
    'HTTP/2 stream is abnormally aborted in mid-communication with result code 2.',
    'socket hang up',
  ])('a nameless "%s" counts as unreachable too', (message) => {
    expect(toMillraceError(new Error(message), onStream)).toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      retryable: true,
    });
  });

  test('a real SDK client calling a closed port says where nobody listens', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    await new Promise((resolve) => server.close(resolve));
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    });
    const failure: unknown = await client
      .send(new GetItemCommand({ TableName: 'leases', Key: { leaseKey: { S: 'a' } } }))
      .catch((error: unknown) => error);
    client.destroy();
    const error = toMillraceError(failure, { operation: 'GetItem', table: 'leases' });
    expect(error).toMatchObject({ code: 'ENDPOINT_UNREACHABLE', retryable: true });
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });
});

describe('anything else thrown', () => {
  test('an abort stays an abort', () => {
    expect(toMillraceError(new DOMException('stop', 'AbortError'), onStream).code).toBe('ABORTED');
  });

  test('an error that is one of ours already is passed through', () => {
    const ours = new MillraceError('CLOSED', 'Closed.', { advice: 'Open it.' });
    expect(toMillraceError(ours, onStream)).toBe(ours);
  });

  test.each([undefined, null, 'text', 7, {}])(
    '%j becomes a typed error and nothing else throws',
    (thrown) => {
      const error = toMillraceError(thrown, onStream);
      expect(isMillraceError(error, 'SERVICE_FAILED')).toBe(true);
      expect(error.retryable).toBe(false);
    },
  );
});

test('an answer that was cut off is worth another call', () => {
  const cut = Object.assign(new SyntaxError('Unexpected end of JSON input'), {
    $metadata: { httpStatusCode: 200 },
  });
  expect(toMillraceError(cut, { operation: 'GetRecords' })).toMatchObject({
    code: 'SERVICE_FAILED',
    retryable: true,
  });
});
