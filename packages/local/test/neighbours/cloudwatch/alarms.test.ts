import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type DescribeAlarmsCommandInput,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import { createLocalKinesis } from '../../../src/index.ts';

const minute = 60_000;

async function open() {
  const clock = createManualClock({ start: Date.UTC(2026, 0, 1) });
  const local = await createLocalKinesis({ clock });
  const client = new CloudWatchClient(local.clientConfig);
  const put = (Value: number) =>
    client.send(new PutMetricDataCommand({ Namespace: 'App', MetricData: [{ MetricName: 'Lag', Value }] }));
  const describeOne = async (name = 'lag') => {
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
    return MetricAlarms[0];
  };
  return { clock, client, put, describeOne, [Symbol.asyncDispose]: () => local.close() };
}

const lag: PutMetricAlarmCommandInput = {
  AlarmName: 'lag',
  AlarmDescription: 'The consumer is behind.',
  Namespace: 'App',
  MetricName: 'Lag',
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
  TreatMissingData: 'notBreaching',
  AlarmActions: ['arn:aws:sns:us-east-1:000000000000:ops'],
};

describe('an alarm', () => {
  test('goes off and back by the clock, M out of N', async () => {
    await using kit = await open();
    await kit.client.send(new PutMetricAlarmCommand(lag));
    expect((await kit.describeOne())?.StateValue).toBe('INSUFFICIENT_DATA');
    const states: (string | undefined)[] = [];
    for (const value of [1, 9, 1, 9, 1, 1, 1]) {
      await kit.put(value);
      await kit.clock.advance(minute);
      states.push((await kit.describeOne())?.StateValue);
    }
    expect(states).toEqual(['OK', 'OK', 'OK', 'ALARM', 'OK', 'OK', 'OK']);
  });

  test('says why, and keeps its history', async () => {
    await using kit = await open();
    await kit.client.send(new PutMetricAlarmCommand({ ...lag, DatapointsToAlarm: 1 }));
    await kit.put(9);
    await kit.clock.advance(minute);
    const alarm = await kit.describeOne();
    expect(alarm).toMatchObject({
      ...lag,
      DatapointsToAlarm: 1,
      ActionsEnabled: true,
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:lag',
      StateValue: 'ALARM',
      StateUpdatedTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 1)),
    });
    expect(alarm?.StateReason).toContain('1 out of the last 3 datapoints [9 (2026-01-01T00:00:00.000Z)]');
    const { AlarmHistoryItems } = await kit.client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: 'lag', ScanBy: 'TimestampAscending' }),
    );
    expect(AlarmHistoryItems?.map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm "lag" created',
      'Alarm updated from INSUFFICIENT_DATA to ALARM',
    ]);
  });

  test('watches what is calculated', async () => {
    await using kit = await open();
    await kit.client.send(
      new PutMetricAlarmCommand({
        AlarmName: 'lag',
        EvaluationPeriods: 1,
        Threshold: 100,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Metrics: [
          { Id: 'percent', Expression: 'lag * 100' },
          {
            Id: 'lag',
            ReturnData: false,
            MetricStat: { Metric: { Namespace: 'App', MetricName: 'Lag' }, Period: 60, Stat: 'Average' },
          },
        ],
      }),
    );
    await kit.put(0.5);
    await kit.put(1.5);
    await kit.clock.advance(minute);
    expect((await kit.describeOne())?.StateValue).toBe('ALARM');
    expect((await kit.describeOne())?.Metrics?.map(({ Id }) => Id)).toEqual(['percent', 'lag']);
  });

  test('may be put in a state by hand, until the next minute', async () => {
    await using kit = await open();
    await kit.client.send(new PutMetricAlarmCommand(lag));
    await kit.client.send(
      new SetAlarmStateCommand({ AlarmName: 'lag', StateValue: 'ALARM', StateReason: 'A drill.' }),
    );
    expect(await kit.describeOne()).toMatchObject({ StateValue: 'ALARM', StateReason: 'A drill.' });
    await kit.clock.advance(minute);
    expect((await kit.describeOne())?.StateValue).toBe('OK');
  });

  test('is found by state, prefix and metric, and its actions are turned off and on', async () => {
    await using kit = await open();
    await kit.client.send(new PutMetricAlarmCommand(lag));
    await kit.client.send(new PutMetricAlarmCommand({ ...lag, AlarmName: 'other', MetricName: 'Other' }));
    const names = async (filter: DescribeAlarmsCommandInput) =>
      (await kit.client.send(new DescribeAlarmsCommand(filter))).MetricAlarms?.map(
        ({ AlarmName }) => AlarmName,
      );
    expect(await names({})).toEqual(['lag', 'other']);
    expect(await names({ AlarmNamePrefix: 'o' })).toEqual(['other']);
    expect(await names({ StateValue: 'ALARM' })).toEqual([]);
    expect(await names({ ActionPrefix: 'arn:aws:sns' })).toEqual(['lag', 'other']);
    const first = await kit.client.send(new DescribeAlarmsCommand({ MaxRecords: 1 }));
    expect(await names({ MaxRecords: 1, NextToken: first.NextToken })).toEqual(['other']);
    const { MetricAlarms } = await kit.client.send(
      new DescribeAlarmsForMetricCommand({ Namespace: 'App', MetricName: 'Other' }),
    );
    expect(MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(['other']);
    await kit.client.send(new DisableAlarmActionsCommand({ AlarmNames: ['lag'] }));
    expect((await kit.describeOne())?.ActionsEnabled).toBe(false);
    await kit.client.send(new EnableAlarmActionsCommand({ AlarmNames: ['lag'] }));
    expect((await kit.describeOne())?.ActionsEnabled).toBe(true);
  });

  test('costs no timer once it is gone', async () => {
    await using kit = await open();
    expect(kit.clock.pending).toBe(0);
    await kit.client.send(new PutMetricAlarmCommand(lag));
    expect(kit.clock.pending).toBe(1);
    await kit.client.send(new DeleteAlarmsCommand({ AlarmNames: ['lag'] }));
    expect(kit.clock.pending).toBe(0);
    await expect(kit.client.send(new DeleteAlarmsCommand({ AlarmNames: ['lag'] }))).rejects.toMatchObject({
      name: 'ResourceNotFound',
      $metadata: { httpStatusCode: 404 },
    });
  });

  test.each([
    [{ DatapointsToAlarm: 4 }],
    [{ Threshold: undefined }],
    [{ ComparisonOperator: 'GreaterThanUpperThreshold' as const }],
    [{ Statistic: undefined, ExtendedStatistic: 'tm90' }],
    [{ Statistic: undefined, ExtendedStatistic: 'p90', EvaluateLowSampleCountPercentile: 'ignore' }],
    [{ ExtendedStatistic: 'p90' }],
    [{ Period: 45 }],
    [{ TreatMissingData: 'sometimes' }],
  ])('that cannot be is refused: %j', async (change) => {
    await using kit = await open();
    await expect(kit.client.send(new PutMetricAlarmCommand({ ...lag, ...change }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400 },
    });
    expect(await kit.describeOne()).toBeUndefined();
  });
});
