/** How arguments and blocks of a Terraform resource are called in CloudFormation. */
export interface Words {
  readonly [argument: string]: string | readonly [property: string, inner: Words, many?: 'many'];
}

/** The resources that rules look at. */
export const terraformWords: Readonly<Record<string, { readonly type: string; readonly words: Words }>> = {
  aws_kinesis_stream: {
    type: 'AWS::Kinesis::Stream',
    words: {
      name: 'Name',
      shard_count: 'ShardCount',
      retention_period: 'RetentionPeriodHours',
      encryption_type: 'EncryptionType',
      kms_key_id: 'KeyId',
      max_record_size_in_kib: 'MaxRecordSizeInKiB',
      shard_level_metrics: 'DesiredShardLevelMetrics',
      // Only Terraform has it.
      enforce_consumer_deletion: 'EnforceConsumerDeletion',
      stream_mode_details: ['StreamModeDetails', { stream_mode: 'StreamMode' }],
    },
  },
  aws_kinesis_stream_consumer: {
    type: 'AWS::Kinesis::StreamConsumer',
    words: { name: 'ConsumerName', stream_arn: 'StreamARN' },
  },
  aws_lambda_event_source_mapping: {
    type: 'AWS::Lambda::EventSourceMapping',
    words: {
      event_source_arn: 'EventSourceArn',
      function_name: 'FunctionName',
      starting_position: 'StartingPosition',
      starting_position_timestamp: 'StartingPositionTimestamp',
      batch_size: 'BatchSize',
      maximum_batching_window_in_seconds: 'MaximumBatchingWindowInSeconds',
      parallelization_factor: 'ParallelizationFactor',
      maximum_retry_attempts: 'MaximumRetryAttempts',
      maximum_record_age_in_seconds: 'MaximumRecordAgeInSeconds',
      bisect_batch_on_function_error: 'BisectBatchOnFunctionError',
      function_response_types: 'FunctionResponseTypes',
      tumbling_window_in_seconds: 'TumblingWindowInSeconds',
      enabled: 'Enabled',
      destination_config: [
        'DestinationConfig',
        { on_failure: ['OnFailure', { destination_arn: 'Destination' }] },
      ],
      filter_criteria: ['FilterCriteria', { filter: ['Filters', { pattern: 'Pattern' }, 'many'] }],
      metrics_config: ['MetricsConfig', { metrics: 'Metrics' }],
    },
  },
  aws_lambda_function: {
    type: 'AWS::Lambda::Function',
    words: {
      function_name: 'FunctionName',
      runtime: 'Runtime',
      role: 'Role',
      reserved_concurrent_executions: 'ReservedConcurrentExecutions',
      timeout: 'Timeout',
      memory_size: 'MemorySize',
      architectures: 'Architectures',
      tracing_config: ['TracingConfig', { mode: 'Mode' }],
      logging_config: ['LoggingConfig', { log_group: 'LogGroup' }],
    },
  },
  aws_cloudwatch_metric_alarm: {
    type: 'AWS::CloudWatch::Alarm',
    words: {
      alarm_name: 'AlarmName',
      namespace: 'Namespace',
      metric_name: 'MetricName',
      dimensions: 'Dimensions',
      statistic: 'Statistic',
      comparison_operator: 'ComparisonOperator',
      threshold: 'Threshold',
      treat_missing_data: 'TreatMissingData',
      alarm_actions: 'AlarmActions',
      ok_actions: 'OKActions',
      metric_query: [
        'Metrics',
        {
          expression: 'Expression',
          metric: ['Metric', { namespace: 'Namespace', metric_name: 'MetricName', dimensions: 'Dimensions' }],
        },
        'many',
      ],
    },
  },
  aws_cloudwatch_log_group: {
    type: 'AWS::Logs::LogGroup',
    words: { name: 'LogGroupName', retention_in_days: 'RetentionInDays' },
  },
  aws_sns_topic: {
    type: 'AWS::SNS::Topic',
    words: { name: 'TopicName', kms_master_key_id: 'KmsMasterKeyId', fifo_topic: 'FifoTopic' },
  },
  aws_sns_topic_policy: {
    type: 'AWS::SNS::TopicPolicy',
    words: { arn: 'Topics', policy: 'PolicyDocument' },
  },
  aws_sns_topic_subscription: { type: 'AWS::SNS::Subscription', words: { topic_arn: 'TopicArn' } },
  aws_sqs_queue: { type: 'AWS::SQS::Queue', words: { name: 'QueueName', fifo_queue: 'FifoQueue' } },
  aws_s3_bucket: { type: 'AWS::S3::Bucket', words: { bucket: 'BucketName' } },
  aws_dynamodb_table: { type: 'AWS::DynamoDB::Table', words: { name: 'TableName' } },
  aws_kms_key: { type: 'AWS::KMS::Key', words: {} },
  aws_kms_alias: { type: 'AWS::KMS::Alias', words: { name: 'AliasName' } },
  aws_iam_role: {
    type: 'AWS::IAM::Role',
    words: {
      name: 'RoleName',
      managed_policy_arns: 'ManagedPolicyArns',
      inline_policy: ['Policies', { policy: 'PolicyDocument' }, 'many'],
    },
  },
  aws_iam_policy: { type: 'AWS::IAM::ManagedPolicy', words: { policy: 'PolicyDocument' } },
  aws_iam_role_policy: {
    type: 'AWS::IAM::RolePolicy',
    words: { role: 'RoleName', policy: 'PolicyDocument' },
  },
  aws_iam_role_policy_attachment: {
    type: 'Terraform::RolePolicyAttachment',
    words: { role: 'RoleName', policy_arn: 'PolicyArn' },
  },
};
