import {
  CloudWatchClient,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  type MetricAlarm,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { CreateEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { putMetricAlarmInput, streamAlarms } from '@millrace/infra';
import { systemClock } from '@millrace/kinesis/runtime';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';

import type { Mapping } from '../../src/aws/mappings.ts';
import { checkAlarms } from '../../src/doctor/alarm-check.ts';
import type { Examination } from '../../src/doctor/finding.ts';
import { whyNoHttp2 } from '../../src/doctor/http2-check.ts';
import { checkClock, checkIdentity, checkRuntime } from '../../src/doctor/machine-check.ts';
import { checkMappings } from '../../src/doctor/mapping-check.ts';
import { createLocalCli } from '../support/local.ts';
import { runCli, type CliResult } from '../support/run-cli.ts';
import { useServer } from '../support/server.ts';

const local = useServer({
  streams: { orders: {}, guarded: {}, fanned: {}, asked: {} },
  functions: { bill: () => {}, search: () => {} },
});
const ids = (examination: Examination): string[] => examination.findings.map(({ id }) => id);
const findingsOf = ({
  lines,
}: CliResult): {
  readonly id: string;
  readonly severity: string;
  readonly what: string;
  readonly fix: string;
}[] =>
  (lines[0] as unknown as { examinations: Examination[] }).examinations.flatMap(({ findings }) => findings);

test('a stream without alarms is exit code 7, and every finding has a fix', async () => {
  const result = await runCli(['doctor', 'orders', ...local.flags]);
  expect(result.code).toBe(7);
  const findings = findingsOf(result);
  expect(findings.map(({ id }) => id)).toContain('alarm-missing');
  expect(findings.find(({ id }) => id === 'alarm-missing')?.what).toContain('ReaderLate');
  for (const { what, fix } of findings) expect(what !== '' && fix !== '').toBe(true);
  const table = await runCli(['doctor', 'orders', ...local.flags, '-o', 'table']);
  expect(table.stdout).toMatch(
    /^permissions +kinesis:GetShardIterator, kinesis:GetRecords, kinesis:PutRecord, kinesis:PutRecords$/m,
  );
  expect(table.stdout).toMatch(/^HTTP\/2 +http:\/\/127\.0\.0\.1:\d+$/m);
  expect(table.stdout).toMatch(/^clock +\d s apart$/m);
});

test('a local server, which has no STS, is no failure of the credentials', async () => {
  const { stdout } = await runCli(['doctor', ...local.flags, '-o', 'table']);
  expect(stdout).toMatch(
    /^credentials +not examined: http:\/\/127\.0\.0\.1:\d+ has no STS, which knows whose they are$/m,
  );
});

test('with the recommended alarms there is nothing to mend', async () => {
  const client = new CloudWatchClient({
    endpoint: local.server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  for (const alarm of streamAlarms({ streamName: 'orders', retentionHours: 24, shards: 1 })) {
    const input = putMetricAlarmInput(alarm, `orders ${alarm.id}`, [
      'arn:aws:sns:us-east-1:000000000000:ops',
    ]);
    await client.send(new PutMetricAlarmCommand(input as unknown as PutMetricAlarmCommandInput));
  }
  client.destroy();
  const result = await runCli(['doctor', 'orders', ...local.flags]);
  expect(findingsOf(result).filter(({ severity }) => severity !== 'info')).toEqual([]);
  expect(result.code).toBe(0);
});

test('what generate alarms --from-stream writes is all that doctor misses: of fan-out consumers, groups and functions, too', async () => {
  const settings = { region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
  const client = new CloudWatchClient({ endpoint: local.server.endpoint, ...settings });
  await client.send(
    new PutMetricDataCommand({
      Namespace: 'Shop',
      MetricData: [
        {
          MetricName: 'millrace.consumer.behind_ms',
          Value: 1,
          Dimensions: [
            { Name: 'stream', Value: 'fanned' },
            { Name: 'group', Value: 'billing' },
          ],
        },
      ],
    }),
  );
  await runCli(['consumers', 'register', 'fanned', 'search', ...local.flags]);
  const { lines } = await runCli(['consumers', 'ls', 'fanned', ...local.flags]);
  const lambda = new LambdaClient({ endpoint: local.server.endpoint, ...settings });
  const queue = 'arn:aws:sqs:us-east-1:000000000000:failures';
  const mapped: (string | undefined)[] = [];
  for (const [FunctionName, EventSourceArn] of [
    ['bill', 'arn:aws:kinesis:us-east-1:000000000000:stream/fanned'],
    ['search', String(lines[0]?.['arn'])],
  ]) {
    const mapping = new CreateEventSourceMappingCommand({
      FunctionName,
      EventSourceArn,
      StartingPosition: 'TRIM_HORIZON',
      Enabled: false,
      ...(FunctionName === 'bill' && { DestinationConfig: { OnFailure: { Destination: queue } } }),
    });
    mapped.push((await lambda.send(mapping)).UUID);
  }
  lambda.destroy();
  const missing = async (): Promise<string | undefined> =>
    findingsOf(await runCli(['doctor', 'fanned', ...local.flags])).find(({ id }) => id === 'alarm-missing')
      ?.what;
  const before = await missing();
  for (const id of ['ReaderLate', 'FanOutGone', 'GroupLate', 'ProcessorLate-bill', 'RecordsDropped-search']) {
    expect(before).toContain(id);
  }
  const topic = ['--topic', 'arn:aws:sns:us-east-1:000000000000:ops'];
  const { stdout } = await runCli([
    'generate',
    'alarms',
    '--from-stream',
    'fanned',
    ...topic,
    ...local.flags,
  ]);
  for (const id of mapped) expect(stdout).toContain(String(id));
  expect(stdout).toContain('FailureQueueNotEmpty-bill');
  expect(stdout).not.toContain('FailureQueueNotEmpty-search');
  // Of the function as it is registered.
  expect(stdout).toContain('duration / (3 * 10)');
  for (const input of JSON.parse(stdout) as PutMetricAlarmCommandInput[]) {
    await client.send(new PutMetricAlarmCommand(input));
  }
  client.destroy();
  expect(await missing()).toBe(undefined);
  const table = await runCli(['doctor', 'fanned', ...local.flags, '-o', 'table']);
  expect(table.stdout).toMatch(/^permissions .*kinesis:SubscribeToShard$/m);
});

test('a permission that is missing is found by DryRun, with the statement that grants it', async () => {
  const fault = ['--op', 'PutRecords', '--stream', 'guarded', '--error', 'AccessDeniedException'];
  expect((await runCli(['server', 'fault', ...fault, ...local.flags])).code).toBe(0);
  const denied = findingsOf(await runCli(['doctor', 'guarded', ...local.flags])).filter(
    ({ id }) => id === 'permission-denied',
  );
  expect(denied).toHaveLength(1);
  expect(denied[0]?.what).toContain('kinesis:PutRecords');
  expect(denied[0]?.fix).toContain(
    '"Action":"kinesis:PutRecords","Resource":"arn:aws:kinesis:us-east-1:000000000000:stream/guarded"',
  );
  const { lines } = await runCli(['tail', 'guarded', '--from', 'oldest', '-e', ...local.flags]);
  expect(lines).toEqual([]);
});

test('an examination leaves no failed call in the metrics that alarms watch', async () => {
  const client = new CloudWatchClient({
    endpoint: local.server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  await runCli(['doctor', 'asked', ...local.flags]);
  const { Metrics = [] } = await client.send(
    new ListMetricsCommand({
      Namespace: 'AWS/Kinesis',
      Dimensions: [{ Name: 'StreamName', Value: 'asked' }],
    }),
  );
  client.destroy();
  expect(Metrics.map(({ MetricName }) => MetricName).filter((name) => name?.startsWith('Put'))).toEqual([]);
});

test('a fan-out consumer nobody uses is found', async () => {
  await runCli(['consumers', 'register', 'guarded', 'leftover', ...local.flags]);
  const findings = findingsOf(await runCli(['doctor', 'guarded', ...local.flags]));
  expect(findings.find(({ id }) => id === 'fan-out-unused')?.fix).toBe(
    'millrace consumers deregister guarded leftover',
  );
});

test('an unknown stream is exit code 3, and an endpoint where nobody listens is told of', async () => {
  expect((await runCli(['doctor', 'nope', ...local.flags])).code).toBe(3);
  const nobody = await runCli(['doctor', '--endpoint-url', 'http://127.0.0.1:1']);
  expect(nobody.code).toBe(7);
  expect(findingsOf(nobody).map(({ id }) => id)).toContain('no-http2');
});

test('an endpoint that takes connections and speaks no HTTP/2 is found out', async () => {
  const mute = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
    0,
    '127.0.0.1',
  );
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  expect(await whyNoHttp2(`http://127.0.0.1:${port}`, systemClock, 5000)).toBeTypeOf('string');
  mute.close();
  expect(await whyNoHttp2(local.server.endpoint, systemClock, 5000)).toBe(undefined);
});

const age: MetricAlarm = {
  AlarmName: 'old',
  Namespace: 'AWS/Kinesis',
  MetricName: 'GetRecords.IteratorAgeMilliseconds',
  Dimensions: [{ Name: 'StreamName', Value: 'orders' }],
  ActionsEnabled: true,
  AlarmActions: ['arn'],
  TreatMissingData: 'breaching',
};

test('an alarm that tells nobody, or is deaf to a dead consumer, does not do', () => {
  expect(ids(checkAlarms('orders', [], [age]))).toEqual([]);
  expect(ids(checkAlarms('orders', [], [{ ...age, AlarmActions: [] }]))).toEqual(['alarm-without-action']);
  expect(ids(checkAlarms('orders', [], [{ ...age, ActionsEnabled: false }]))).toEqual([
    'alarm-without-action',
  ]);
  expect(ids(checkAlarms('orders', [], [{ ...age, TreatMissingData: 'notBreaching' }]))).toEqual([
    'alarm-deaf-to-silence',
  ]);
  expect(ids(checkAlarms('other', [], [{ ...age, AlarmActions: [] }]))).toEqual([]);
});

test('an alarm on another stream, or without a dimension, does not stand for a recommended one', () => {
  const recommended = streamAlarms({ streamName: 'orders', retentionHours: 24 }).filter(
    ({ id }) => id === 'ReaderLate',
  );
  expect(ids(checkAlarms('orders', recommended, [age]))).toEqual([]);
  for (const Dimensions of [[], [{ Name: 'StreamName', Value: 'other' }]]) {
    expect(ids(checkAlarms('orders', recommended, [{ ...age, Dimensions }]))).toEqual(['alarm-missing']);
  }
});

const sound: Mapping = {
  id: 'u1',
  functionName: 'bill',
  state: 'Enabled',
  lastResult: 'OK',
  startingPosition: 'TRIM_HORIZON',
  reportsBatchItemFailures: true,
  bisects: true,
  maxRetries: 5,
  maxRecordAgeSeconds: 86_400,
  failureDestination: 'arn:aws:sqs:…',
  sourceArn: 'arn',
};

test.each([
  [{}, []],
  [{ reportsBatchItemFailures: false }, ['mapping-no-report']],
  [{ failureDestination: undefined }, ['mapping-no-destination']],
  [{ maxRetries: undefined, maxRecordAgeSeconds: undefined }, ['mapping-endless-retries']],
  [{ bisects: false }, ['mapping-no-bisect']],
  [{ startingPosition: 'LATEST' }, ['mapping-latest']],
  [{ state: 'Disabled' }, ['mapping-paused']],
  [{ lastResult: 'PROBLEM: Function call failed' }, ['mapping-problem']],
])('a mapping with %j has %j', (more, expected) => {
  expect(ids(checkMappings([{ ...sound, ...more }]))).toEqual(expected);
});

test('traps of a mapping are seen in what Lambda answers, and gone when it is mended', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const mapping = await cli.kinesis.mapping('orders', () => undefined, {
    function: { name: 'bill' },
    StartingPosition: 'LATEST',
    MaximumRetryAttempts: 3,
  });
  const traps = async (): Promise<readonly string[]> =>
    findingsOf(await cli.run(['doctor', 'orders', '-o', 'json']))
      .filter(({ id, what }) => id.startsWith('mapping-') && what.startsWith('bill: '))
      .map(({ id }) => id);
  expect(await traps()).toEqual([
    'mapping-no-report',
    'mapping-no-destination',
    'mapping-no-bisect',
    'mapping-latest',
  ]);
  await mapping.update({
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BisectBatchOnFunctionError: true,
    DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:failures' } },
    Enabled: false,
  });
  expect(await traps()).toEqual(['mapping-latest', 'mapping-paused']);
});

test('clocks that are apart, credentials that end and Nodes that are too old are told of', () => {
  expect(ids(checkClock(1000))).toEqual([]);
  expect(checkClock(-40_000).findings).toMatchObject([
    { id: 'clock-skew', severity: 'warning', what: expect.stringContaining('ahead of') as unknown },
  ]);
  expect(checkClock(300_000).findings).toMatchObject([{ severity: 'error' }]);
  const identity = { account: '1', arn: 'arn' };
  expect(ids(checkIdentity(identity, 0))).toEqual([]);
  expect(ids(checkIdentity({ ...identity, expiresAt: new Date(60_000) }, 0))).toEqual(['credentials-ending']);
  expect(ids(checkRuntime('20.18.0'))).toEqual(['node-too-old']);
  expect(ids(checkRuntime('24.1.0'))).toEqual([]);
});
