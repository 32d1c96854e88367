import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { createLocalKinesis } from '@millrace/local';
import { expect, test } from 'vitest';

import {
  groupAlarms,
  putMetricAlarmInput,
  processorAlarms,
  streamAlarms,
  type Alarm,
} from '../../src/index.ts';

const all: readonly Alarm[] = [
  ...streamAlarms({
    streamName: 'orders',
    retentionHours: 48,
    shards: 4,
    fanOutConsumers: ['billing', 'search'],
    expectsTraffic: true,
  }),
  ...processorAlarms({
    functionName: 'bill',
    mappingId: '6f2b7a4e-0000-4000-8000-000000000000',
    timeoutSeconds: 60,
    reservedConcurrency: 10,
    retentionHours: 48,
    failureQueueName: 'bill-failures',
  }),
  ...groupAlarms({ streamName: 'orders', group: 'billing', namespace: 'Shop' }),
];
const input = (alarm: Alarm): PutMetricAlarmCommandInput =>
  putMetricAlarmInput(alarm, `orders-${alarm.id}`, [
    'arn:aws:sns:us-east-1:000000000000:ops',
  ]) as unknown as PutMetricAlarmCommandInput;
const expression = (id: string): unknown => {
  const watched = all.find((alarm) => alarm.id === id)?.watched;
  return watched !== undefined && 'expression' in watched ? watched.expression : undefined;
};

test('every alarm is one CloudWatch takes, and hands back as it was given', async () => {
  await using kinesis = await createLocalKinesis({});
  const cloudwatch = new CloudWatchClient(kinesis.clientConfig);
  for (const alarm of all) {
    await cloudwatch.send(new PutMetricAlarmCommand(input(alarm)));
    const { MetricAlarms: [stored] = [] } = await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [`orders-${alarm.id}`] }),
    );
    expect(stored).toMatchObject(input(alarm));
  }
});

test('ids are unique, every alarm says what it means, and watches a metric with dimensions', () => {
  const ids = all.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
  for (const { description, watched } of all) {
    expect(description.length).toBeGreaterThan(40);
    const metrics = 'metric' in watched ? [watched.metric] : Object.values(watched.metrics);
    for (const { dimensions } of metrics) expect(Object.keys(dimensions).length).toBeGreaterThan(0);
  }
});

test('silence is an alarm exactly where it means that nobody reads or writes', () => {
  const breaching = all.filter(({ missingData }) => missingData === 'breaching').map(({ id }) => id);
  expect(breaching).toEqual(['ReaderLate', 'NothingWritten', 'FanOutGone1', 'FanOutGone2', 'GroupLate']);
});

test('a reader that died does not put the alarm on expiring records at ease', () => {
  expect(all.find(({ id }) => id === 'RecordsExpireSoon')?.missingData).toBe('ignore');
});

test('thresholds follow retention and shards, in metric math that a template can fill in', () => {
  expect(expression('RecordsExpireSoon')).toBe('age / (48 * 36000)');
  expect(expression('WriteCapacity')).toContain('* 100 / (60 * 4)');
  expect(expression('FailureQueueExpiresSoon')).toBe('age / (48 * 36)');
});

test('a stream read by fan-out alone has no alarm on an iterator age that is never published', () => {
  const alarms = streamAlarms({
    streamName: 'orders',
    retentionHours: 24,
    hasPollingReader: false,
    fanOutConsumers: ['billing'],
  });
  expect(JSON.stringify(alarms)).not.toContain('GetRecords');
  expect(alarms.map(({ id }) => id)).toContain('FanOutLate');
});

test('on-demand capacity has no alarm on the share of a fixed whole', () => {
  const ids = streamAlarms({ streamName: 'orders', retentionHours: 24 }).map(({ id }) => id);
  expect(ids).not.toContain('WriteCapacity');
});
