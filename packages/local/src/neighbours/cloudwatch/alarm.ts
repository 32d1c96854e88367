import { CloudwatchError, invalidValue } from './cloudwatch-error.ts';
import type { AlarmState, MissingData } from './evaluate-alarm.ts';
import type { Input } from './input.ts';
import { dimensionsOf, units } from './metric-data.ts';
import { checkPeriod, readQueries, readStatistic, type MetricQuery } from './metric-query.ts';

export type ComparisonOperator =
  | 'GreaterThanThreshold'
  | 'GreaterThanOrEqualToThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

interface Comparison {
  readonly words: string;
  readonly test: (value: number, line: number) => boolean;
}

const operators: Readonly<Record<ComparisonOperator, Comparison>> = {
  GreaterThanThreshold: { words: 'greater than', test: (value, line) => value > line },
  GreaterThanOrEqualToThreshold: { words: 'greater than or equal to', test: (value, line) => value >= line },
  LessThanThreshold: { words: 'less than', test: (value, line) => value < line },
  LessThanOrEqualToThreshold: { words: 'less than or equal to', test: (value, line) => value <= line },
};

const operatorNames: readonly ComparisonOperator[] = [
  'GreaterThanThreshold',
  'GreaterThanOrEqualToThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
];

/** What an alarm watches and when it goes off. */
export interface AlarmSettings {
  readonly name: string;
  /** The query whose value is compared is the one that returns data. */
  readonly queries: readonly MetricQuery[];
  readonly watched: MetricQuery;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly operator: ComparisonOperator;
  readonly treatMissingData: MissingData;
  readonly actionsEnabled: boolean;
  /** Members that are only handed back: description, actions, the metric as it was given. */
  readonly echoed: Readonly<Record<string, unknown>>;
}

/** An alarm and the state it is in; times in milliseconds since the epoch. */
export interface Alarm {
  settings: AlarmSettings;
  state: AlarmState;
  reason: string;
  reasonData: string | undefined;
  readonly arn: string;
  configuredAt: number;
  updatedAt: number;
  changedAt: number;
}

export function breaches(settings: AlarmSettings, value: number): boolean {
  return operators[settings.operator].test(value, settings.threshold);
}

export function wordsOf(operator: ComparisonOperator): string {
  return operators[operator].words;
}

/** See {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html}. */
export function readAlarm(input: Input): AlarmSettings {
  const name = input.requiredText('AlarmName');
  const operator = input.text('ComparisonOperator');
  if (operator === undefined) throw input.missing('ComparisonOperator');
  if (
    input.has('ThresholdMetricId') ||
    input.has('EvaluationCriteria') ||
    /LowerThreshold|UpperThreshold/.test(operator)
  ) {
    throw invalidValue('The embedded CloudWatch has no alarms on anomaly detection or PromQL.');
  }
  const periods = input.integer('EvaluationPeriods', 1, 1440);
  if (periods === undefined) throw input.missing('EvaluationPeriods');
  const needed = input.integer('DatapointsToAlarm', 1, 1440) ?? periods;
  if (needed > periods) {
    throw invalidValue('The parameter DatapointsToAlarm must not be greater than EvaluationPeriods.');
  }
  const metrics = input.structures('Metrics');
  const queries = metrics.length > 0 ? readQueries(metrics) : [readSingleMetric(input)];
  const [watched, ...others] = queries.filter(({ returnData }) => returnData);
  if (watched === undefined || others.length > 0) {
    throw invalidValue('Exactly one of the Metrics of an alarm must have ReturnData true.');
  }
  return {
    name,
    queries,
    watched,
    periodSeconds: periodOf(watched, queries),
    evaluationPeriods: periods,
    datapointsToAlarm: needed,
    threshold: input.requiredNumber('Threshold'),
    operator: input.choice('ComparisonOperator', operatorNames) ?? 'GreaterThanThreshold',
    treatMissingData:
      input.choice('TreatMissingData', ['breaching', 'notBreaching', 'ignore', 'missing']) ?? 'missing',
    actionsEnabled: input.flag('ActionsEnabled') ?? true,
    echoed: echo(input, metrics),
  };
}

/** As DescribeAlarms answers it. */
export function describeAlarm(alarm: Alarm): object {
  const { settings } = alarm;
  return {
    AlarmName: settings.name,
    AlarmArn: alarm.arn,
    ActionsEnabled: settings.actionsEnabled,
    ...settings.echoed,
    EvaluationPeriods: settings.evaluationPeriods,
    DatapointsToAlarm: settings.datapointsToAlarm,
    Threshold: settings.threshold,
    ComparisonOperator: settings.operator,
    TreatMissingData: settings.treatMissingData,
    StateValue: alarm.state,
    StateReason: alarm.reason,
    ...(alarm.reasonData === undefined ? {} : { StateReasonData: alarm.reasonData }),
    StateUpdatedTimestamp: new Date(alarm.updatedAt),
    StateTransitionedTimestamp: new Date(alarm.changedAt),
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
  };
}

function readSingleMetric(input: Input): MetricQuery {
  const extended = input.text('ExtendedStatistic');
  const statistic = input.text('Statistic');
  if ((statistic === undefined) === (extended === undefined)) {
    throw new CloudwatchError(
      'InvalidParameterCombinationException',
      'Exactly one of Statistic and ExtendedStatistic must be specified.',
    );
  }
  if (input.choice('EvaluateLowSampleCountPercentile', ['evaluate', 'ignore']) === 'ignore') {
    throw invalidValue(
      'The embedded CloudWatch evaluates percentiles of few samples, too: it has no EvaluateLowSampleCountPercentile ignore.',
    );
  }
  return {
    id: 'm1',
    label: undefined,
    returnData: true,
    source: {
      metric: {
        namespace: input.requiredText('Namespace'),
        name: input.requiredText('MetricName'),
        dimensions: dimensionsOf(input),
      },
      periodSeconds: checkPeriod(input.requiredNumber('Period')),
      statistic: readStatistic(statistic ?? extended ?? ''),
      unit: input.choice('Unit', units),
    },
  };
}

/** Of an expression the longest period of the metrics of the alarm, as none is its own. */
function periodOf(watched: MetricQuery, queries: readonly MetricQuery[]): number {
  const own = 'expression' in watched.source ? undefined : watched.source.periodSeconds;
  const all = queries.flatMap(({ source }) => ('expression' in source ? [] : source.periodSeconds));
  return own ?? Math.max(60, ...all);
}

const echoedTexts = [
  'AlarmDescription',
  'MetricName',
  'Namespace',
  'Statistic',
  'ExtendedStatistic',
  'EvaluateLowSampleCountPercentile',
  'Unit',
];

function echo(input: Input, metrics: readonly Input[]): Readonly<Record<string, unknown>> {
  const given: Record<string, unknown> = {
    OKActions: input.texts('OKActions'),
    AlarmActions: input.texts('AlarmActions'),
    InsufficientDataActions: input.texts('InsufficientDataActions'),
    Dimensions: dimensionsOf(input).map((one) => ({ Name: one.name, Value: one.value })),
  };
  for (const name of echoedTexts) {
    const text = input.text(name, 1024);
    if (text !== undefined) given[name] = text;
  }
  const period = input.number('Period');
  if (period !== undefined) given['Period'] = period;
  if (metrics.length > 0) given['Metrics'] = readQueries(metrics).map(describeQuery);
  return given;
}

function describeQuery({ id, label, returnData, source }: MetricQuery): object {
  return {
    Id: id,
    ...(label === undefined ? {} : { Label: label }),
    ReturnData: returnData,
    ...('expression' in source
      ? { Expression: source.expression }
      : {
          MetricStat: {
            Metric: {
              Namespace: source.metric.namespace,
              MetricName: source.metric.name,
              Dimensions: source.metric.dimensions.map((one) => ({ Name: one.name, Value: one.value })),
            },
            Period: source.periodSeconds,
            Stat: source.statistic,
            ...(source.unit === undefined ? {} : { Unit: source.unit }),
          },
        }),
  };
}
