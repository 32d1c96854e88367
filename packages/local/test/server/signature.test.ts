import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient, ListStreamsCommand, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createLocalKinesis, startServer, type LocalServer } from '../../src/index.ts';

const right = { accessKeyId: 'AKID', secretAccessKey: 'the right secret' };
const temporary = { accessKeyId: 'TEMP', secretAccessKey: 'for an hour', sessionToken: 'token==' };
const wrong = { accessKeyId: 'AKID', secretAccessKey: 'the wrong secret' };
const unknown = { accessKeyId: 'NOBODY', secretAccessKey: 'the right secret' };

const verifySignatures = {
  [right.accessKeyId]: right.secretAccessKey,
  [temporary.accessKeyId]: {
    secretAccessKey: temporary.secretAccessKey,
    sessionToken: temporary.sessionToken,
  },
};

let server: LocalServer;
beforeAll(async () => {
  server = await startServer({ port: 0, streams: { s: {} }, verifySignatures });
});
afterAll(() => server.close());

type Credentials = typeof right | typeof temporary;

/** Asks each service for something as that one: over HTTP/2 to Kinesis, HTTP/1.1 to the others. */
const services: readonly { name: string; ask: (credentials: Credentials) => Promise<unknown> }[] = [
  {
    name: 'Kinesis',
    ask: (credentials) => new KinesisClient(config(credentials)).send(new ListStreamsCommand({})),
  },
  {
    name: 'DynamoDB',
    ask: (credentials) => new DynamoDBClient(config(credentials)).send(new ListTablesCommand({})),
  },
  {
    name: 'CloudWatch',
    ask: (credentials) => new CloudWatchClient(config(credentials)).send(new ListMetricsCommand({})),
  },
];

function config(credentials: Credentials) {
  return { endpoint: server.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 };
}

describe.each(services)('$name with signatures verified', ({ ask }) => {
  test('lets the SDK in with the right secret, and with a session token', async () => {
    await expect(ask(right)).resolves.toBeDefined();
    await expect(ask(temporary)).resolves.toBeDefined();
  });

  test('refuses a wrong secret, an unknown key and a stale token in the words of the service', async () => {
    await expect(ask(wrong)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringContaining('does not match the signature you provided'),
      $metadata: { httpStatusCode: 400 },
    });
    await expect(ask(unknown)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    await expect(ask({ ...temporary, sessionToken: 'old' })).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
  });
});

describe('Kinesis with signatures verified', () => {
  test('takes records signed as they are, of any bytes', async () => {
    const client = new KinesisClient(config(right));
    const Data = Uint8Array.from({ length: 256 }, (_, index) => index);
    const put = new PutRecordCommand({ StreamName: 's', PartitionKey: 'ключ ü', Data });
    await expect(client.send(put)).resolves.toMatchObject({ ShardId: 'shardId-000000000000' });
    client.destroy();
  });

  test('refuses a request that is not signed', async () => {
    const answer = await fetch(server.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Kinesis_20131202.ListStreams',
      },
      body: '{}',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    });
  });

  test('refuses what was signed too long ago by its clock', async () => {
    const clock = createManualClock({ start: Date.now() });
    await using kinesis = await createLocalKinesis({ clock, verifySignatures });
    const client = new KinesisClient({ ...kinesis.clientConfig, maxAttempts: 1 });
    await expect(client.send(new ListStreamsCommand({}))).resolves.toMatchObject({ StreamNames: [] });
    clock.jump(3_600_000);
    await expect(client.send(new ListStreamsCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching(/^Signature expired: \d{8}T\d{6}Z is now earlier than /),
    });
  });
});

test('clients in the same process are given a key that is let in', async () => {
  await using kinesis = await createLocalKinesis({
    verifySignatures: { TEMP: verifySignatures['TEMP'] ?? '' },
  });
  expect(kinesis.clientConfig.credentials).toMatchObject({ accessKeyId: 'TEMP', sessionToken: 'token==' });
  const client = new KinesisClient(kinesis.clientConfig);
  await expect(client.send(new ListStreamsCommand({}))).resolves.toMatchObject({ StreamNames: [] });
});
