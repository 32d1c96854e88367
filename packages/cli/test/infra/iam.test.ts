import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startServer } from '@millrace/local';
import { expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';

const arn = 'arn:aws:kinesis:eu-west-1:111122223333:stream/orders';

test('the policy of a producer is to write and to ask how large a record may be, on one stream', async () => {
  const { code, stdout, stderr } = await runCli(['iam', '--role', 'producer', '--stream', arn]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'WriteRecords',
        Effect: 'Allow',
        Action: ['kinesis:PutRecords', 'kinesis:DescribeStreamSummary'],
        Resource: arn,
      },
    ],
  });
});

test('fan-out, the key and the lease table are named for the account and region of the ARN', async () => {
  const { stdout } = await runCli([
    'iam',
    '--role',
    'consumer',
    '--efo',
    '--kms',
    '--group',
    'billing',
    '--stream',
    arn,
  ]);
  for (const part of [
    `${arn}/consumer/*`,
    'kinesis:SubscribeToShard',
    'arn:aws:kms:eu-west-1:111122223333:key/*',
    '"kms:ViaService": "kinesis.eu-west-1.amazonaws.com"',
    'arn:aws:dynamodb:eu-west-1:111122223333:table/billing',
  ]) {
    expect(stdout).toContain(part);
  }
  expect(stdout).not.toContain('kinesis:GetRecords');
});

test('CDK and Terraform say the same, with the account and region of the deployment', async () => {
  const cdk = await runCli(['iam', '--role', 'producer', '--stream', 'orders', '-o', 'cdk']);
  expect(cdk.stdout).toContain(
    '`arn:${Aws.PARTITION}:kinesis:${Aws.REGION}:${Aws.ACCOUNT_ID}:stream/orders`',
  );
  const terraform = await runCli(['iam', '--role', 'producer', '--stream', 'orders', '-o', 'terraform']);
  expect(terraform.stdout).toContain('resource "aws_iam_policy" "stream_producer" {');
  expect(terraform.stdout).toContain('data "aws_region" "current"');
});

test.each([
  [['--role', 'reader'], '--role'],
  [[], 'role'],
  [['--role', 'producer', '--efo'], 'iam.efo'],
  [['--role', 'producer', '--group', 'a'], '--group'],
  [['--role', 'consumer', '--aggregate'], '--aggregate'],
  [['--role', 'lambda', '--failures', 'arn:aws:kafka:x'], '--failures'],
  [['--role', 'admin', '--stream', 'no spaces'], '--stream'],
  [['--role', 'admin', '--account', '12'], '--account'],
  [['--role', 'producer', '--key', 'alias/x'], '--key'],
])('millrace iam %j is a usage error that names %s', async (argv, word) => {
  const { code, stderr } = await runCli(['iam', ...argv]);
  expect(code).toBe(2);
  expect(stderr).toContain(word);
});

test('millrace server --policy enforces what millrace iam prints', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-policy-'));
  const file = join(folder, 'policy.json');
  const { stdout: policy } = await runCli(['iam', '--role', 'producer', '--stream', 'orders']);
  writeFileSync(file, policy);
  const stopping = new AbortController();
  let endpoint = '';
  const serving = runCli(['server', '--port', '0', '--stream', 'orders', '--policy', file], {
    signal: stopping.signal,
    doors: {
      startServer: async (options) => {
        const server = await startServer(options);
        endpoint = server.endpoint;
        queueMicrotask(() => void talk().finally(() => stopping.abort()));
        return server;
      },
    },
  });
  const codes: number[] = [];
  const talk = async (): Promise<void> => {
    const flags = ['--endpoint-url', endpoint];
    codes.push((await runCli(['put', 'orders', 'x', ...flags])).code);
    codes.push((await runCli(['shards', 'ls', 'orders', ...flags])).code);
  };
  expect((await serving).code).toBe(0);
  expect(codes).toEqual([0, 4]);
  rmSync(folder, { recursive: true });
});

test('a policy that cannot be enforced stops the server before it starts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-policy-'));
  const file = join(folder, 'policy.json');
  writeFileSync(file, JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 'x', Resource: '*' }] }));
  const { code, stderr } = await runCli(['server', '--port', '0', '--policy', file]);
  rmSync(folder, { recursive: true });
  expect(code).toBe(2);
  expect(stderr).toContain('Statement[0].Action');
});
