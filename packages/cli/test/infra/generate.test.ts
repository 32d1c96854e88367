import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  EnableEnhancedMonitoringCommand,
  KinesisClient,
  StartStreamEncryptionCommand,
} from '@aws-sdk/client-kinesis';
import { cloudFormationYaml, createStack, terraformModule } from '@millrace/infra';
import { checkFiles } from '@millrace/infra/rules';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';
import { useServer } from '../support/server.ts';

const local = useServer({
  streams: { orders: { shards: 3, retentionHours: 48 }, payments: { maxRecordKiB: 2048 } },
});
const config = {
  stream: { name: 'orders', shards: 2 },
  processors: { billing: { function: { code: { bucket: 'builds', key: 'billing.zip' } } } },
  notify: { email: 'ops@example.com' },
};
let folder = '';
const path = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-generate-'));
  writeFileSync(path('stack.json'), JSON.stringify(config));
  writeFileSync(path('broken.json'), '{');
  writeFileSync(path('list.json'), '[]');
  writeFileSync(path('unsafe.json'), JSON.stringify({ stream: { name: 'orders', encrypted: false } }));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('generate cfn writes what createStack says, and check finds nothing in it', async () => {
  const { code, stdout } = await runCli(['generate', 'cfn', '--config', path('stack.json')]);
  expect(code).toBe(0);
  expect(stdout).toBe(cloudFormationYaml(createStack(config)));
  expect((await checkFiles([{ file: 'template.yaml', text: stdout }])).findings).toEqual([]);
});

test('generate terraform --to writes the files of the module', async () => {
  const { code, stdout, stderr } = await runCli([
    'generate',
    'terraform',
    '--config',
    path('stack.json'),
    '--to',
    path('module'),
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('main.tf');
  const written = readdirSync(path('module')).map((name) => [
    name,
    readFileSync(join(path('module'), name), 'utf8'),
  ]);
  expect(Object.fromEntries(written)).toEqual(terraformModule(createStack(config)));
});

test('generate cdk writes constructs', async () => {
  const { stdout } = await runCli(['generate', 'cdk', '--config', path('stack.json')]);
  expect(stdout).toContain('export class OrdersStack extends Stack {');
  expect(stdout).toContain("new KinesisStream(this, 'Stream', { streamName: 'orders', shards: 2 });");
});

test('generate alarms --from-stream fits the stream that is there', async () => {
  const { code, stdout, stderr } = await runCli([
    'generate',
    'alarms',
    '--from-stream',
    'orders',
    '--topic',
    'arn:aws:sns:us-east-1:000000000000:ops',
    ...local.flags,
  ]);
  expect(code).toBe(0);
  expect(stderr).toBe('');
  const alarms = JSON.parse(stdout) as { AlarmName: string; AlarmActions: string[] }[];
  expect(alarms.map(({ AlarmName }) => AlarmName)).toContain('orders-WriteCapacity');
  for (const { AlarmActions } of alarms)
    expect(AlarmActions).toEqual(['arn:aws:sns:us-east-1:000000000000:ops']);
  expect(stdout).toContain('/ (60 * 3)');
  expect(stdout).toContain('age / (48 * 36000)');
});

test('generate alarms --config has those of the functions and groups that are yet to be made, and says how they are called', async () => {
  writeFileSync(
    path('readers.json'),
    JSON.stringify({
      ...config,
      services: { ledger: { group: 'ledger', metricsNamespace: 'Shop', fanOut: 'ledger-fast' } },
      maxLagMilliseconds: 5000,
    }),
  );
  const { stdout, stderr } = await runCli(['generate', 'alarms', '--config', path('readers.json')]);
  const alarms = JSON.parse(stdout) as {
    readonly AlarmName: string;
    readonly Threshold: number;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  }[];
  const of = (name: string): (typeof alarms)[number] | undefined =>
    alarms.find(({ AlarmName }) => AlarmName === name);
  expect(of('orders-billing-ProcessorLate')).toMatchObject({
    Threshold: 5000,
    Dimensions: [{ Name: 'FunctionName', Value: 'orders-billing' }],
  });
  expect(of('orders-ledger-GroupLate')).toMatchObject({ Threshold: 5000 });
  expect(stdout).toContain('"ledger-fast"');
  expect(stderr).toContain('as generate terraform calls them: orders-billing');
  const { 'main.tf': main } = terraformModule(createStack(config));
  expect(main).toContain('"${aws_kinesis_stream.stream.name}-billing"');
});

test('a dashboard has a line for the lag of each group, and for each fan-out consumer', async () => {
  const { stdout } = await runCli(['generate', 'dashboard', '--config', path('readers.json')]);
  expect(JSON.stringify(JSON.parse(stdout))).toContain(
    '["Shop","millrace.consumer.behind_ms","stream","orders","group","ledger",{"stat":"Maximum","label":"ledger"}]',
  );
  expect(stdout).toContain('"ConsumerName"');
});

test('generate --from-stream keeps the key, the metrics of shards and the largest record of the stream', async () => {
  const client = new KinesisClient({
    endpoint: local.server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const id = '7a3f1c52-0000-4000-8000-000000000000';
  const encrypt = (KeyId: string): Promise<unknown> =>
    client.send(new StartStreamEncryptionCommand({ StreamName: 'payments', EncryptionType: 'KMS', KeyId }));
  await encrypt(id);
  await client.send(
    new EnableEnhancedMonitoringCommand({ StreamName: 'payments', ShardLevelMetrics: ['IncomingBytes'] }),
  );
  const { stdout } = await runCli(['generate', 'cfn', '--from-stream', 'payments', ...local.flags]);
  const arn = `arn:aws:kms:us-east-1:000000000000:key/${id}`;
  expect(stdout).toContain(`KeyId: ${arn}`);
  expect(stdout).toContain('MaxRecordSizeInKiB: 2048');
  expect(stdout).toMatch(/DesiredShardLevelMetrics:\n +- IncomingBytes\n/);
  const iam = await runCli(['generate', 'iam', '--from-stream', 'payments', ...local.flags]);
  expect(iam.stdout).toContain(arn);
  await encrypt('alias/payments');
  client.destroy();
  const refused = await runCli(['generate', 'cfn', '--from-stream', 'payments', ...local.flags]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('roles cannot be given an alias');
  const alarms = await runCli(['generate', 'alarms', '--from-stream', 'payments', ...local.flags]);
  expect(alarms.code).toBe(0);
});

test('generate dashboard and iam write JSON without an open place', async () => {
  for (const kind of ['dashboard', 'iam']) {
    const { code, stdout } = await runCli([
      'generate',
      kind,
      '--config',
      path('stack.json'),
      '--region',
      'eu-west-1',
    ]);
    expect(code).toBe(0);
    expect(() => JSON.parse(stdout) as unknown).not.toThrow();
    expect(stdout).not.toContain('"expr"');
  }
});

test('without anybody to tell it warns', async () => {
  const { stderr } = await runCli(['generate', 'cfn', '--from-stream', 'orders', ...local.flags]);
  expect(stderr).toContain('nobody is told by alarms');
  expect(stderr).toContain('orders is not encrypted');
});

test.each([
  [['nonsense', '--config', 'stack.json'], 2, 'one of cdk, cfn, terraform'],
  [['cfn'], 2, 'one of --config and --from-stream'],
  [['cfn', '--config', 'missing.json'], 3, 'cannot be read'],
  [['cfn', '--config', 'broken.json'], 2, 'a file of JSON'],
  [['cfn', '--config', 'list.json'], 2, 'a JSON object that has a stream'],
  [['cfn', '--config', 'unsafe.json'], 2, 'stream.unsafe.unencrypted: true'],
  [['cdk', '--config', 'unsafe.json'], 2, 'stream.unsafe.unencrypted: true'],
  [['cfn', '--from-stream', 'nope'], 3, 'nope'],
])('generate %j ends with exit code %i and says %s', async (argv, code, word) => {
  const given = argv.map((one) => (one.endsWith('.json') ? path(one) : one));
  const result = await runCli(['generate', ...given, ...local.flags]);
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(word);
});
