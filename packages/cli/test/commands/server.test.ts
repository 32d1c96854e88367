import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  CreateChannelCommand,
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListStreamsCommand,
  PutRecordCommand,
  SplitShardCommand,
  StartStreamEncryptionCommand,
} from '@aws-sdk/client-kinesis';
import {
  CreateEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import { createCertificate } from '../../../local/src/server/certificate.ts';
import { expect, test } from 'vitest';

import { Collector, runCli, type CliResult } from '../support/run-cli.ts';

interface Running {
  readonly endpoint: string;
  readonly stdout: Collector;
  stop(): Promise<CliResult>;
}

async function start(...argv: string[]): Promise<Running> {
  return startIn({}, ...argv);
}

async function startIn(env: Readonly<Record<string, string>>, ...argv: string[]): Promise<Running> {
  const stdout = new Collector();
  const user = new AbortController();
  const ended = runCli(['server', '--port', '0', ...argv], { stdout, signal: user.signal, env });
  const text = await stdout.until((some) => some.includes('\n'));
  const [endpoint = ''] = /http:\/\/[^\s"]+/.exec(text) ?? [];
  return {
    endpoint,
    stdout,
    async stop() {
      user.abort();
      return ended;
    },
  };
}

test('one ready line on stdout, hints on stderr, and exit code 0 when stopped', async () => {
  const server = await start('--stream', 'orders:2', '--stream', 'clicks');
  const { lines } = await runCli(['streams', 'ls', '--endpoint-url', server.endpoint]);
  expect(lines.map(({ name }) => name)).toEqual(['clicks', 'orders']);
  const shards = await runCli(['shards', 'ls', 'orders', '--endpoint-url', server.endpoint]);
  expect(shards.lines).toHaveLength(2);
  const { code, stderr } = await server.stop();
  expect(code).toBe(0);
  expect(server.stdout.text).toBe(`Kinesis is ready at ${server.endpoint}\n`);
  expect(stderr).toContain(`export AWS_ENDPOINT_URL=${server.endpoint} AWS_REGION=us-east-1`);
});

test('--json makes the ready line one JSON document', async () => {
  const server = await start('--json', '--region', 'eu-west-1', '-q');
  const { stderr } = await server.stop();
  const port = Number(new URL(server.endpoint).port);
  expect(JSON.parse(server.stdout.text)).toEqual({ endpoint: server.endpoint, port, region: 'eu-west-1' });
  expect(stderr).toBe('');
});

test('what is put with --path is still there after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const first = await start('--path', folder, '--durability', 'fsync', '--stream', 'orders:2');
  const put = ['put', 'orders', '{"id":1}', '--key', 'ada', '--endpoint-url', first.endpoint];
  expect((await runCli(put)).code).toBe(0);
  await first.stop();
  const second = await start('--path', folder, '--stream', 'orders:2');
  const read = ['tail', 'orders', '--from', 'oldest', '--num', '1', '-o', 'ndjson'];
  const { lines } = await runCli([...read, '--endpoint-url', second.endpoint]);
  expect(lines).toMatchObject([{ partitionKey: 'ada', value: { id: 1 } }]);
  const third = await runCli(['server', '--port', '0', '--path', folder]);
  expect(third.code).not.toBe(0);
  expect(third.stderr).toContain(folder);
  await second.stop();
  await rm(folder, { recursive: true });
});

test("its times are those of the options, also in kinesalite's spelling", async () => {
  const server = await start('--createStreamMs', '60000');
  const { lines } = await runCli(['streams', 'create', 'a', '--no-wait', '--endpoint-url', server.endpoint]);
  expect(lines).toMatchObject([{ status: 'CREATING' }]);
  await server.stop();
});

test('--tls serves HTTPS beside it, to clients that trust what it wrote', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const file = join(folder, 'ca.pem');
  const server = await start('--json', '--tls-ca-file', file);
  const { tlsEndpoint } = JSON.parse(server.stdout.text) as { readonly tlsEndpoint: string };
  const ca = await readFile(file, 'utf8');
  expect(await listOver(tlsEndpoint, ca)).toEqual([]);
  await expect(listOver(tlsEndpoint, undefined)).rejects.toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  const { stderr } = await server.stop();
  expect(stderr).toContain(`NODE_EXTRA_CA_CERTS=${file}`);
  await rm(folder, { recursive: true });
});

test('--tls-key and --tls-cert serve the certificate given', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const given = createCertificate({
    names: ['localhost'],
    addresses: [Uint8Array.of(127, 0, 0, 1)],
    now: Date.now(),
  });
  await Promise.all([writeFile(key, given.key), writeFile(cert, given.cert)]);
  const server = await start('--json', '--tls-key', key, '--tls-cert', cert);
  const { tlsEndpoint } = JSON.parse(server.stdout.text) as { readonly tlsEndpoint: string };
  expect(await listOver(tlsEndpoint, given.cert)).toEqual([]);
  await server.stop();
  await rm(folder, { recursive: true });
});

test('--kms-key, --channels, --faults and --account-id reach the server', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const faults = join(folder, 'faults.json');
  await writeFile(faults, JSON.stringify([{ operation: 'SplitShard', error: 'InternalFailure' }]));
  const stream = ['--stream', 'orders', '--account-id', '123456789012', '--channels', join(folder, 's3')];
  const server = await start(...stream, '--kms-key', 'alias/orders=disabled', '--faults', faults);
  await using client = clientOf(server.endpoint);
  const { StreamDescriptionSummary: summary } = await client.send(
    new DescribeStreamSummaryCommand({ StreamName: 'orders' }),
  );
  expect(summary?.StreamARN).toBe('arn:aws:kinesis:us-east-1:123456789012:stream/orders');
  await expect(
    client.send(
      new StartStreamEncryptionCommand({
        StreamName: 'orders',
        EncryptionType: 'KMS',
        KeyId: 'alias/orders',
      }),
    ),
  ).rejects.toMatchObject({ name: 'KMSDisabledException' });
  await expect(
    client.send(
      new SplitShardCommand({
        StreamName: 'orders',
        ShardToSplit: 'shardId-000000000000',
        NewStartingHashKey: '9',
      }),
    ),
  ).rejects.toMatchObject({ name: 'InternalFailure' });
  await client.send(
    new CreateStreamCommand({ StreamName: 'clicks', StreamModeDetails: { StreamMode: 'ON_DEMAND' } }),
  );
  await client.send(
    new CreateChannelCommand({
      ChannelName: 'to-lake',
      ServiceExecutionRoleARN: 'arn:aws:iam::123456789012:role/delivery',
      StreamConfigurationList: [
        {
          StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/clicks',
          RecordConfiguration: { RecordFormatType: 'JSON' },
        },
      ],
      S3DestinationConfiguration: {
        StorageConfiguration: {
          BucketARN: 'arn:aws:s3:::lake',
          ExpectedBucketOwner: '123456789012',
          CompressionType: 'NONE',
        },
      },
    }),
  );
  await client.send(
    new PutRecordCommand({ StreamName: 'clicks', PartitionKey: 'a', Data: Buffer.from('{"id":1}') }),
  );
  await server.stop();
  const files = await readdir(join(folder, 's3', 'lake'), { recursive: true, withFileTypes: true });
  expect(files.filter((entry) => entry.isFile())).toHaveLength(1);
  await rm(folder, { recursive: true });
});

test('a taken port is exit code 1, with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { code, stdout, stderr } = await runCli(['server', '--port', String(port)]);
  other.close();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`Port ${port} on 127.0.0.1 is in use`);
  expect(stderr).toContain('port 0');
});

test.each([
  [['--host', '0.0.0.0'], '--allow-remote'],
  [['--host', '192.168.1.5'], '--allow-remote'],
  [['--stream', 'a:0'], '--stream'],
  [['--stream', 'a:x'], '--stream'],
  [['--stream', 'bad name'], '--stream'],
  [['--port', '70000'], '--port'],
  [['--kms-key', 'alias/a'], '--kms-key'],
  [['--kms-key', 'alias/a=broken'], 'disabled, denied, missing'],
  [['--account-id', '12'], 'twelve digits'],
  [['--tls-key', 'key.pem'], '--tls-cert'],
])('server %j is a usage error', async (argv, told) => {
  const { code, stderr } = await runCli(['server', ...argv]);
  expect(code).toBe(2);
  expect(stderr).toContain(told);
});

test.each([
  [['--tls-key', 'nowhere.pem', '--tls-cert', 'nowhere.pem'], 'nowhere.pem cannot be read'],
  [['--faults', 'nowhere.json'], 'nowhere.json cannot be read'],
  [['--policy', 'nowhere.json'], 'nowhere.json cannot be read'],
  [['--path', `${import.meta.filename}/data`, '--port', '0'], 'not a directory'],
])('server %j names a file that is not there: exit code 3, and no riddle', async (argv, told) => {
  const { code, stderr } = await runCli(['server', ...argv]);
  expect({ code, told: stderr.includes(told), stderr }).toMatchObject({ code: 3, told: true });
  expect(stderr).not.toContain('not an error Millrace knows');
});

test('a server that others can reach says what that means', async () => {
  const server = await start('--host', '0.0.0.0', '--allow-remote', '-q');
  const { stderr } = await server.stop();
  expect(stderr).toContain('there is no password');
});

test('--verify-signatures lets in who has the key of its environment, and shows no secret', async () => {
  const key = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'keep-me-secret' };
  const server = await startIn(key, '--verify-signatures', '--host', '0.0.0.0', '--allow-remote');
  const listAs = (secretAccessKey: string) =>
    new KinesisClient({
      endpoint: `http://127.0.0.1:${new URL(server.endpoint).port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKID', secretAccessKey },
    }).send(new ListStreamsCommand({}));
  await expect(listAs('keep-me-secret')).resolves.toMatchObject({ StreamNames: [] });
  await expect(listAs('another')).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  const { stderr } = await server.stop();
  expect(stderr).toContain('everyone who has the key and can reach 0.0.0.0');
  expect(server.stdout.text + stderr).not.toContain('keep-me-secret');
});

test('--verify-signatures without a key is a usage error', async () => {
  const { code, stderr } = await runCli(['server', '--verify-signatures']);
  expect(code).toBe(2);
  expect(stderr).toContain('AWS_SECRET_ACCESS_KEY');
});

test('--function registers a handler that a mapping made with the SDK invokes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const file = join(folder, 'bill.ts');
  await writeFile(
    file,
    'export const handler = (event: { Records: { kinesis: { data: string } }[] }): void => console.log("billed", atob(event.Records[0]!.kinesis.data));',
  );
  const server = await start('--stream', 'orders', '--function', `bill=${file}`);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const config = { endpoint: server.endpoint, region: 'us-east-1', credentials };
  const lambda = new LambdaClient(config);
  const mapping = new CreateEventSourceMappingCommand({
    FunctionName: 'bill',
    EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
    StartingPosition: 'TRIM_HORIZON',
  });
  await lambda.send(mapping);
  await using kinesis = clientOf(server.endpoint);
  await kinesis.send(
    new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'a', Data: Buffer.from('apple') }),
  );
  await untilProcessed(lambda);
  lambda.destroy();
  const ended = await server.stop();
  await rm(folder, { recursive: true });
  expect(ended.stderr).toContain('bill │ billed apple');
});

test('what a mapping gives up is told, and lies in the folder of --on-failure for dlq to read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const file = join(folder, 'bill.mjs');
  await writeFile(file, 'export const handler = () => { throw new Error("no"); };');
  const failures = join(folder, 'failures');
  for (const [flags, told] of [
    [['--on-failure', failures], `the document is in ${failures}`],
    [[], 'is gone with this process: there is no --on-failure'],
  ] as const) {
    const server = await start('--stream', 'orders', '--function', `bill=${file}`, ...flags);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const lambda = new LambdaClient({ endpoint: server.endpoint, region: 'us-east-1', credentials });
    await lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: 'bill',
        EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
        StartingPosition: 'TRIM_HORIZON',
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:lost' } },
      }),
    );
    await using kinesis = clientOf(server.endpoint);
    await kinesis.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'a', Data: Buffer.of(1) }));
    await untilProcessed(lambda, 'PROBLEM: Function call failed');
    lambda.destroy();
    const listed = await runCli(['dlq', 'ls', failures, '--endpoint-url', server.endpoint]);
    expect(listed.lines).toMatchObject([{ kind: 'batch', stream: 'orders', records: 1 }]);
    const { stderr } = await server.stop();
    expect(stderr).toContain(`warning: bill: shard-0 gave up 1 record after 1 attempt`);
    expect(stderr).toContain(told);
  }
  await rm(folder, { recursive: true });
});

test.each([
  [['--function', 'bill'], 2, '--function'],
  [['--function', 'bill=nowhere.ts'], 3, 'There is no file'],
])('%j is refused with exit code %i', async (argv, expected, told) => {
  const { code, stderr } = await runCli(['server', '--port', '0', ...argv]);
  expect(code).toBe(expected);
  expect(stderr).toContain(told);
});

/** Resolves once a mapping says so of its last batch. */
async function untilProcessed(lambda: LambdaClient, result = 'OK'): Promise<void> {
  for (;;) {
    const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
    if (EventSourceMappings[0]?.LastProcessingResult === result) return;
  }
}

function clientOf(endpoint: string): KinesisClient & AsyncDisposable {
  const client = new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  return Object.assign(client, { [Symbol.asyncDispose]: async () => client.destroy() });
}

/** Names of the streams, over TLS, to a client that trusts `ca`. */
function listOver(endpoint: string, ca: string | undefined): Promise<readonly string[]> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Kinesis_20131202.ListStreams',
    'x-amz-date': '20260101T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=a/b/us-east-1/kinesis/aws4_request, SignedHeaders=a, Signature=b',
  };
  return new Promise((resolve, reject) => {
    const call = request(endpoint, { method: 'POST', headers, ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve((JSON.parse(text) as { StreamNames: string[] }).StreamNames));
    });
    call.on('error', reject).end('{}');
  });
}
