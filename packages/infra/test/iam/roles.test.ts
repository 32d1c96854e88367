import * as cloudwatchSdk from '@aws-sdk/client-cloudwatch';
import * as dynamodbSdk from '@aws-sdk/client-dynamodb';
import * as kinesisSdk from '@aws-sdk/client-kinesis';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import { createLocalKinesis } from '@millrace/local';
import { expect, test, vi } from 'vitest';

import { roleStatements, type RoleKind, type RoleOptions, type Statement } from '../../src/iam/index.ts';
import { consume, poll, produce, type Job } from './jobs.ts';
import { createWorld, kmsKeyArn, policyOf, streamArn, type WorldOptions } from './world.ts';

vi.setConfig({ testTimeout: 90_000 });

type Case = readonly [
  name: string,
  kind: RoleKind,
  options: Partial<RoleOptions>,
  job: Job,
  world: WorldOptions,
];

const cases: readonly Case[] = [
  ['a producer', 'producer', {}, produce('none'), { puts: false }],
  ['a producer that aggregates', 'producer', { aggregates: true }, produce('shard'), { puts: false }],
  [
    'a producer of an encrypted stream',
    'producer',
    { kmsKeyArn },
    produce('none'),
    { encrypted: true, puts: false },
  ],
  ['a consumer', 'consumer', { group: 'billing' }, consume('polling'), {}],
  [
    'a consumer that makes its table',
    'consumer',
    { group: 'billing', createsTable: true },
    consume('polling'),
    { table: false },
  ],
  [
    'a consumer of an encrypted stream',
    'consumer',
    { group: 'billing', kmsKeyArn },
    consume('polling'),
    { encrypted: true },
  ],
  ['a consumer by fan-out', 'consumer', { group: 'billing', efo: true }, consume('fan-out'), {}],
  [
    'a consumer by fan-out that is registered',
    'consumer',
    { group: 'billing', efo: `${streamArn}/consumer/billing:*` },
    consume('fan-out'),
    { registered: true },
  ],
  ['a function', 'lambda', {}, poll(false), {}],
  ['a function by fan-out', 'lambda', { efo: true }, poll(true), { registered: true }],
  ['a function on an encrypted stream', 'lambda', { kmsKeyArn }, poll(false), { encrypted: true }],
];

const statementsOf = (kind: RoleKind, options: Partial<RoleOptions>): readonly Statement[] =>
  roleStatements(kind, { stream: 'orders', ...options });

interface Outcome {
  readonly done: boolean;
  readonly refused: ReadonlySet<string>;
  readonly error?: unknown;
}

/** Lets a job run to its end; one that was refused something and goes on trying is given a second to succeed all the same. */
async function attempt(statements: readonly Statement[], job: Job, options: WorldOptions): Promise<Outcome> {
  const world = await createWorld(statements, options);
  const giveUp = new AbortController();
  const running = job(world, giveUp.signal).then(
    () => ({ done: true }),
    (error: unknown) => ({ done: false, error }),
  );
  const watch = setInterval(() => {
    if (world.refused.size > 0) setTimeout(() => giveUp.abort(), 1000);
  }, 50);
  try {
    return { ...(await running), refused: world.refused };
  } finally {
    clearInterval(watch);
    await world[Symbol.asyncDispose]();
  }
}

test.each(cases)('%s can do its work with the role alone', async (_name, kind, options, job, world) => {
  const { done, refused, error } = await attempt(statementsOf(kind, options), job, world);
  expect({ done, refused: [...refused], error }).toEqual({ done: true, refused: [], error: undefined });
});

test.each(cases)('%s cannot do without any of its permissions', async (_name, kind, options, job, world) => {
  const whole = statementsOf(kind, options);
  for (const action of whole.flatMap(({ actions }) => actions)) {
    const less = whole
      .map((statement) => ({ ...statement, actions: statement.actions.filter((one) => one !== action) }))
      .filter(({ actions }) => actions.length > 0);
    const { done, refused } = await attempt(less, job, world);
    expect({ without: action, done, refused: refused.has(action) }).toEqual({
      without: action,
      done: false,
      refused: true,
    });
  }
});

/** Every operation the SDK knows, each about the stream, its consumer, or the table. */
const callsOf = (sdk: object): readonly (readonly [string, new (input: object) => never])[] =>
  Object.entries(sdk)
    .filter(([name]) => /^[A-Z]\w+Command$/.test(name))
    .map(([name, command]) => [name.replace(/Command$/, ''), command as new (input: object) => never]);

const everywhere = {
  StreamName: 'orders',
  StreamARN: streamArn,
  ResourceARN: streamArn,
  ConsumerARN: `${streamArn}/consumer/billing:1`,
};
/** Those that are about the account, or name something else than a stream. */
const withoutStream =
  /^(?:ListStreams|DescribeLimits|DescribeAccountSettings|UpdateAccountSettings|ListChannels|\w+Channel)$/;

/** What the embedded CloudWatch answers, and about what it is asked. */
const ofCloudwatch: Readonly<Record<string, object>> = {
  DeleteAlarms: { AlarmNames: ['orders-ReaderLate'] },
  DescribeAlarmHistory: {},
  DescribeAlarms: {},
  DescribeAlarmsForMetric: { Namespace: 'AWS/Kinesis', MetricName: 'IncomingRecords' },
  DisableAlarmActions: { AlarmNames: ['orders-ReaderLate'] },
  EnableAlarmActions: { AlarmNames: ['orders-ReaderLate'] },
  GetMetricData: { StartTime: new Date(0), EndTime: new Date(1), MetricDataQueries: [] },
  GetMetricStatistics: {
    Namespace: 'AWS/Kinesis',
    MetricName: 'IncomingRecords',
    StartTime: new Date(0),
    EndTime: new Date(1),
    Period: 60,
  },
  ListMetrics: {},
  PutMetricAlarm: {
    AlarmName: 'orders-ReaderLate',
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 1,
  },
  PutMetricData: { Namespace: 'Orders', MetricData: [] },
  SetAlarmState: { AlarmName: 'orders-ReaderLate', StateValue: 'OK', StateReason: 'so it is' },
};

/** What the embedded Lambda answers. */
const ofLambda: Readonly<Record<string, object>> = {
  CreateEventSourceMapping: { FunctionName: 'billing', EventSourceArn: streamArn },
  DeleteEventSourceMapping: { UUID: 'a' },
  GetEventSourceMapping: { UUID: 'a' },
  GetFunction: { FunctionName: 'billing' },
  GetFunctionConfiguration: { FunctionName: 'billing' },
  Invoke: { FunctionName: 'billing' },
  ListEventSourceMappings: {},
  ListFunctions: {},
  UpdateEventSourceMapping: { UUID: 'a' },
};

const nameOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof Error ? error.name : ''),
  );

type AnyCommand = new (input: object) => never;

const commandOf = (sdk: object, operation: string): AnyCommand => {
  const command = (sdk as Readonly<Record<string, AnyCommand | undefined>>)[`${operation}Command`];
  if (command === undefined) throw new Error(`the SDK has no ${operation}`);
  return command;
};

async function allowedOf(kind: RoleKind, options: Partial<RoleOptions>): Promise<readonly string[]> {
  await using local = await createLocalKinesis({
    streams: { orders: {} },
    policy: policyOf(statementsOf(kind, options)),
  });
  const kinesis = new kinesisSdk.KinesisClient({ ...local.clientConfig, maxAttempts: 1 });
  const dynamodb = new dynamodbSdk.DynamoDBClient({ ...local.clientConfig, maxAttempts: 1 });
  const allowed: string[] = [];
  const attemptCall = async (action: string, send: () => Promise<unknown>): Promise<void> => {
    const name = await nameOf(send());
    if (name !== 'AccessDeniedException') allowed.push(action);
  };
  const cloudwatch = new cloudwatchSdk.CloudWatchClient({ ...local.clientConfig, maxAttempts: 1 });
  for (const [operation, input] of Object.entries(ofCloudwatch)) {
    const Command = commandOf(cloudwatchSdk, operation);
    await attemptCall(`cloudwatch:${operation}`, () => cloudwatch.send(new Command(input)));
  }
  const lambda = new lambdaSdk.LambdaClient({ ...local.clientConfig, maxAttempts: 1 });
  for (const [operation, input] of Object.entries(ofLambda)) {
    const Command = commandOf(lambdaSdk, operation);
    await attemptCall(`lambda:${operation}`, () => lambda.send(new Command(input)));
  }
  for (const [operation, Command] of callsOf(kinesisSdk)) {
    const { ConsumerARN, ...stream } = everywhere;
    const isOfConsumer = /^(?:De(?:register|scribe)StreamConsumer|SubscribeToShard)$/.test(operation);
    const input = withoutStream.test(operation) ? {} : isOfConsumer ? { ConsumerARN } : stream;
    await attemptCall(`kinesis:${operation}`, () => kinesis.send(new Command(input)));
  }
  for (const operation of [
    'BatchGetItem',
    'BatchWriteItem',
    'CreateTable',
    'DeleteItem',
    'DeleteTable',
    'DescribeTable',
    'GetItem',
    'ListTables',
    'PutItem',
    'Query',
    'Scan',
    'TransactWriteItems',
    'UpdateItem',
    'UpdateTable',
  ]) {
    const Command = commandOf(dynamodbSdk, operation);
    await attemptCall(`dynamodb:${operation}`, () => dynamodb.send(new Command({ TableName: 'billing' })));
  }
  return allowed.toSorted();
}

test.each<readonly [RoleKind, Partial<RoleOptions>]>([
  ['producer', {}],
  ['producer', { aggregates: true }],
  ['consumer', { group: 'billing' }],
  ['consumer', { group: 'billing', efo: true, createsTable: true }],
  ['lambda', {}],
  ['lambda', { efo: true }],
  ['admin', {}],
])(
  'a %s with %j can do nothing more: every other operation of Kinesis, DynamoDB, CloudWatch and Lambda is refused',
  async (kind, options) => {
    const wanted = statementsOf(kind, options)
      .flatMap(({ actions }) => actions)
      .filter((action) => /^(?:kinesis|dynamodb|cloudwatch|lambda):/.test(action));
    expect(await allowedOf(kind, options)).toEqual(wanted.toSorted());
  },
);

test('the sweep would see what is allowed, of each service', async () => {
  await using local = await createLocalKinesis({
    streams: { orders: {} },
    policy: policyOf([{ sid: 'All', actions: ['*'], resources: ['*'] }]),
  });
  const cloudwatch = new cloudwatchSdk.CloudWatchClient({ ...local.clientConfig, maxAttempts: 1 });
  const lambda = new lambdaSdk.LambdaClient({ ...local.clientConfig, maxAttempts: 1 });
  for (const [operation, input] of Object.entries(ofCloudwatch)) {
    const Command = commandOf(cloudwatchSdk, operation);
    expect(await nameOf(cloudwatch.send(new Command(input)))).not.toBe('AccessDeniedException');
  }
  for (const [operation, input] of Object.entries(ofLambda)) {
    const Command = commandOf(lambdaSdk, operation);
    expect(await nameOf(lambda.send(new Command(input)))).not.toBe('AccessDeniedException');
  }
});

test('a role for one stream can do nothing with another', async () => {
  await using local = await createLocalKinesis({
    streams: { orders: {}, payments: {} },
    policy: policyOf(statementsOf('producer', {})),
  });
  const kinesis = new kinesisSdk.KinesisClient({ ...local.clientConfig, maxAttempts: 1 });
  const put = (StreamName: string): Promise<unknown> =>
    kinesis.send(
      new kinesisSdk.PutRecordsCommand({
        StreamName,
        Records: [{ PartitionKey: 'a', Data: new Uint8Array(1) }],
      }),
    );
  await put('orders');
  await expect(put('payments')).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test.each(['producer', 'admin'] as const)('a %s does not read by fan-out', (kind) => {
  expect(() => roleStatements(kind, { stream: 'orders', efo: true })).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  );
});
