import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Alarm, Metric } from '@millrace/infra';

import type { Examination, Finding } from './finding.ts';

/** Which recommended alarms are missing, and which of those there are cannot do their duty. */
export function checkAlarms(
  stream: string,
  recommended: readonly Alarm[],
  alarms: readonly MetricAlarm[],
): Examination {
  const watching = alarms.filter((alarm) => metricsOf(alarm).some((metric) => isOf(metric, stream)));
  const missing = recommended.filter((alarm) => !isWatched(alarm, alarms));
  return {
    check: 'alarms',
    seen: `${watching.length} watch ${stream}`,
    findings: [
      ...(missing.length === 0 ? [] : [missingAlarms(stream, missing)]),
      ...watching.flatMap((alarm) => defectsOf(alarm)),
    ],
  };
}

interface WatchedMetric {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

function missingAlarms(stream: string, missing: readonly Alarm[]): Finding {
  const list = missing.map(({ id }) => id).join(', ');
  return {
    id: 'alarm-missing',
    severity: 'warning',
    what: `nobody is told of: ${list}`,
    fix: `Make them from: millrace generate alarms --from-stream ${stream}`,
  };
}

function defectsOf(alarm: MetricAlarm): readonly Finding[] {
  const name = alarm.AlarmName ?? '';
  const findings: Finding[] = [];
  if (alarm.ActionsEnabled === false || (alarm.AlarmActions ?? []).length === 0) {
    findings.push({
      id: 'alarm-without-action',
      severity: 'warning',
      what: `the alarm ${name} tells nobody when it goes off`,
      fix: 'Give it an action, such as an SNS topic, and enable its actions.',
    });
  }
  const watchesAge = metricsOf(alarm).some((metric) => metric.name === 'GetRecords.IteratorAgeMilliseconds');
  if (watchesAge && alarm.Metrics === undefined && alarm.TreatMissingData !== 'breaching') {
    findings.push({
      id: 'alarm-deaf-to-silence',
      severity: 'warning',
      what: `the alarm ${name} stays quiet when the consumer dies: then there is no age at all, and missing data is ${alarm.TreatMissingData ?? 'missing'} to it`,
      fix: 'Set its TreatMissingData to breaching.',
    });
  }
  return findings;
}

function isWatched({ watched }: Alarm, alarms: readonly MetricAlarm[]): boolean {
  const wanted: readonly Metric[] = 'metric' in watched ? [watched.metric] : Object.values(watched.metrics);
  const expression = !('metric' in watched);
  return alarms.some((alarm) => {
    // An alarm on a metric alone does not stand for one that compares it to something else.
    if ((alarm.Metrics !== undefined && alarm.Metrics.length > 1) !== expression) return false;
    const there = metricsOf(alarm);
    return wanted.every((metric) =>
      there.some(
        ({ name, dimensions }) => name === metric.name && sameDimensions(dimensions, metric.dimensions),
      ),
    );
  });
}

function sameDimensions(there: Readonly<Record<string, string>>, wanted: Metric['dimensions']): boolean {
  const entries = Object.entries(wanted);
  return (
    entries.length === Object.keys(there).length && entries.every(([name, value]) => there[name] === value)
  );
}

function isOf({ dimensions }: WatchedMetric, stream: string): boolean {
  return dimensions['StreamName'] === stream;
}

function metricsOf(alarm: MetricAlarm): readonly WatchedMetric[] {
  const single =
    alarm.MetricName === undefined ? [] : [{ name: alarm.MetricName, dimensions: textsOf(alarm.Dimensions) }];
  const several = (alarm.Metrics ?? []).flatMap(({ MetricStat }) => {
    const metric = MetricStat?.Metric;
    return metric?.MetricName === undefined
      ? []
      : [{ name: metric.MetricName, dimensions: textsOf(metric.Dimensions) }];
  });
  return [...single, ...several];
}

function textsOf(dimensions: MetricAlarm['Dimensions']): Readonly<Record<string, string>> {
  return Object.fromEntries((dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));
}
