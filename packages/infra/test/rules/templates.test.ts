import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { App, Stack } from 'aws-cdk-lib';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test, vi } from 'vitest';

import { KinesisStream, LambdaProcessor, StreamAlarms, StreamDashboard } from '../../src/cdk/index.ts';
import {
  classicKinds,
  cloudFormationTemplate,
  cloudFormationYaml,
  createStack,
  terraformModule,
} from '../../src/index.ts';
import { checkFiles, type Finding, type SourceFile } from '../../src/rules/index.ts';
import { stacks, unsafeOptions } from '../support/stacks.ts';

// The CDK and the validators load slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const fixture = (name: string): SourceFile => ({
  file: name,
  text: readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'),
});
const idsAt = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ ruleId, line, detail }) => `${line} ${ruleId}${detail === undefined ? '' : ` ${detail}`}`);

test('every known defect of the classic template is found, at its line', async () => {
  const { findings } = await checkFiles([fixture('classic.yaml')]);
  expect(idsAt(findings)).toEqual([
    '7 KST033 ShardCount',
    '10 KST033 RetentionHours',
    '17 KST018',
    '17 KST029',
    '17 KST045 nothing watches records that are refused, a function that fails, records that are dropped',
    '17 KST047 MaxRecordSizeInKiB',
    '41 KST023',
    '42 KST032',
    '42 KST042 Architectures, TracingConfig',
    '45 KST017 FunctionName',
    '46 KST031',
    '52 KST027',
    '58 KST001',
    '58 KST004',
    '58 KST005',
    '58 KST020',
    '58 KST041',
    '63 KST003',
    '64 KST028 BatchSize and ParallelizationFactor',
    '69 KST019',
    '69 KST024 OKActions',
    '72 KST017 AlarmName',
    '78 KST026',
    '82 KST048 60000 ms',
    '86 KST016',
    '86 KST025',
    '86 KST044',
    '89 KST017 TopicName',
    '91 KST046 StreamArn',
  ]);
});

test('every known defect of the classic Terraform is found, at its line', async () => {
  const { findings } = await checkFiles([fixture('classic.tf')]);
  expect(idsAt(findings)).toEqual([
    '1 KST018',
    '1 KST029',
    '1 KST035',
    '1 KST047 MaxRecordSizeInKiB, EnforceConsumerDeletion',
    '2 KST034 var.stream_name',
    '3 KST034 var.shard_count',
    '4 KST034 var.retention_hours',
    '8 KST036',
    '18 KST034 var.environment',
    '23 KST001',
    '23 KST004',
    '23 KST005',
    '23 KST020',
    '23 KST037',
    '23 KST041',
    '25 KST034 aws_lambda_function.processor',
    '26 KST003',
    '27 KST028 BatchSize and ParallelizationFactor',
  ]);
});

test('the shipped templates and modules have none, and nothing in them cannot be judged', async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const files = [
    ...classicKinds.map((kind) => `templates/${kind}.yaml`),
    ...classicKinds.flatMap((kind) =>
      readdirSync(`${root}terraform/${kind}`).map((name) => `terraform/${kind}/${name}`),
    ),
  ].map((file) => ({ file, text: readFileSync(`${root}${file}`, 'utf8') }));
  const { findings, cannotTell, checked } = await checkFiles(files);
  expect({ findings, cannotTell }).toEqual({ findings: [], cannotTell: [] });
  expect(checked).toHaveLength(10);
});

test.each(stacks)(
  'the %s stack has none, as CloudFormation in YAML and JSON and as Terraform',
  async (name, template) => {
    const { findings } = await checkFiles([
      { file: 'stack.yaml', text: cloudFormationYaml(template) },
      { file: 'stack.json', text: JSON.stringify(cloudFormationTemplate(template), undefined, 2) },
      ...Object.entries(terraformModule(template)).map(([file, text]) => ({ file, text })),
    ]);
    // All seven shard metrics are asked for in so many words.
    expect(idsAt(findings).filter((one) => !(name === 'full' && one.includes('KST036')))).toEqual([]);
  },
);

test('what the CDK constructs synthesize has none', async () => {
  const stack = new Stack(new App(), 'Orders');
  const stream = new KinesisStream(stack, 'Stream', { shards: 2 });
  const code = {
    bind: () => ({ s3Location: { bucketName: 'builds', objectKey: 'billing.zip' } }),
    bindToResource: () => {},
  } as unknown as Code;
  const processors = [
    new LambdaProcessor(stack, 'Billing', { stream, code }),
    new LambdaProcessor(stack, 'Search', { stream, code, fanOut: true, failures: 'bucket' }),
  ];
  expect(
    new StreamAlarms(stack, 'Alarms', { stream, processors, email: 'ops@example.com' }).alarms.length,
  ).toBeGreaterThan(20);
  expect(new StreamDashboard(stack, 'Dashboard', { stream, processors })).toBeDefined();
  const text = JSON.stringify(Template.fromStack(stack).toJSON(), undefined, 1);
  const { findings } = await checkFiles([{ file: 'cdk.out/Orders.template.json', text }]);
  expect(findings).toEqual([]);
});

test('model and rules agree: every choice that must be spelled out is a trap', async () => {
  const { findings } = await checkFiles([
    { file: 'unsafe.yaml', text: cloudFormationYaml(createStack(unsafeOptions)) },
  ]);
  expect(new Set(findings.map(({ ruleId }) => ruleId))).toEqual(
    new Set(['KST001', 'KST002', 'KST003', 'KST004', 'KST018', 'KST021', 'KST022', 'KST024']),
  );
});
