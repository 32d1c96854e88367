import type { Numeric, Text, Value } from '../template/value.ts';

/** A metric as an alarm or a widget looks at it. */
export interface Metric {
  /** One of the service's, or of one's own. */
  readonly namespace: Text;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, Text>>;
  readonly statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum' | 'p90' | 'p99';
  /** Default 60. */
  readonly periodSeconds?: number;
}

/** What an alarm compares: one metric, or metric math over several by their ids. */
export type Watched =
  | { readonly metric: Metric }
  | { readonly expression: Text; readonly metrics: Readonly<Record<string, Metric>> };

/** What it means that no data comes: that all is well, that it is not, or nothing. */
export type MissingData = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

/**
 * One CloudWatch alarm, before it is written for anyone.
 *
 * @see {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html}
 */
export interface Alarm {
  /** Unique in its template, PascalCase. */
  readonly id: string;
  /** What it means when it goes off, and what to do. */
  readonly description: string;
  readonly watched: Watched;
  readonly comparison: 'above' | 'atLeast' | 'below';
  readonly threshold: Numeric;
  /** So many of the last `evaluationPeriods` must breach; both are the same here, as AWS recommends. */
  readonly evaluationPeriods: number;
  readonly missingData: MissingData;
  /** Recommended by AWS, or by us where AWS recommends none. */
  readonly origin: 'aws' | 'millrace';
}

const comparisons = {
  above: 'GreaterThanThreshold',
  atLeast: 'GreaterThanOrEqualToThreshold',
  below: 'LessThanThreshold',
} as const;

/**
 * The alarm's properties, the same for CloudFormation's `AWS::CloudWatch::Alarm` and for the API's PutMetricAlarm
 * (which also wants a name).
 */
export function alarmProperties(alarm: Alarm, actions: readonly Text[]): Readonly<Record<string, Value>> {
  return {
    AlarmDescription: alarm.description,
    ...watchedProperties(alarm.watched),
    ComparisonOperator: comparisons[alarm.comparison],
    Threshold: alarm.threshold,
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.evaluationPeriods,
    TreatMissingData: alarm.missingData,
    ...(actions.length > 0 && { AlarmActions: actions, OKActions: actions }),
  };
}

/** {@link alarmProperties} with a name: what `PutMetricAlarm` of the API takes once no expression is left in it. */
export function putMetricAlarmInput(
  alarm: Alarm,
  name: Text,
  actions: readonly Text[] = [],
): Readonly<Record<string, Value>> {
  return { AlarmName: name, ...alarmProperties(alarm, actions) };
}

function watchedProperties(watched: Watched): Readonly<Record<string, Value>> {
  if ('metric' in watched) {
    const { namespace, name, dimensions, statistic, periodSeconds = 60 } = watched.metric;
    return {
      Namespace: namespace,
      MetricName: name,
      Dimensions: dimensionList(dimensions),
      ...(statistic.startsWith('p') ? { ExtendedStatistic: statistic } : { Statistic: statistic }),
      Period: periodSeconds,
    };
  }
  return {
    Metrics: [
      { Id: 'watched', Expression: watched.expression, ReturnData: true },
      ...Object.entries(watched.metrics).map(([id, metric]) => ({
        Id: id,
        MetricStat: {
          Metric: {
            Namespace: metric.namespace,
            MetricName: metric.name,
            Dimensions: dimensionList(metric.dimensions),
          },
          Period: metric.periodSeconds ?? 60,
          Stat: metric.statistic,
        },
        ReturnData: false,
      })),
    ],
  };
}

function dimensionList(dimensions: Metric['dimensions']): readonly Value[] {
  return Object.entries(dimensions).map(([Name, value]) => ({ Name, Value: value }));
}
