import { at, numberOf, possibilities, textOf } from '../node.ts';
import { ofType, type Project, type TemplateResource } from '../project.ts';
import type { Rule } from '../rule.ts';
import { ageAlarms, isWatched, kinesisAlarms } from './alarms.ts';
import { streamMappings } from './mappings.ts';

const recommended =
  'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html';

const stack = (threshold: string, more = ''): string => `Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    DeletionPolicy: Retain
    Properties: { StreamModeDetails: { StreamMode: ON_DEMAND }, RetentionPeriodHours: 24 }
  Late:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Kinesis
      MetricName: GetRecords.IteratorAgeMilliseconds
      Dimensions: [{ Name: StreamName, Value: !Ref Orders }]
      Statistic: Maximum
      ComparisonOperator: GreaterThanThreshold
      Threshold: ${threshold}
      TreatMissingData: breaching
${more}`;

const throttled = (threshold: string): string => `Resources:
  Throttled:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Kinesis
      MetricName: WriteProvisionedThroughputExceeded
      Dimensions: [{ Name: StreamName, Value: orders }]
      Statistic: Average
      ComparisonOperator: GreaterThanThreshold
      Threshold: ${threshold}
      TreatMissingData: notBreaching
`;

/** What may go wrong unseen though there are alarms. */
export const watchRules: readonly Rule[] = [
  {
    id: 'KST045',
    name: 'watched-in-part',
    severity: 'note',
    title: 'The stream has alarms, but not for everything that loses records',
    why: 'Records that are refused, that a function fails on or that are dropped make no reader late: the alarm that is there stays quiet.',
    fix: 'Add what is missing: millrace generate alarms writes the whole set.',
    source: recommended,
    bad: stack('43200000'),
    good: stack(
      '43200000',
      `  Refused:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Kinesis
      MetricName: WriteProvisionedThroughputExceeded
      Dimensions: [{ Name: StreamName, Value: !Ref Orders }]
      Threshold: 0.05
`,
    ),
    check: (project, report) => {
      const [stream] = ofType(project, 'AWS::Kinesis::Stream');
      if (stream === undefined || kinesisAlarms(project).length === 0) return;
      const hasFunctions = streamMappings(project).length > 0;
      const unwatched = losses.filter(
        ({ ofFunctions, metrics }) => (hasFunctions || !ofFunctions) && !isWatched(project, metrics),
      );
      if (unwatched.length > 0) {
        report.found(stream, stream.place, `nothing watches ${unwatched.map(({ what }) => what).join(', ')}`);
      }
    },
  },
  {
    id: 'KST048',
    name: 'alarm-knows-no-retention',
    severity: 'note',
    title: 'No alarm on the age of records has to do with the retention',
    why: 'A fixed number of seconds goes off at every deployment and is soon ignored; that records are about to be deleted unread, nobody is told.',
    fix: 'Add an alarm at half the retention, with metric math age / (retention hours × 36,000) > 50, and make the other threshold a parameter.',
    source: recommended,
    bad: stack('60000'),
    good: stack('43200000'),
    check: (project, report) => {
      const alarms = ageAlarms(project);
      if (streamHours(project).length === 0) return;
      if (alarms.some((one) => hasToDoWithRetention(project, one))) return;
      for (const one of alarms) {
        const threshold = at(one.properties, 'Threshold');
        report.found(one, threshold?.place ?? one.place, `${textOf(threshold) ?? '?'} ms`);
      }
    },
  },
  {
    id: 'KST049',
    name: 'alarm-after-the-loss',
    severity: 'warning',
    title: 'An alarm on the age of records waits longer than they are kept',
    why: 'When it goes off the records are deleted; it mostly never does, since the oldest record left is never that old.',
    fix: 'Set Threshold to half the retention at most, in milliseconds.',
    source: recommended,
    bad: stack('86400000'),
    good: stack('43200000'),
    check: (project, report) => {
      const hours = streamHours(project);
      if (hours.length === 0) return;
      // The alarm may be on the stream whose retention is not known.
      const longest = Math.max(...hours.map((one) => one ?? Infinity));
      for (const one of ageAlarms(project)) {
        const threshold = at(one.properties, 'Threshold');
        const milliseconds = isMath(one) ? undefined : numberOf(threshold);
        if (milliseconds === undefined || milliseconds < longest * 3_600_000) continue;
        report.found(one, threshold?.place ?? one.place, `${milliseconds} ms with ${longest} h`);
      }
    },
  },
  {
    id: 'KST050',
    name: 'alarm-on-any-throttle',
    severity: 'note',
    title: 'An alarm goes off at a single throttled call',
    why: 'Every client tries again, and a short burst is what it is made for: an alarm that cries at each is switched off before the day it matters.',
    fix: 'Watch the share that is throttled: Statistic Average, a Threshold such as 0.05, five minutes of five.',
    source: recommended,
    bad: throttled('0'),
    good: throttled('0.05'),
    check: (project, report) => {
      for (const one of kinesisAlarms(project)) {
        const name = textOf(at(one.properties, 'MetricName')) ?? '';
        if (!/^(?:Read|Write)ProvisionedThroughputExceeded$/.test(name)) continue;
        const threshold = at(one.properties, 'Threshold');
        const orMore = textOf(at(one.properties, 'ComparisonOperator')) === 'GreaterThanOrEqualToThreshold';
        const largest = orMore && textOf(at(one.properties, 'Statistic')) !== 'Average' ? 1 : 0;
        if ((numberOf(threshold) ?? Infinity) <= largest) {
          report.found(one, threshold?.place ?? one.place, name);
        }
      }
    },
  },
];

/** What loses records while no reader is late, and the metrics that tell, any of them. */
const losses: readonly {
  readonly what: string;
  readonly metrics: readonly string[];
  readonly ofFunctions?: boolean;
}[] = [
  {
    what: 'records that are refused',
    metrics: [
      'WriteProvisionedThroughputExceeded',
      'PutRecords.ThrottledRecords',
      'PutRecords.FailedRecords',
      'PutRecords.Success',
      'PutRecord.Success',
    ],
  },
  {
    what: 'a function that fails',
    metrics: ['Errors', 'FailedInvokeEventCount'],
    ofFunctions: true,
  },
  {
    what: 'records that are dropped',
    metrics: ['DroppedEventCount', 'DestinationDeliveryFailures'],
    ofFunctions: true,
  },
];

/** Hours each stream of the project keeps records; undefined where that is not known. */
function streamHours(project: Project): readonly (number | undefined)[] {
  return ofType(project, 'AWS::Kinesis::Stream').map((stream) => {
    const retention = at(stream.properties, 'RetentionPeriodHours');
    return retention === undefined ? 24 : numberOf(retention);
  });
}

/** By metric math, by a parameter, or by a number that is a good part of a retention. */
function hasToDoWithRetention(project: Project, one: TemplateResource): boolean {
  if (isMath(one) || project.parameterUses.has(`${one.id}.Threshold`)) return true;
  const shortest = Math.min(...streamHours(project).map((hours) => hours ?? 24)) * 3_600_000;
  return possibilities(at(one.properties, 'Threshold')).some(
    (value) => value?.kind === 'unknown' || (numberOf(value) ?? 0) >= shortest / 10,
  );
}

function isMath(one: TemplateResource): boolean {
  return at(one.properties, 'Metrics') !== undefined;
}
