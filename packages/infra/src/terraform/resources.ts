import { optionError } from '@millrace/kinesis/runtime';

import type { Resource, ResourceType } from '../template/template.ts';
import { isList, jsonText, type Value } from '../template/value.ts';
import type { Block, Entry } from './hcl.ts';
import { mapOf, type Properties } from './properties.ts';

/** How a kind of resource is called in Terraform, and by which attributes others refer to it. */
export interface Translation {
  readonly type: string;
  /** By CloudFormation's attribute; `Ref` is what `Ref` gives. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly body: (properties: Properties, resource: Resource) => readonly Entry[];
  /** Properties that are resources of their own in Terraform, given the address of the main one. */
  readonly more?: (properties: Properties, address: string, label: string) => readonly Block[];
}

/** Every kind of resource of the model. */
export const translations: Readonly<Record<ResourceType, Translation>> = {
  'AWS::Kinesis::Stream': {
    type: 'aws_kinesis_stream',
    attributes: { Ref: 'name', Arn: 'arn' },
    body: streamBody,
  },
  'AWS::Kinesis::StreamConsumer': {
    type: 'aws_kinesis_stream_consumer',
    attributes: { Ref: 'arn', ConsumerARN: 'arn' },
    body: (p) => p.arguments({ ConsumerName: 'name', StreamARN: 'stream_arn' }),
  },
  'AWS::Lambda::EventSourceMapping': {
    type: 'aws_lambda_event_source_mapping',
    attributes: { Ref: 'uuid' },
    body: mappingBody,
  },
  'AWS::Lambda::Function': {
    type: 'aws_lambda_function',
    attributes: { Ref: 'function_name', Arn: 'arn' },
    body: functionBody,
  },
  'AWS::IAM::Role': {
    type: 'aws_iam_role',
    attributes: { Ref: 'name', Arn: 'arn' },
    body: (p) => [['assume_role_policy', document(p, 'AssumeRolePolicyDocument')]],
  },
  'AWS::IAM::Policy': {
    type: 'aws_iam_role_policy',
    attributes: {},
    body: (p) => [
      ...p.arguments({ PolicyName: 'name' }),
      ['role', first(p.take('Roles'))],
      ['policy', document(p, 'PolicyDocument')],
    ],
  },
  'AWS::Logs::LogGroup': {
    type: 'aws_cloudwatch_log_group',
    attributes: { Ref: 'name' },
    body: (p, { name }) => [...named('name', name), ...p.arguments({ RetentionInDays: 'retention_in_days' })],
  },
  'AWS::SQS::Queue': {
    type: 'aws_sqs_queue',
    attributes: { Ref: 'url', Arn: 'arn', QueueName: 'name' },
    body: (p) =>
      p.arguments({
        MessageRetentionPeriod: 'message_retention_seconds',
        SqsManagedSseEnabled: 'sqs_managed_sse_enabled',
      }),
  },
  'AWS::SQS::QueuePolicy': {
    type: 'aws_sqs_queue_policy',
    attributes: {},
    body: (p) => [
      ['queue_url', first(p.take('Queues'))],
      ['policy', document(p, 'PolicyDocument')],
    ],
  },
  'AWS::S3::Bucket': {
    type: 'aws_s3_bucket',
    attributes: { Ref: 'bucket', Arn: 'arn' },
    body: () => [],
    more: bucketParts,
  },
  'AWS::S3::BucketPolicy': {
    type: 'aws_s3_bucket_policy',
    attributes: {},
    body: (p) => [...p.arguments({ Bucket: 'bucket' }), ['policy', document(p, 'PolicyDocument')]],
  },
  'AWS::KMS::Key': {
    type: 'aws_kms_key',
    attributes: { Ref: 'key_id', Arn: 'arn' },
    body: (p) => [
      ...p.arguments({ Description: 'description', EnableKeyRotation: 'enable_key_rotation' }),
      ['policy', document(p, 'KeyPolicy')],
    ],
  },
  'AWS::SNS::Topic': {
    type: 'aws_sns_topic',
    attributes: { Ref: 'arn' },
    body: (p) => p.arguments({ KmsMasterKeyId: 'kms_master_key_id' }),
  },
  'AWS::SNS::TopicPolicy': {
    type: 'aws_sns_topic_policy',
    attributes: {},
    body: (p) => [
      ['arn', first(p.take('Topics'))],
      ['policy', document(p, 'PolicyDocument')],
    ],
  },
  'AWS::SNS::Subscription': {
    type: 'aws_sns_topic_subscription',
    attributes: {},
    body: (p) => p.arguments({ TopicArn: 'topic_arn', Protocol: 'protocol', Endpoint: 'endpoint' }),
  },
  'AWS::CloudWatch::Alarm': { type: 'aws_cloudwatch_metric_alarm', attributes: {}, body: alarmBody },
  'AWS::CloudWatch::Dashboard': {
    type: 'aws_cloudwatch_dashboard',
    attributes: {},
    body: (p, { name }) => [
      ...named('dashboard_name', name),
      ...p.arguments({ DashboardBody: 'dashboard_body' }),
    ],
  },
  'AWS::DynamoDB::Table': { type: 'aws_dynamodb_table', attributes: { Ref: 'name' }, body: tableBody },
};

const shardMetrics = [
  'IncomingBytes',
  'IncomingRecords',
  'IteratorAgeMilliseconds',
  'OutgoingBytes',
  'OutgoingRecords',
  'ReadProvisionedThroughputExceeded',
  'WriteProvisionedThroughputExceeded',
];

function streamBody(p: Properties): readonly Entry[] {
  for (const name of ['WarmThroughputMiBps', 'RecordDistributionStrategy']) {
    const value = p.take(name);
    if (value !== undefined) {
      throw optionError(
        `stream.${name === 'WarmThroughputMiBps' ? 'warmThroughputMiBps' : 'distribution'}`,
        value,
        'it to CloudFormation or the CDK only: the AWS provider of Terraform has no argument for it',
      );
    }
  }
  const metrics = p.take('DesiredShardLevelMetrics');
  const tags = p.take('Tags');
  const encryption = p.inner('StreamEncryption');
  return [
    ...p.arguments({
      Name: 'name',
      ShardCount: 'shard_count',
      RetentionPeriodHours: 'retention_period',
      MaxRecordSizeInKiB: 'max_record_size_in_kib',
    }),
    // Said, since it decides what becomes of readers: a stream that is still read is not destroyed.
    ['enforce_consumer_deletion', false],
    ...encryption.arguments({ EncryptionType: 'encryption_type', KeyId: 'kms_key_id' }),
    ...(metrics === undefined
      ? []
      : [['shard_level_metrics', first(metrics) === 'ALL' ? shardMetrics : metrics] as const]),
    ...(tags === undefined ? [] : [['tags', mapOf(tags, 'Key')] as const]),
    ...p.block('StreamModeDetails', 'stream_mode_details', (inner) =>
      inner.arguments({ StreamMode: 'stream_mode' }),
    ),
  ];
}

function mappingBody(p: Properties): readonly Entry[] {
  const time = p.take('StartingPositionTimestamp');
  return [
    ...p.arguments({
      EventSourceArn: 'event_source_arn',
      FunctionName: 'function_name',
      StartingPosition: 'starting_position',
    }),
    ...(typeof time === 'number'
      ? [['starting_position_timestamp', new Date(time * 1000).toISOString().replace('.000Z', 'Z')] as const]
      : []),
    ...p.arguments({
      BatchSize: 'batch_size',
      MaximumBatchingWindowInSeconds: 'maximum_batching_window_in_seconds',
      ParallelizationFactor: 'parallelization_factor',
      MaximumRetryAttempts: 'maximum_retry_attempts',
      MaximumRecordAgeInSeconds: 'maximum_record_age_in_seconds',
      BisectBatchOnFunctionError: 'bisect_batch_on_function_error',
      FunctionResponseTypes: 'function_response_types',
      TumblingWindowInSeconds: 'tumbling_window_in_seconds',
      KmsKeyArn: 'kms_key_arn',
      Enabled: 'enabled',
    }),
    ...p.block('FilterCriteria', 'filter_criteria', (criteria) =>
      criteria.blocks('Filters', 'filter', (filter) => filter.arguments({ Pattern: 'pattern' })),
    ),
    ...p.block('MetricsConfig', 'metrics_config', (metrics) => metrics.arguments({ Metrics: 'metrics' })),
    ...p.block('DestinationConfig', 'destination_config', (destination) =>
      destination.block('OnFailure', 'on_failure', (failure) =>
        failure.arguments({ Destination: 'destination_arn' }),
      ),
    ),
  ];
}

function functionBody(p: Properties, { name }: Resource): readonly Entry[] {
  const code = p.inner('Code');
  return [
    ...named('function_name', name),
    ...code.arguments({ S3Bucket: 's3_bucket', S3Key: 's3_key', S3ObjectVersion: 's3_object_version' }),
    ...p.arguments({
      Handler: 'handler',
      Runtime: 'runtime',
      Architectures: 'architectures',
      Timeout: 'timeout',
      MemorySize: 'memory_size',
      Role: 'role',
      ReservedConcurrentExecutions: 'reserved_concurrent_executions',
    }),
    ...p.block('LoggingConfig', 'logging_config', (logging) =>
      logging.arguments({ LogGroup: 'log_group', LogFormat: 'log_format' }),
    ),
    ...p.block('Environment', 'environment', (environment) =>
      environment.arguments({ Variables: 'variables' }),
    ),
    ...p.block('TracingConfig', 'tracing_config', (tracing) => tracing.arguments({ Mode: 'mode' })),
  ];
}

function alarmBody(p: Properties, { name }: Resource): readonly Entry[] {
  const dimensions = p.take('Dimensions');
  return [
    ...named('alarm_name', name),
    ...p.arguments({
      AlarmDescription: 'alarm_description',
      Namespace: 'namespace',
      MetricName: 'metric_name',
      Statistic: 'statistic',
      ExtendedStatistic: 'extended_statistic',
      Period: 'period',
      ComparisonOperator: 'comparison_operator',
      Threshold: 'threshold',
      EvaluationPeriods: 'evaluation_periods',
      DatapointsToAlarm: 'datapoints_to_alarm',
      TreatMissingData: 'treat_missing_data',
      AlarmActions: 'alarm_actions',
      OKActions: 'ok_actions',
    }),
    ...(dimensions === undefined ? [] : [['dimensions', mapOf(dimensions, 'Name')] as const]),
    ...p.blocks('Metrics', 'metric_query', (query) => [
      ...query.arguments({ Id: 'id', Expression: 'expression', ReturnData: 'return_data' }),
      ...query.block('MetricStat', 'metric', (stat) => {
        const metric = stat.inner('Metric');
        return [
          ...metric.arguments({ Namespace: 'namespace', MetricName: 'metric_name' }),
          ...stat.arguments({ Period: 'period', Stat: 'stat' }),
          ['dimensions', mapOf(metric.take('Dimensions'), 'Name')],
        ];
      }),
    ]),
  ];
}

function tableBody(p: Properties): readonly Entry[] {
  return [
    ...p.arguments({ TableName: 'name', BillingMode: 'billing_mode' }),
    ...keys(p),
    ...p.blocks('AttributeDefinitions', 'attribute', (one) =>
      one.arguments({ AttributeName: 'name', AttributeType: 'type' }),
    ),
    ...p.blocks('GlobalSecondaryIndexes', 'global_secondary_index', (index) => [
      ...index.arguments({ IndexName: 'name' }),
      ...keys(index),
      ...index.inner('Projection').arguments({ ProjectionType: 'projection_type' }),
    ]),
    ...p.block('PointInTimeRecoverySpecification', 'point_in_time_recovery', (one) =>
      one.arguments({ PointInTimeRecoveryEnabled: 'enabled' }),
    ),
    ...p.block('SSESpecification', 'server_side_encryption', (one) =>
      one.arguments({ SSEEnabled: 'enabled' }),
    ),
  ];
}

function keys(p: Properties): readonly Entry[] {
  return p
    .blocks('KeySchema', '', (one) => [
      [one.take('KeyType') === 'HASH' ? 'hash_key' : 'range_key', one.take('AttributeName') ?? ''],
    ])
    .flatMap(({ body }) => body);
}

function bucketParts(p: Properties, address: string, label: string): readonly Block[] {
  const bucket: Entry = ['bucket', { raw: `${address}.id` }];
  const part = (type: string, body: readonly Entry[]): Block => ({
    type: 'resource',
    labels: [type, label],
    body: [bucket, ...body],
  });
  const encryption = p.inner('BucketEncryption');
  const access = p.inner('PublicAccessBlockConfiguration');
  return [
    part(
      'aws_s3_bucket_server_side_encryption_configuration',
      encryption.blocks('ServerSideEncryptionConfiguration', 'rule', (rule) =>
        rule.block('ServerSideEncryptionByDefault', 'apply_server_side_encryption_by_default', (one) =>
          one.arguments({ SSEAlgorithm: 'sse_algorithm' }),
        ),
      ),
    ),
    part(
      'aws_s3_bucket_public_access_block',
      access.arguments({
        BlockPublicAcls: 'block_public_acls',
        BlockPublicPolicy: 'block_public_policy',
        IgnorePublicAcls: 'ignore_public_acls',
        RestrictPublicBuckets: 'restrict_public_buckets',
      }),
    ),
    part(
      'aws_s3_bucket_versioning',
      p.block('VersioningConfiguration', 'versioning_configuration', (one) =>
        one.arguments({ Status: 'status' }),
      ),
    ),
    part(
      'aws_s3_bucket_ownership_controls',
      p
        .inner('OwnershipControls')
        .blocks('Rules', 'rule', (rule) => rule.arguments({ ObjectOwnership: 'object_ownership' })),
    ),
  ];
}

function document(p: Properties, name: string): Value {
  return jsonText(p.take(name) ?? {});
}

function first(value: Value | undefined): Value {
  return value !== undefined && isList(value) ? (value[0] ?? '') : '';
}

function named(argument: string, name: Resource['name']): readonly Entry[] {
  return name === undefined ? [] : [[argument, name]];
}
