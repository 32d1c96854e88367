import { at, items, numberOf, textOf } from '../node.ts';
import { ofType } from '../project.ts';
import { judge, type Rule } from '../rule.ts';

const streams =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesis-stream.html';
const policies =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html';
const enhanced = 'https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html';
const names = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html';

const stream = (
  properties: string,
  attributes = 'DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain',
): string =>
  `Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    ${attributes}
    Properties:
${properties
  .trim()
  .split('\n')
  .map((line) => `      ${line.trim()}\n`)
  .join('')}`;

const sound = `StreamModeDetails: { StreamMode: PROVISIONED }
ShardCount: 2
StreamEncryption: { EncryptionType: KMS, KeyId: alias/aws/kinesis }`;

/** The traps of streams. */
export const streamRules: readonly Rule[] = [
  {
    id: 'KST010',
    name: 'shards-on-demand',
    severity: 'error',
    title: 'An on-demand stream has a shard count',
    why: 'The service refuses the two together, and the deployment fails.',
    fix: 'Leave ShardCount out, or set StreamMode to PROVISIONED.',
    source: streams,
    bad: stream('StreamModeDetails: { StreamMode: ON_DEMAND }\nShardCount: 2'),
    good: stream('StreamModeDetails: { StreamMode: ON_DEMAND }'),
    check: (project, report) => {
      for (const one of ofType(project, 'AWS::Kinesis::Stream')) {
        if (at(one.properties, 'ShardCount') === undefined) continue;
        judge(
          report,
          one,
          at(one.properties, 'StreamModeDetails', 'StreamMode'),
          (mode) => textOf(mode) === 'ON_DEMAND',
        );
      }
    },
  },
  {
    id: 'KST018',
    name: 'stream-goes-with-its-stack',
    severity: 'warning',
    title: 'The stream is deleted with its stack',
    why: 'Deleting the stack, or an update that replaces the stream, deletes every record in it.',
    fix: 'Set DeletionPolicy and UpdateReplacePolicy to Retain; in Terraform lifecycle { prevent_destroy = true }.',
    source: policies,
    bad: stream(sound, 'DeletionPolicy: Delete'),
    good: stream(sound),
    check: (project, report) => {
      for (const one of ofType(project, 'AWS::Kinesis::Stream')) {
        if (!one.retained) report.found(one, one.place);
      }
    },
  },
  {
    id: 'KST022',
    name: 'stream-not-encrypted',
    severity: 'warning',
    title: 'The stream is not encrypted at rest',
    why: 'Records lie on disk as they are; turning encryption on later leaves those that are there.',
    fix: 'Set StreamEncryption to KMS with alias/aws/kinesis, which costs nothing and needs no permission.',
    source: streams,
    bad: stream('StreamModeDetails: { StreamMode: ON_DEMAND }'),
    good: stream(sound),
    check: (project, report) => {
      for (const one of ofType(project, 'AWS::Kinesis::Stream')) {
        judge(report, one, at(one.properties, 'StreamEncryption'), (value) => value === undefined);
      }
    },
  },
  {
    id: 'KST029',
    name: 'capacity-mode-not-said',
    severity: 'note',
    title: 'The stream does not say its capacity mode',
    why: 'It is provisioned by default; whoever reads the template, or changes the mode elsewhere, cannot see that it was meant.',
    fix: 'Set StreamModeDetails.StreamMode to PROVISIONED (with ShardCount) or ON_DEMAND (without).',
    source: streams,
    bad: stream('ShardCount: 2'),
    good: stream(sound),
    check: (project, report) => {
      for (const one of ofType(project, 'AWS::Kinesis::Stream')) {
        judge(report, one, at(one.properties, 'StreamModeDetails'), (value) => value === undefined);
      }
    },
  },
  {
    id: 'KST036',
    name: 'shard-metrics-always-on',
    severity: 'note',
    title: 'All shard-level metrics are always on',
    why: 'Each is paid for by shard and month, as a custom metric.',
    fix: 'Turn on those you look at, or all of them only while you look for a hot shard.',
    source: enhanced,
    bad: stream(`${sound}\nDesiredShardLevelMetrics: [ALL]`),
    good: stream(`${sound}\nDesiredShardLevelMetrics: [IncomingBytes]`),
    check: (project, report) => {
      for (const one of ofType(project, 'AWS::Kinesis::Stream')) {
        const metrics = at(one.properties, 'DesiredShardLevelMetrics');
        const all = items(metrics).length >= 7 || items(metrics).some((metric) => textOf(metric) === 'ALL');
        // Asked for by name in our own model, and so meant; a template that lists all seven seldom means it.
        if (all && metrics !== undefined) report.found(one, metrics.place);
      }
    },
  },
  {
    id: 'KST033',
    name: 'parameter-without-bounds',
    severity: 'note',
    title: 'A parameter of the stream takes any value',
    why: 'A shard count or retention out of range fails in the middle of a deployment, not at its start.',
    fix: 'Give it MinValue and MaxValue (shards from 1, retention 24 to 8,760); in Terraform a validation block.',
    source: streams,
    bad: `Parameters:
  Hours: { Type: Number, Default: 24 }
${stream(`${sound}\nRetentionPeriodHours: !Ref Hours`)}`,
    good: `Parameters:
  Hours: { Type: Number, Default: 24, MinValue: 24, MaxValue: 8760 }
${stream(`${sound}\nRetentionPeriodHours: !Ref Hours`)}`,
    check: (project, report) => {
      for (const one of ofType(project, 'AWS::Kinesis::Stream')) {
        for (const property of ['ShardCount', 'RetentionPeriodHours']) {
          const name = project.parameterUses.get(`${one.id}.${property}`);
          const parameter = project.parameters.find((other) => other.name === name);
          if (parameter?.isBounded === false) report.found(one, parameter.place, parameter.name);
        }
      }
    },
  },
  {
    id: 'KST017',
    name: 'physical-name',
    severity: 'note',
    title: 'A resource has a name of its own',
    why: 'The stack cannot be deployed twice in one account and region, and an update that must replace the resource fails.',
    fix: 'Leave the name out, or take it from a parameter.',
    source: names,
    bad: `Resources:
  Failures:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: failures
`,
    good: `Resources:
  Failures:
    Type: AWS::SQS::Queue
`,
    check: (project, report) => {
      // Terraform wants names, and tells at plan time that one is taken.
      if (project.dialect === 'terraform') return;
      for (const one of project.resources) {
        const property = nameProperties[one.type];
        const node = property === undefined ? undefined : at(one.properties, property);
        if (property === undefined || node === undefined) continue;
        // A name that a parameter gives is not fixed; one that is made of it for another resource is a name still.
        if (project.parameterUses.has(`${one.id}.${property}`)) continue;
        report.found(one, node.place, property);
      }
    },
  },
  {
    id: 'KST040',
    name: 'retention-below-record-age',
    severity: 'warning',
    title: 'The stream forgets records before the mapping gives up on them',
    why: 'A failure destination gets pointers to records: after the retention they point at nothing.',
    fix: 'Set RetentionPeriodHours well above MaximumRecordAgeInSeconds; twice as much leaves time to look.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
    bad: `${stream(sound)}  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Orders.Arn
      MaximumRecordAgeInSeconds: 86400
`,
    good: `${stream(`${sound}\nRetentionPeriodHours: 168`)}  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Orders.Arn
      MaximumRecordAgeInSeconds: 86400
`,
    check: (project, report) => {
      for (const mapping of ofType(project, 'AWS::Lambda::EventSourceMapping')) {
        const source = at(mapping.properties, 'EventSourceArn');
        const one =
          source?.kind === 'reference' ? project.resources.find(({ id }) => id === source.to) : undefined;
        if (one?.type !== 'AWS::Kinesis::Stream') continue;
        const retention = at(one.properties, 'RetentionPeriodHours');
        const hours = retention === undefined ? 24 : numberOf(retention);
        const age = at(mapping.properties, 'MaximumRecordAgeInSeconds');
        const seconds = numberOf(age);
        if (hours === undefined || seconds === undefined || age === undefined) continue;
        if (seconds >= hours * 3600) report.found(mapping, age.place, `${seconds} s with ${hours} h`);
      }
    },
  },
];

/** Not those of streams and lease tables: programs outside the template are given their names. */
const nameProperties: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
};
