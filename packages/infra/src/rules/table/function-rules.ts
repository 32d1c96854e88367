import { at, mentioned, numberOf, textOf, type Node } from '../node.ts';
import { ofType, targetOf, type Project, type TemplateResource } from '../project.ts';
import { judge, type Rule } from '../rule.ts';
import { allows, managedOf } from './permissions.ts';
import { destinationOf, functionOf, readers, readsByFanOut, streamMappings, streamOf } from './mappings.ts';

const permissions = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html';
const keys = 'https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html';
const concurrency = 'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html';
const runtimes = 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html';
const responses = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html';
const logs = 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html';

const pair = (role: string, source: string, extra = ''): string => `Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    DeletionPolicy: Retain
    Properties:
      StreamEncryption: { EncryptionType: KMS, KeyId: alias/orders }
  FanOut:
    Type: AWS::Kinesis::StreamConsumer
    Properties: { StreamARN: !GetAtt Orders.Arn, ConsumerName: billing }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: read
          PolicyDocument:
            Statement: [{ Effect: Allow, Action: [${role}], Resource: '*' }]
  Billing:
    Type: AWS::Lambda::Function
    Properties: { Role: !GetAtt Role.Arn${extra} }
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt ${source}
      FunctionName: !Ref Billing
`;

const setAside = (role: string): string =>
  `${pair(role, 'Orders.Arn')}      DestinationConfig: { OnFailure: { Destination: !GetAtt Failures.Arn } }
  Failures:
    Type: AWS::SQS::Queue
`;

const withProperties = (properties: string): string => `Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    DeletionPolicy: Retain
    Properties: { ShardCount: 4, StreamModeDetails: { StreamMode: PROVISIONED } }
  Billing:
    Type: AWS::Lambda::Function
    Properties: ${properties}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Orders.Arn
      FunctionName: !Ref Billing
      ParallelizationFactor: 2
      FunctionResponseTypes: [ReportBatchItemFailures]
`;

/** The traps of functions that read a stream, and of their roles. */
export const functionRules: readonly Rule[] = [
  {
    id: 'KST006',
    name: 'key-not-usable',
    severity: 'error',
    title: 'The function may not use the key of the stream',
    why: 'Records cannot be decrypted: none is read, and the retention runs.',
    fix: 'Allow kms:Decrypt on the key to the role of the function.',
    source: keys,
    bad: pair('"kinesis:*"', 'Orders.Arn'),
    good: pair('"kinesis:*", "kms:Decrypt"', 'Orders.Arn'),
    check: (project, report) => {
      for (const mapping of streamMappings(project)) {
        const key = at(streamOf(project, mapping)?.properties, 'StreamEncryption', 'KeyId');
        if (key === undefined || isKeyOfAws(key)) continue;
        checkPermission(project, report, mapping, 'kms:Decrypt');
      }
    },
  },
  {
    id: 'KST007',
    name: 'fan-out-not-allowed',
    severity: 'error',
    title: 'The function may not subscribe to its fan-out consumer',
    why: 'The mapping cannot read: the deployment fails, or no record ever arrives.',
    fix: 'Allow kinesis:SubscribeToShard and kinesis:DescribeStreamConsumer on the ARN of the consumer.',
    source: permissions,
    bad: pair('"kinesis:GetRecords", "kms:Decrypt"', 'FanOut.ConsumerARN'),
    good: pair('"kinesis:*", "kms:Decrypt"', 'FanOut.ConsumerARN'),
    check: (project, report) => {
      for (const mapping of streamMappings(project)) {
        if (readsByFanOut(project, mapping) === true)
          checkPermission(project, report, mapping, 'kinesis:SubscribeToShard');
      }
    },
  },
  {
    id: 'KST051',
    name: 'destination-not-allowed',
    severity: 'error',
    title: 'The function may not send to its failure destination',
    why: 'Lambda sends with the role of the function: what should be set aside is dropped, and only DestinationDeliveryFailures tells of it.',
    fix: 'Allow sqs:SendMessage, sns:Publish or s3:PutObject on the destination to the role of the function.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
    bad: setAside('"kinesis:*", "kms:Decrypt"'),
    good: setAside('"kinesis:*", "kms:Decrypt", "sqs:SendMessage"'),
    check: (project, report) => {
      for (const mapping of streamMappings(project)) {
        // The Serverless Framework writes that permission by itself, and SAM where the type is said.
        if (mapping.dialect === 'serverless') continue;
        if (at(mapping.properties, 'DestinationConfig', 'OnFailure', 'Type') !== undefined) continue;
        const action = sendAction(project, destinationOf(mapping));
        if (action !== undefined) checkPermission(project, report, mapping, action);
      }
    },
  },
  {
    id: 'KST011',
    name: 'concurrency-below-shards',
    severity: 'warning',
    title: 'Reserved concurrency is below shards × parallelization',
    why: 'Shards wait for one another: invocations are throttled, and the age of records grows until they are set aside or expire.',
    fix: 'Reserve at least ShardCount × ParallelizationFactor, or nothing.',
    source: concurrency,
    bad: withProperties('{ ReservedConcurrentExecutions: 4 }'),
    good: withProperties('{ ReservedConcurrentExecutions: 8 }'),
    check: (project, report) => {
      for (const mapping of streamMappings(project)) {
        const lambda = functionOf(project, mapping);
        const reserved = at(lambda?.properties, 'ReservedConcurrentExecutions');
        const shards = numberOf(at(streamOf(project, mapping)?.properties, 'ShardCount'));
        if (lambda === undefined || reserved === undefined || shards === undefined) continue;
        const needed = shards * (numberOf(at(mapping.properties, 'ParallelizationFactor')) ?? 1);
        judge(
          report,
          lambda,
          reserved,
          (value) => (numberOf(value) ?? Infinity) < needed,
          `${needed} are needed`,
        );
      }
    },
  },
  {
    id: 'KST023',
    name: 'managed-policy',
    severity: 'note',
    title: 'The role has a managed policy of AWS for reading streams',
    why: 'It allows reading every stream of the account, nothing for destinations and keys, and its ARN is wrong outside the aws partition.',
    fix: 'Write the permissions out: millrace iam --role lambda --stream ARN.',
    source: permissions,
    bad: `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole]
`,
    good: `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: read
          PolicyDocument: { Statement: [{ Effect: Allow, Action: 'kinesis:GetRecords', Resource: !GetAtt Orders.Arn }] }
`,
    check: (project, report) => {
      for (const role of ofType(project, 'AWS::IAM::Role')) {
        const found = managedOf(project, role).find((arn) =>
          /AWSLambdaKinesisExecutionRole|AmazonKinesis\w*Access/.test(
            textOf(arn) ?? (arn.kind === 'unknown' ? arn.why : ''),
          ),
        );
        if (found !== undefined) report.found(role, found.place);
      }
    },
  },
  {
    id: 'KST027',
    name: 'answers-like-a-web-server',
    severity: 'error',
    title: 'The function answers statusCode, which means nothing to a mapping',
    why: 'Whatever it answers but batchItemFailures is success: records it failed on are checkpointed and lost.',
    fix: 'Return { batchItemFailures: [...] }, or throw.',
    source: responses,
    bad: withProperties(`{ Code: { ZipFile: "def handler(event, context): return {'statusCode': 200}" } }`),
    good: withProperties(
      `{ Code: { ZipFile: "def handler(event, context): return {'batchItemFailures': []}" } }`,
    ),
    check: (project, report) => {
      for (const mapping of streamMappings(project)) {
        const lambda = functionOf(project, mapping);
        const code = at(lambda?.properties, 'Code', 'ZipFile') ?? at(lambda?.properties, 'InlineCode');
        const text = textOf(code) ?? '';
        if (code !== undefined && text.includes('statusCode') && !text.includes('batchItemFailures')) {
          report.found(lambda, code.place);
        }
      }
    },
  },
  {
    id: 'KST031',
    name: 'runtime-at-its-end',
    severity: 'note',
    title: 'The runtime of the function is at, or near, its end',
    why: 'After that day it gets no security updates, and later no changes can be deployed.',
    fix: 'Move to nodejs24.x or python3.14.',
    source: runtimes,
    bad: withProperties('{ Runtime: python3.11, LoggingConfig: { LogGroup: billing } }'),
    good: withProperties('{ Runtime: nodejs24.x, LoggingConfig: { LogGroup: billing } }'),
    check: (project, report) => {
      for (const lambda of readers(project)) {
        judge(report, lambda, at(lambda.properties, 'Runtime'), (value) =>
          endingRuntimes.test(textOf(value) ?? ''),
        );
      }
    },
  },
  {
    id: 'KST032',
    name: 'logs-kept-forever',
    severity: 'note',
    title: 'The function has no log group of its own',
    why: 'Lambda makes one that keeps everything forever, and that outlives the stack; it is paid for by the month.',
    fix: 'Make an AWS::Logs::LogGroup with RetentionInDays, and name it in LoggingConfig.',
    source: logs,
    bad: withProperties('{ Runtime: nodejs24.x }'),
    good: withProperties('{ Runtime: nodejs24.x, LoggingConfig: { LogGroup: billing } }'),
    check: (project, report) => {
      for (const lambda of readers(project)) {
        const named = ofType(project, 'AWS::Logs::LogGroup').some((group) =>
          mentioned(at(group.properties, 'LogGroupName')).includes(lambda.id),
        );
        if (!named) {
          judge(
            report,
            lambda,
            at(lambda.properties, 'LoggingConfig', 'LogGroup'),
            (value) => value === undefined,
          );
        }
      }
    },
  },
];

/** Deprecated, or so before the end of June 2027. */
const endingRuntimes =
  /^(?:nodejs(?:\d|1\d|20)(?:\.x)?|nodejs\d\.\d+|python2\.7|python3\.(?:[6-9]|1[01])|ruby2\.\d|ruby3\.2|java8(?:\.al2)?|go1\.x|dotnet(?:core\d\.\d|[5-7])|provided)$/;

function checkPermission(
  project: Project,
  report: Parameters<Rule['check']>[1],
  mapping: TemplateResource,
  action: string,
): void {
  const lambda = functionOf(project, mapping);
  if (lambda === undefined) {
    report.cannotTell(mapping, mapping.place, 'the function is not in the template');
    return;
  }
  const permission = allows(project, lambda, action);
  if (permission === 'no')
    report.found(lambda, roleOf(project, lambda)?.place ?? lambda.place, `${action} is not allowed`);
  if (permission === 'unknown') {
    report.cannotTell(
      lambda,
      lambda.place,
      `the role of ${lambda.id}, or a policy of it, is not in the template`,
    );
  }
}

/** What sending to a destination is called; undefined when its kind is not known. */
function sendAction(project: Project, destination: Node | undefined): string | undefined {
  const target = targetOf(project, destination)?.type ?? '';
  const text = textOf(destination) ?? '';
  if (target === 'AWS::SQS::Queue' || text.includes(':sqs:')) return 'sqs:SendMessage';
  if (target === 'AWS::SNS::Topic' || text.includes(':sns:')) return 'sns:Publish';
  if (target === 'AWS::S3::Bucket' || text.includes(':s3:')) return 's3:PutObject';
  return undefined;
}

function roleOf(project: Project, lambda: TemplateResource): TemplateResource | undefined {
  return targetOf(project, at(lambda.properties, 'Role'));
}

function isKeyOfAws(key: Node): boolean {
  return textOf(key)?.includes('alias/aws/kinesis') === true;
}
