import { at, items, mentioned, textOf, type Node } from '../node.ts';
import { ofType, targetOf, type Project, type TemplateResource } from '../project.ts';
import { judge, type Rule } from '../rule.ts';
import { ageAlarms, kinesisAlarms, metricNames, metricsOf, readerAlarms } from './alarms.ts';
import { readsByFanOut, streamMappings } from './mappings.ts';

const recommended =
  'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html';
const metrics = 'https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html';
const topics = 'https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html';

const alarm = (properties: string, more = ''): string => `Resources:
  Late:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Kinesis
      MetricName: GetRecords.IteratorAgeMilliseconds
${properties
  .trim()
  .split('\n')
  .map((line) => `      ${line.trim()}\n`)
  .join('')}${more}`;

const sound = `Dimensions: [{ Name: StreamName, Value: orders }]
TreatMissingData: breaching
AlarmActions: [!Ref TopicArn]
OKActions: [!Ref TopicArn]`;

const without = (line: RegExp): string =>
  sound
    .split('\n')
    .filter((one) => !line.test(one))
    .join('\n');

/** The traps of alarms and of the topics that tell of them. */
export const alarmRules: readonly Rule[] = [
  {
    id: 'KST008',
    name: 'alarm-sees-no-data',
    severity: 'error',
    title: 'An alarm on Kinesis has no StreamName dimension',
    why: 'Kinesis publishes only with a stream name: the alarm never sees a value, whatever happens.',
    fix: 'Add the dimension StreamName with the name of the stream.',
    source: metrics,
    bad: alarm(without(/Dimensions/)),
    good: alarm(sound),
    check: (project, report) => {
      for (const one of kinesisAlarms(project)) {
        for (const metric of metricsOf(one)) {
          judge(
            report,
            one,
            at(metric, 'Dimensions'),
            (dimensions) => !hasDimension(dimensions, 'StreamName'),
          );
        }
      }
    },
  },
  {
    id: 'KST009',
    name: 'alarm-on-age-nobody-publishes',
    severity: 'error',
    title: 'An alarm watches the iterator age of a stream that is read by fan-out alone',
    why: 'GetRecords.IteratorAgeMilliseconds is published for GetRecords only: the alarm never sees a value.',
    fix: 'Watch SubscribeToShardEvent.MillisBehindLatest (with ConsumerName), or IteratorAge of the function.',
    source: metrics,
    bad: `${alarm(sound)}  FanOut:
    Type: AWS::Kinesis::StreamConsumer
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: !GetAtt FanOut.ConsumerARN, FunctionName: billing }
`,
    good: `${alarm(sound)}  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: 'arn:aws:kinesis:us-east-1:111122223333:stream/orders', FunctionName: billing }
`,
    check: (project, report) => {
      const mappings = streamMappings(project);
      if (mappings.length === 0 || mappings.some((mapping) => readsByFanOut(project, mapping) !== true))
        return;
      for (const one of kinesisAlarms(project)) {
        if (watches(one, 'GetRecords.IteratorAgeMilliseconds')) report.found(one, one.place);
      }
    },
  },
  {
    id: 'KST019',
    name: 'alarm-goes-quiet',
    severity: 'warning',
    title: 'The alarm on the iterator age goes quiet when the reader dies',
    why: 'A reader that stopped publishes no age: without TreatMissingData breaching the alarm says INSUFFICIENT_DATA in the worst case there is.',
    fix: 'Set TreatMissingData to breaching.',
    source: recommended,
    bad: alarm(without(/Treat/)),
    good: alarm(sound),
    check: (project, report) => {
      for (const one of kinesisAlarms(project)) {
        // An alarm with metric math is one beside the plain one.
        if (textOf(at(one.properties, 'MetricName')) !== 'GetRecords.IteratorAgeMilliseconds') continue;
        judge(report, one, at(one.properties, 'TreatMissingData'), (value) => textOf(value) !== 'breaching');
      }
    },
  },
  {
    id: 'KST024',
    name: 'alarm-tells-nobody',
    severity: 'warning',
    title: 'An alarm on the stream tells nobody, or does not say when it is over',
    why: 'It goes off unheard; or whoever was called does not learn that all is well again.',
    fix: 'Set AlarmActions and OKActions to a topic that people or a pager subscribe to.',
    source: recommended,
    bad: alarm(without(/OKActions/)),
    good: alarm(sound),
    check: (project, report) => {
      for (const one of readerAlarms(project)) {
        for (const name of ['AlarmActions', 'OKActions']) {
          judge(
            report,
            one,
            at(one.properties, name),
            (value) => value === undefined || (value.kind === 'list' && value.items.length === 0),
            name,
          );
        }
      }
    },
  },
  {
    id: 'KST026',
    name: 'alarm-names-the-parameter',
    severity: 'note',
    title: 'An alarm takes the name of the stream from a parameter, not from the stream',
    why: 'It is made before the stream, or without it, and goes on watching the old name when the stream is renamed elsewhere.',
    fix: 'Refer to the stream: !Ref Stream, aws_kinesis_stream.main.name.',
    source: recommended,
    bad: `Parameters:
  Name: { Type: String }
${alarm(sound.replace('Value: orders', 'Value: !Ref Name'), '  Orders:\n    Type: AWS::Kinesis::Stream\n    DeletionPolicy: Retain\n    Properties: { Name: !Ref Name }\n')}`,
    good: `Parameters:
  Name: { Type: String }
${alarm(sound.replace('Value: orders', 'Value: !Ref Orders'), '  Orders:\n    Type: AWS::Kinesis::Stream\n    DeletionPolicy: Retain\n    Properties: { Name: !Ref Name }\n')}`,
    check: (project, report) => {
      if (ofType(project, 'AWS::Kinesis::Stream').length === 0 || project.parameters.length === 0) return;
      for (const one of kinesisAlarms(project)) {
        for (const metric of metricsOf(one)) {
          const value = dimensionValue(at(metric, 'Dimensions'), 'StreamName');
          if (value !== undefined && value.kind !== 'reference' && mentioned(value).length === 0) {
            report.found(one, value.place);
          }
        }
      }
    },
  },
  {
    id: 'KST016',
    name: 'topic-without-subscription',
    severity: 'warning',
    title: 'Nobody subscribes to the topic of the alarms',
    why: 'Alarms go off and no one is told.',
    fix: 'Add an AWS::SNS::Subscription, or Subscription to the topic.',
    source: topics,
    bad: alarm(
      sound.replaceAll('TopicArn', 'Topic'),
      '  Topic:\n    Type: AWS::SNS::Topic\n    Properties: { KmsMasterKeyId: alias/alarms }\n',
    ),
    good: alarm(
      sound.replaceAll('TopicArn', 'Topic'),
      '  Topic:\n    Type: AWS::SNS::Topic\n    Properties: { KmsMasterKeyId: alias/alarms }\n  Ops:\n    Type: AWS::SNS::Subscription\n    Properties: { TopicArn: !Ref Topic, Protocol: email, Endpoint: ops@example.com }\n',
    ),
    check: (project, report) => {
      const subscribed = ofType(project, 'AWS::SNS::Subscription').flatMap(({ properties }) =>
        mentioned(at(properties, 'TopicArn')),
      );
      for (const topic of alarmTopics(project)) {
        const own = items(at(topic.properties, 'Subscription'));
        if (own.length === 0 && !subscribed.includes(topic.id)) report.found(topic, topic.place);
      }
    },
  },
  {
    id: 'KST025',
    name: 'topic-not-encrypted',
    severity: 'note',
    title: 'The topic of the alarms is not encrypted',
    why: 'What alarms say lies in the clear on its way. The key of AWS does not help: CloudWatch cannot publish with it.',
    fix: 'Set KmsMasterKeyId to a key whose policy lets cloudwatch.amazonaws.com use it.',
    source: topics,
    bad: alarm(sound.replaceAll('TopicArn', 'Topic'), '  Topic:\n    Type: AWS::SNS::Topic\n'),
    good: alarm(
      sound.replaceAll('TopicArn', 'Topic'),
      '  Topic:\n    Type: AWS::SNS::Topic\n    Properties: { KmsMasterKeyId: alias/alarms }\n',
    ),
    check: (project, report) => {
      for (const topic of alarmTopics(project)) {
        judge(
          report,
          topic,
          at(topic.properties, 'KmsMasterKeyId'),
          (value) => value === undefined || textOf(value) === 'alias/aws/sns',
        );
      }
    },
  },
  {
    id: 'KST044',
    name: 'topic-takes-plain-text',
    severity: 'note',
    title: 'The topic of the alarms can be published to without encryption',
    why: 'Whoever listens on the way reads what is wrong with the system, and a program that may publish can do so by accident over plain HTTP.',
    fix: "Add an AWS::SNS::TopicPolicy that denies sns:Publish where aws:SecureTransport is 'false'.",
    source: topics,
    bad: alarm(sound.replaceAll('TopicArn', 'Topic'), '  Topic:\n    Type: AWS::SNS::Topic\n'),
    good: alarm(
      sound.replaceAll('TopicArn', 'Topic'),
      `  Topic:
    Type: AWS::SNS::Topic
  OnlyEncrypted:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument:
        Statement:
          - { Effect: Allow, Principal: { Service: cloudwatch.amazonaws.com }, Action: sns:Publish, Resource: !Ref Topic }
          - Effect: Deny
            Principal: '*'
            Action: sns:Publish
            Resource: !Ref Topic
            Condition: { Bool: { aws:SecureTransport: 'false' } }
`,
    ),
    check: (project, report) => {
      const policies = ofType(project, 'AWS::SNS::TopicPolicy');
      for (const topic of alarmTopics(project)) {
        const own = policies.filter(({ properties }) =>
          mentioned(at(properties, 'Topics')).includes(topic.id),
        );
        const documents = own.map(({ properties }) => at(properties, 'PolicyDocument'));
        const open = documents.find((document) => document?.kind === 'unknown');
        if (documents.some(deniesPlainText)) continue;
        if (open?.kind === 'unknown') report.cannotTell(topic, open.place, open.why);
        else report.found(topic, topic.place);
      }
    },
  },
  {
    id: 'KST037',
    name: 'reader-unwatched',
    severity: 'warning',
    title: 'No alarm watches how late the reader is',
    why: 'A reader that is slow, throttled, stuck or dead is noticed when records have expired.',
    fix: 'Add an alarm on IteratorAge of the function, or the whole set: millrace generate alarms.',
    source: recommended,
    bad: `Resources:
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: 'arn:aws:kinesis:us-east-1:111122223333:stream/orders', FunctionName: billing }
`,
    good: `${alarm(sound)}  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: 'arn:aws:kinesis:us-east-1:111122223333:stream/orders', FunctionName: billing }
`,
    check: (project, report) => {
      if (ageAlarms(project).length > 0) return;
      for (const mapping of streamMappings(project)) report.found(mapping, mapping.place);
    },
  },
];

function watches(one: TemplateResource, name: string): boolean {
  return metricNames(one).includes(name);
}

function hasDimension(dimensions: Node | undefined, name: string): boolean {
  return dimensionValue(dimensions, name) !== undefined;
}

function dimensionValue(dimensions: Node | undefined, name: string): Node | undefined {
  return at(
    items(dimensions).find((dimension) => textOf(at(dimension, 'Name')) === name),
    'Value',
  );
}

function deniesPlainText(document: Node | undefined): boolean {
  const statements = at(document, 'Statement');
  return (statements?.kind === 'list' ? statements.items : [statements]).some(
    (statement) =>
      textOf(at(statement, 'Effect')) === 'Deny' &&
      textOf(at(statement, 'Condition', 'Bool', 'aws:SecureTransport')) === 'false',
  );
}

/** Topics that alarms on records publish to. */
function alarmTopics(project: Project): readonly TemplateResource[] {
  const targets = readerAlarms(project).flatMap(({ properties }) =>
    items(at(properties, 'AlarmActions')).flatMap((action) => targetOf(project, action) ?? []),
  );
  return [...new Set(targets)].filter(({ type }) => type === 'AWS::SNS::Topic');
}
