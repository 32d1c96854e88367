import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { App, Duration, Stack, Validations, type CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import {
  ConsumerService,
  KinesisStream,
  LambdaProcessor,
  StreamAlarms,
  StreamDashboard,
} from '../../src/cdk/index.ts';
import { cloudFormationTemplate, createStack } from '../../src/index.ts';

// The CDK and the validators load slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cdk-'));
  writeFileSync(join(folder, 'index.js'), 'exports.handler = async () => ({ batchItemFailures: [] });\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: unknown;
}
type Resources = Readonly<Record<string, Resource>>;

/** The same with every logical id replaced by what it is: its type, and which of that type. */
const anonymous = (resources: Resources): readonly Resource[] => {
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  for (const [id, { Type }] of Object.entries(resources)) {
    const count = (counts.get(Type) ?? 0) + 1;
    counts.set(Type, count);
    names.set(id, `${Type}#${count}`);
  }
  const rename = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const whole = names.get(value);
      return whole ?? value.replace(/(?<=\$\{)\w+(?=[.}])/g, (id) => names.get(id) ?? id);
    }
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rename(member)]));
  };
  return Object.values(resources).map(
    ({ Metadata: _metadata, ...resource }) => rename(plain(resource)) as Resource,
  );
};

const code = { bucket: 'builds', key: 'billing.zip' };

test('the constructs make what the generator writes, property by property', () => {
  const stack = new Stack(new App(), 'Same');
  const stream = new KinesisStream(stack, 'Orders', {
    streamName: 'orders',
    shards: 4,
    retention: Duration.hours(48),
    maxRecordKiB: 2048,
    shardMetrics: 'all',
    tags: { team: 'billing' },
  });
  const bucketCode = {
    bind: () => ({ s3Location: { bucketName: code.bucket, objectKey: code.key } }),
    bindToResource: () => {},
  };
  new LambdaProcessor(stack, 'Billing', {
    stream,
    code: bucketCode,
    environment: { STAGE: 'test' },
    tracing: true,
    reservedConcurrency: 12,
    parallelization: 3,
    filters: [{ data: { type: ['order'] } }],
    failures: 'bucket',
    fanOut: 'billing',
  });
  new ConsumerService(stack, 'Ledger', { stream, group: 'ledger', kclTables: true, fanOut: 'ledger' });
  const made = Template.fromStack(stack).toJSON() as { Resources: Resources };
  const written = cloudFormationTemplate(
    createStack({
      stream: {
        name: 'orders',
        shards: 4,
        retentionHours: 48,
        maxRecordKiB: 2048,
        shardMetrics: 'all',
        tags: { team: 'billing' },
      },
      processors: {
        billing: {
          function: { code, environment: { STAGE: 'test' }, tracing: true, reservedConcurrency: 12 },
          parallelization: 3,
          filters: [{ data: { type: ['order'] } }],
          failures: 'bucket',
          fanOut: 'billing',
        },
      },
      services: { ledger: { group: 'ledger', kclTables: true, fanOut: 'ledger' } },
      dashboard: false,
    }),
  ) as unknown as { Resources: Resources };
  expect(anonymous(made.Resources)).toEqual(anonymous(written.Resources));
});

/** The CDK joins where we substitute: both say the same text. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('Fn::Sub' in value) return String(value['Fn::Sub']);
  if ('Fn::Join' in value) {
    const [, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map((part) => (typeof part === 'string' ? part : reference(part))).join('');
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

function reference(value: unknown): string {
  const { Ref: ref, 'Fn::GetAtt': get } = value as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  return `\${${ref ?? get?.join('.') ?? ''}}`;
}

test('alarms and dashboard of the constructs are those of the generator', () => {
  const stack = new Stack(new App(), 'Alarms');
  const stream = new KinesisStream(stack, 'Orders', { streamName: 'orders', shards: 2 });
  const processor = new LambdaProcessor(stack, 'Processor', { stream, code: Code.fromAsset(folder) });
  const service = new ConsumerService(stack, 'Workers', {
    stream,
    group: 'ledger',
    metricsNamespace: 'Shop',
  });
  const watched = { stream, processors: [processor], services: [service] };
  const { alarms } = new StreamAlarms(stack, 'Alarms', { ...watched, email: 'ops@example.com' });
  new StreamDashboard(stack, 'Dashboard', watched);
  const template = Template.fromStack(stack);
  const written = createStack({
    stream: { name: 'orders', shards: 2 },
    processors: { processor: { function: { code } } },
    services: { workers: { group: 'ledger', metricsNamespace: 'Shop' } },
    notify: { email: 'ops@example.com' },
  });
  const ids = written.resources.filter(({ type }) => type === 'AWS::CloudWatch::Alarm').map(({ id }) => id);
  expect(alarms).toHaveLength(ids.length);
  template.resourceCountIs('AWS::CloudWatch::Alarm', ids.length);
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  for (const alarm of Object.values(template.findResources('AWS::CloudWatch::Alarm')) as Resource[]) {
    expect(alarm.Properties).toMatchObject({
      TreatMissingData: expect.any(String) as unknown,
      AlarmActions: [expect.anything()] as unknown,
      OKActions: [expect.anything()] as unknown,
    });
  }
});

test('cdk-nag has nothing to say that is not answered', () => {
  const app = new App();
  const stack = new Stack(app, 'Nag');
  const stream = new KinesisStream(stack, 'Orders', { shards: 2 });
  const processor = new LambdaProcessor(stack, 'Billing', {
    stream,
    code: Code.fromAsset(folder),
    reservedConcurrency: 2,
    tracing: true,
  });
  const archive = new LambdaProcessor(stack, 'Archive', {
    stream,
    code: Code.fromAsset(folder),
    failures: 'bucket',
    fanOut: true,
  });
  const workers = new ConsumerService(stack, 'Workers', { stream, group: 'ledger' });
  const watched = { stream, processors: [processor, archive], services: [workers] };
  new StreamAlarms(stack, 'Alarms', { ...watched, email: 'ops@example.com' });
  new StreamDashboard(stack, 'Dashboard', watched);
  const idOf = (...path: readonly string[]): string => {
    const child = path.reduce<IConstruct>((node, id) => node.node.findChild(id), stack);
    return stack.getLogicalId(child as CfnResource);
  };
  const logs = (...path: readonly string[]): string =>
    `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:<${idOf(...path)}>:log-stream:*]`;
  const answers: readonly (readonly [string, string])[] = [
    [
      'AwsSolutions::AwsSolutions-SQS3',
      'The failure queue is where dead letters go: it has none of its own.',
    ],
    ['Serverless::Serverless-SQSRedrivePolicy', 'The same.'],
    [logs('Billing', 'Logs'), 'Log streams are named by Lambda when it makes them.'],
    [logs('Archive', 'Logs'), 'The same.'],
    ['AwsSolutions::AwsSolutions-IAM5[Resource::*]', 'X-Ray knows no resources; asked for by tracing: true.'],
    [
      `AwsSolutions::AwsSolutions-IAM5[Resource::<${idOf('Archive', 'FailureBucket')}.Arn>/aws/lambda/*]`,
      'Lambda names the objects; only below its own prefix.',
    ],
    [
      'AwsSolutions::AwsSolutions-S1',
      'Only Lambda writes into the failure bucket; access logs would need a further bucket.',
    ],
    [
      'Serverless::Serverless-LambdaDLQ',
      'Its dead letter queue is for asynchronous calls: a stream uses the destination of the mapping.',
    ],
    ['Serverless::Serverless-LambdaTracing', 'Tracing costs, and is asked for by tracing: true.'],
    ['Serverless::Serverless-SNSRedrivePolicy', 'Mail that SNS cannot deliver has nowhere else to go.'],
  ];
  for (const [id, reason] of answers) Validations.of(stack).acknowledge({ id, reason });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  expect(() => app.synth()).not.toThrow();
});

test('cdk-nag does look: an unencrypted stream fails', () => {
  const app = new App();
  const stack = new Stack(app, 'Naked');
  new KinesisStream(stack, 'Orders', { encrypted: false, unsafe: { unencrypted: true } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).toThrow(/alidation/);
});

test('a stream under a key of its own gives its readers the use of the key, and no more', () => {
  const stack = new Stack(new App(), 'Key');
  const encryptionKey = new Key(stack, 'OwnKey');
  const stream = new KinesisStream(stack, 'Orders', { encryptionKey });
  new LambdaProcessor(stack, 'Billing', { stream, code: Code.fromAsset(folder) });
  const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')) as Resource[];
  expect(policy?.Properties['PolicyDocument']).toMatchObject({
    Statement: expect.arrayContaining([
      expect.objectContaining({ Sid: 'UseKey', Action: 'kms:Decrypt' }),
    ]) as unknown,
  });
});

test('a function that is there already keeps its code, and its role gets what it lacks', () => {
  const stack = new Stack(new App(), 'Existing');
  const stream = new KinesisStream(stack, 'Orders');
  const existing = new LambdaFunction(stack, 'Own', {
    code: Code.fromAsset(folder),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_22_X,
  });
  const processor = new LambdaProcessor(stack, 'Billing', { stream, function: existing });
  expect(processor.function).toBe(existing);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Lambda::Function', 1);
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
});

test('two processors with a fan-out consumer each can be on one stream, and one stack can be deployed twice', () => {
  const stack = new Stack(new App(), 'Twice');
  const stream = new KinesisStream(stack, 'Orders');
  for (const id of ['A', 'B'])
    new LambdaProcessor(stack, id, { stream, code: Code.fromAsset(folder), fanOut: true });
  const consumers = Object.values(
    Template.fromStack(stack).findResources('AWS::Kinesis::StreamConsumer'),
  ) as Resource[];
  expect(new Set(consumers.map(({ Properties }) => Properties['ConsumerName'])).size).toBe(2);
  const text = JSON.stringify(Template.fromStack(stack).toJSON());
  for (const name of ['FunctionName":"', 'AlarmName', 'QueueName', 'RoleName', 'DashboardName'])
    expect(text).not.toContain(name);
});

test('a topic that is there already is told, and nothing is made beside it', () => {
  const stack = new Stack(new App(), 'Topic');
  const stream = new KinesisStream(stack, 'Orders');
  new StreamAlarms(stack, 'Alarms', { stream, topic: new Topic(stack, 'Ops') });
  const template = Template.fromStack(stack);
  expect(Object.keys(template.findResources('AWS::SNS::Topic'))).toHaveLength(1);
  expect(template.findResources('AWS::KMS::Key')).toEqual({});
});

test('inline code is refused with what to give instead', () => {
  const stack = new Stack(new App(), 'Inline');
  const stream = new KinesisStream(stack, 'Orders');
  expect(() => new LambdaProcessor(stack, 'Billing', { stream, code: Code.fromInline('x') })).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      details: expect.objectContaining({ path: 'processor.code' }) as unknown,
    }),
  );
});
