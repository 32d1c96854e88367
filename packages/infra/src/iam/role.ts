import { optionError } from '@millrace/kinesis/runtime';

import { pseudo, text, type Text } from '../template/value.ts';
import { streamArn, type Statement } from './statement.ts';

/** What somebody does with a stream. */
export type RoleKind = 'producer' | 'consumer' | 'lambda' | 'admin';

export const roleKinds: readonly RoleKind[] = ['producer', 'consumer', 'lambda', 'admin'];

export interface RoleOptions {
  /** Name of the stream. */
  readonly stream: Text;
  /** Its ARN; default that of `stream` in the account and region of the deployment. */
  readonly streamArn?: Text;
  /**
   * Reads by enhanced fan-out: the ARN of the stream consumer it reads by, or `true` for any; a `consumer` then registers
   * it itself when it is missing. It reads with SubscribeToShard instead of GetRecords; Lambda reads again with GetRecords what failed.
   */
  readonly efo?: boolean | Text;
  /** ARN of the KMS key of an encrypted stream. The key of AWS (`alias/aws/kinesis`) needs no permission. */
  readonly kmsKeyArn?: Text;
  /** Of a `consumer`: its group, which is the name of its lease table. Default: that of the stream. */
  readonly group?: Text;
  /** Of a `consumer`: makes the lease table itself when it is missing. Default false. */
  readonly createsTable?: boolean;
  /** Of a `producer`: packs records of a shard together, and so must know the shards. Default false. */
  readonly aggregates?: boolean;
  /** Of a `lambda`: ARNs that failed batches are sent to. */
  readonly failures?: {
    readonly queueArn?: Text;
    readonly topicArn?: Text;
    readonly bucketArn?: Text;
  };
  /** Of a `lambda`: ARN of its log group, without the streams in it. */
  readonly logGroupArn?: Text;
}

/**
 * The statements a role needs, and no more. Each is proven: with any action taken away its job fails.
 *
 * Throws `OPTION_INVALID` for an option that the role cannot have.
 *
 * @example
 * ```ts
 * policyDocument(roleStatements('consumer', { stream: 'orders', group: 'billing' }));
 * ```
 */
export function roleStatements(kind: RoleKind, options: RoleOptions): readonly Statement[] {
  const { efo = false } = options;
  if (efo !== false && (kind === 'producer' || kind === 'admin')) {
    throw optionError('iam.efo', kind, 'the role consumer or lambda with it: only readers read by fan-out');
  }
  return statementsOf[kind](options);
}

const statementsOf: Readonly<Record<RoleKind, (options: RoleOptions) => readonly Statement[]>> = {
  producer,
  consumer,
  lambda,
  admin,
};

function producer(options: RoleOptions): readonly Statement[] {
  const actions = [
    'kinesis:PutRecords',
    // Asked when a record is larger than 1 MiB: whether this stream takes it.
    'kinesis:DescribeStreamSummary',
    ...(options.aggregates === true ? ['kinesis:ListShards'] : []),
  ];
  return [
    { sid: 'WriteRecords', actions, resources: [arnOf(options)] },
    ...keyUse(options, 'kms:GenerateDataKey'),
  ];
}

function consumer(options: RoleOptions): readonly Statement[] {
  const table = text`arn:${pseudo('partition')}:dynamodb:${pseudo('region')}:${pseudo('account')}:table/${options.group ?? options.stream}`;
  return [
    ...reading(options, consumerDiscovery(options), ['kinesis:GetShardIterator', 'kinesis:GetRecords']),
    ...keyUse(options, 'kms:Decrypt'),
    {
      sid: 'KeepLeases',
      actions: [
        ...(options.createsTable === true ? ['dynamodb:CreateTable'] : []),
        'dynamodb:DescribeTable',
        'dynamodb:Scan',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
      ],
      resources: [table],
    },
  ];
}

/** A consumer is registered by the ARN of its stream. */
function consumerDiscovery({ efo = false }: RoleOptions): readonly string[] {
  if (efo === false) return ['kinesis:ListShards'];
  return [
    'kinesis:ListShards',
    'kinesis:DescribeStreamSummary',
    ...(efo === true ? ['kinesis:RegisterStreamConsumer'] : []),
  ];
}

/** What the Lambda service does as this role. */
function lambda(options: RoleOptions): readonly Statement[] {
  const { failures = {}, logGroupArn } = options;
  const discover = ['kinesis:DescribeStream', 'kinesis:DescribeStreamSummary', 'kinesis:ListShards'];
  const poll = ['kinesis:GetShardIterator', 'kinesis:GetRecords'];
  return [
    // What failed it reads again by GetRecords, however it came.
    ...reading(options, [...discover, ...poll], []),
    ...keyUse(options, 'kms:Decrypt'),
    ...(failures.queueArn === undefined
      ? []
      : [{ sid: 'SetAside', actions: ['sqs:SendMessage'], resources: [failures.queueArn] }]),
    ...(failures.topicArn === undefined
      ? []
      : [{ sid: 'SetAside', actions: ['sns:Publish'], resources: [failures.topicArn] }]),
    ...(failures.bucketArn === undefined ? [] : bucketStatements(failures.bucketArn)),
    ...(logGroupArn === undefined
      ? []
      : [
          {
            sid: 'WriteLogs',
            actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [text`${logGroupArn}:log-stream:*`],
          },
        ]),
  ];
}

/** Only into a bucket of this account: one that was deleted may be made anew by somebody else. */
function bucketStatements(bucketArn: Text): readonly Statement[] {
  const conditions = { StringEquals: { 's3:ResourceAccount': pseudo('account') } };
  return [
    {
      sid: 'SetAside',
      actions: ['s3:PutObject'],
      resources: [text`${bucketArn}/aws/lambda/*`],
      conditions,
    },
    { sid: 'FindBucket', actions: ['s3:ListBucket'], resources: [bucketArn], conditions },
  ];
}

/** Everything but the data, the account's own settings, and who else may use the stream. */
function admin(options: RoleOptions): readonly Statement[] {
  const arn = arnOf(options);
  return [
    {
      sid: 'ManageStream',
      actions: [
        'kinesis:AddTagsToStream',
        'kinesis:CreateStream',
        'kinesis:DecreaseStreamRetentionPeriod',
        'kinesis:DeleteStream',
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:DisableEnhancedMonitoring',
        'kinesis:EnableEnhancedMonitoring',
        'kinesis:IncreaseStreamRetentionPeriod',
        'kinesis:ListShards',
        'kinesis:ListStreamConsumers',
        'kinesis:ListTagsForResource',
        'kinesis:ListTagsForStream',
        'kinesis:MergeShards',
        'kinesis:RegisterStreamConsumer',
        'kinesis:RemoveTagsFromStream',
        'kinesis:SplitShard',
        'kinesis:StartStreamEncryption',
        'kinesis:StopStreamEncryption',
        'kinesis:TagResource',
        'kinesis:UntagResource',
        'kinesis:UpdateMaxRecordSize',
        'kinesis:UpdateShardCount',
        'kinesis:UpdateStreamMode',
        'kinesis:UpdateStreamRecordDistributionStrategy',
        'kinesis:UpdateStreamWarmThroughput',
      ],
      resources: [arn],
    },
    {
      sid: 'ManageConsumers',
      actions: ['kinesis:DeregisterStreamConsumer', 'kinesis:DescribeStreamConsumer'],
      resources: [text`${arn}/consumer/*`],
    },
    { sid: 'FindStreams', actions: ['kinesis:DescribeLimits', 'kinesis:ListStreams'], resources: ['*'] },
  ];
}

function reading(
  options: RoleOptions,
  discover: readonly string[],
  poll: readonly string[],
): readonly Statement[] {
  const { efo = false } = options;
  const arn = arnOf(options);
  if (efo === false) return [{ sid: 'ReadRecords', actions: [...discover, ...poll], resources: [arn] }];
  return [
    {
      sid: discover.includes('kinesis:GetRecords') ? 'ReadRecords' : 'FindShards',
      actions: discover,
      resources: [arn],
    },
    {
      sid: 'ReadByFanOut',
      actions: ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'],
      resources: [efo === true ? text`${arn}/consumer/*` : efo],
    },
  ];
}

/** Only through Kinesis, and only for this stream. */
function keyUse({ kmsKeyArn, ...options }: RoleOptions, action: string): readonly Statement[] {
  if (kmsKeyArn === undefined) return [];
  return [
    {
      sid: 'UseKey',
      actions: [action],
      resources: [kmsKeyArn],
      conditions: {
        StringEquals: {
          'kms:ViaService': text`kinesis.${pseudo('region')}.${pseudo('urlSuffix')}`,
          'kms:EncryptionContext:aws:kinesis:arn': arnOf(options),
        },
      },
    },
  ];
}

function arnOf({ stream, streamArn: arn }: RoleOptions): Text {
  return arn ?? streamArn(stream);
}
