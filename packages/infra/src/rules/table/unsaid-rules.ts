import { at } from '../node.ts';
import { ofType, takesParameters } from '../project.ts';
import type { Rule } from '../rule.ts';
import { isWatched } from './alarms.ts';
import { example } from './example.ts';
import { isDestinationMissing, readers, readsByFanOut, streamMappings } from './mappings.ts';

const filtering = 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html';
const functions =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html';
const streams =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesis-stream.html';
const outputs =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html';

const reader = (properties: string): string => `Resources:
  Billing:
    Type: AWS::Lambda::Function
    Properties: ${properties}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: arn:aws:kinesis:us-east-1:111122223333:stream/orders
      FunctionName: !Ref Billing
`;

const stream = (properties: string, more = ''): string => `Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    DeletionPolicy: Retain
    Properties: ${properties}
${more}`;

/** Choices a template leaves to a default, or to whoever copies it. */
export const unsaidRules: readonly Rule[] = [
  {
    id: 'KST041',
    name: 'reader-cannot-be-narrowed',
    severity: 'note',
    title: 'A template that has parameters offers neither a filter nor fan-out',
    why: 'A function that wants a tenth of the records is called, and paid for, with all of them; and one more reader shares 2 MiB and 5 calls a second of each shard with those before it.',
    fix: 'Take FilterCriteria from a parameter, or read through an AWS::Kinesis::StreamConsumer.',
    source: filtering,
    ...example({
      parameters: true,
      good: { FilterCriteria: { Filters: [{ Pattern: '{"data": {"type": ["order"]}}' }] } },
    }),
    check: (project, report) => {
      if (!takesParameters(project)) return;
      for (const mapping of streamMappings(project)) {
        if (at(mapping.properties, 'FilterCriteria') !== undefined) continue;
        if (readsByFanOut(project, mapping) === false) report.found(mapping, mapping.place);
      }
    },
  },
  {
    id: 'KST042',
    name: 'function-settings-not-said',
    severity: 'note',
    title: 'The function leaves its settings to defaults that suit no reader of streams',
    why: 'It has 3 seconds and 128 MiB, and a timeout throws the progress of its batch away; it runs on x86_64, which costs a quarter more; and no trace shows where its time goes.',
    fix: 'Say Timeout, MemorySize, Architectures and TracingConfig.Mode, be it PassThrough.',
    source: functions,
    bad: reader('{ Runtime: nodejs24.x, Timeout: 60, MemorySize: 512 }'),
    good: reader(
      '{ Runtime: nodejs24.x, Timeout: 60, MemorySize: 512, Architectures: [arm64], TracingConfig: { Mode: PassThrough } }',
    ),
    check: (project, report) => {
      for (const lambda of readers(project)) {
        const says = (name: string): boolean =>
          at(lambda.properties, name) !== undefined ||
          // SAM's own word.
          (name === 'TracingConfig' && at(lambda.properties, 'Tracing') !== undefined);
        const unsaid = ['Timeout', 'MemorySize', 'Architectures', 'TracingConfig'].filter(
          (name) => !says(name),
        );
        if (unsaid.length > 0) report.found(lambda, lambda.place, unsaid.join(', '));
      }
    },
  },
  {
    id: 'KST043',
    name: 'failures-unwatched',
    severity: 'note',
    title: 'No alarm tells that records were set aside',
    why: 'The failure destination has pointers to records, not the records: whoever looks after the retention has ended finds nothing to read again.',
    fix: 'Add an alarm on OnFailureDestinationDeliveredEventCount of the mapping, or on the messages in the queue: millrace generate alarms.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
    ...failuresExample(),
    check: (project, report) => {
      if (isWatched(project, setAside)) return;
      for (const mapping of streamMappings(project)) {
        if (!isDestinationMissing(mapping)) report.found(mapping, mapping.place);
      }
    },
  },
  {
    id: 'KST046',
    name: 'stream-not-exported',
    severity: 'note',
    title: 'The stream is told of in the outputs, but not exported',
    why: 'Another stack that reads or writes it gets a name copied by hand, which goes on meaning the old stream when this one is replaced.',
    fix: "Add Export: { Name: !Sub '${AWS::StackName}-StreamArn' } to the output.",
    source: outputs,
    bad: stream(
      '{ StreamModeDetails: { StreamMode: ON_DEMAND } }',
      'Outputs:\n  StreamArn: { Value: !GetAtt Orders.Arn }\n',
    ),
    good: stream(
      '{ StreamModeDetails: { StreamMode: ON_DEMAND } }',
      "Outputs:\n  StreamArn: { Value: !GetAtt Orders.Arn, Export: { Name: !Sub '${AWS::StackName}-StreamArn' } }\n",
    ),
    check: (project, report) => {
      const ids = ofType(project, 'AWS::Kinesis::Stream').map(({ id }) => id);
      const told = project.outputs.filter(({ mentions }) => mentions.some((id) => ids.includes(id)));
      if (told.some(({ isExported }) => isExported)) return;
      for (const { place, name } of told) report.found(undefined, place, name);
    },
  },
  {
    id: 'KST047',
    name: 'stream-limits-not-said',
    severity: 'note',
    title: 'The stream does not say what it refuses',
    why: 'A producer whose records grow past 1 MiB is refused, and nobody sees in the template that it could be 10; in Terraform, whether a stream that is still read can be destroyed is left to a default.',
    fix: 'Set MaxRecordSizeInKiB, 1,024 to 10,240; in Terraform max_record_size_in_kib, and enforce_consumer_deletion = false.',
    source: streams,
    bad: stream('{ StreamModeDetails: { StreamMode: ON_DEMAND } }'),
    good: stream('{ StreamModeDetails: { StreamMode: ON_DEMAND }, MaxRecordSizeInKiB: 1024 }'),
    check: (project, report) => {
      for (const one of ofType(project, 'AWS::Kinesis::Stream')) {
        const wanted =
          one.dialect === 'terraform'
            ? ['MaxRecordSizeInKiB', 'EnforceConsumerDeletion']
            : ['MaxRecordSizeInKiB'];
        const unsaid = wanted.filter((name) => at(one.properties, name) === undefined);
        if (unsaid.length > 0) report.found(one, one.place, unsaid.join(', '));
      }
    },
  },
];

/** Any of these tells that something lies at a failure destination. */
const setAside = [
  'OnFailureDestinationDeliveredEventCount',
  'ApproximateNumberOfMessagesVisible',
  'ApproximateAgeOfOldestMessage',
];

function failuresExample(): Pick<Rule, 'bad' | 'good'> {
  const { bad } = example({});
  return {
    bad,
    good: `${bad}  SetAside:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: OnFailureDestinationDeliveredEventCount
      Dimensions: [{ Name: EventSourceMappingUUID, Value: !Ref Mapping }]
`,
  };
}
