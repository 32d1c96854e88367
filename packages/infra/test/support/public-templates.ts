import type { SourceFile } from '../../src/rules/index.ts';

/** A template somebody published, in our own words and cut down to what has to do with streams. */
export interface PublicTemplate {
  readonly repository: string;
  readonly path: string;
  readonly files: readonly SourceFile[];
}

const one = (repository: string, path: string, text: string): PublicTemplate => ({
  repository,
  path,
  files: [{ file: path, text }],
});

const sam = (resources: string, head = ''): string => `Transform: AWS::Serverless-2016-10-31
${head}Resources:
${resources}`;

/** Ten, as they stood in November 2026. */
export const publicTemplates: readonly PublicTemplate[] = [
  one(
    'aws-samples/serverless-patterns',
    'kinesis-lambda/template.yaml',
    sam(`  Stream: { Type: AWS::Kinesis::Stream, Properties: { ShardCount: 1 } }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs24.x
      Events:
        Stream:
          Type: Kinesis
          Properties: { Stream: !GetAtt Stream.Arn, StartingPosition: LATEST, BatchSize: 100 }
`),
  ),
  one(
    'aws-samples/aws-serverless-failure-modes',
    'template.yaml',
    sam(`  Stream: { Type: AWS::Kinesis::Stream, Properties: { ShardCount: 1 } }
  Failures: { Type: AWS::SQS::Queue }
  Topic: { Type: AWS::SNS::Topic, Properties: { Subscription: [{ Protocol: email, Endpoint: ops@example.com }] } }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.7
      Policies: [{ SQSSendMessagePolicy: { QueueName: !GetAtt Failures.QueueName } }]
      Events:
        Event:
          Type: Kinesis
          Properties:
            Stream: !GetAtt Stream.Arn
            StartingPosition: TRIM_HORIZON
            BisectBatchOnFunctionError: false
            MaximumRecordAgeInSeconds: 600
            MaximumRetryAttempts: 2
            FunctionResponseTypes: [ReportBatchItemFailures]
            DestinationConfig: { OnFailure: { Destination: !GetAtt Failures.Arn } }
  ErrorAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{ Name: FunctionName, Value: !Ref Function }]
      AlarmActions: [!Ref Topic]
`),
  ),
  one(
    'aws-samples/serverless-test-samples',
    'python-test-samples/kinesis-lambda-dynamodb/template.yaml',
    sam(
      `  Stream: { Type: AWS::Kinesis::Stream, Properties: { ShardCount: 1 } }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.9
      Events:
        Records:
          Type: Kinesis
          Properties: { Stream: !GetAtt Stream.Arn, BatchSize: 10, StartingPosition: LATEST }
`,
      'Parameters: { Deployment: { Type: String, Default: test } }\n',
    ),
  ),
  one(
    'aws-samples/serverless-test-samples',
    'dotnet-test-samples/kinesis-lambda-dynamodb/src/template.yaml',
    sam(`  Stream:
    Type: AWS::Kinesis::Stream
    Properties: { Name: employees, RetentionPeriodHours: 48, ShardCount: 2 }
  FanOut:
    Type: AWS::Kinesis::StreamConsumer
    Properties: { StreamARN: !GetAtt Stream.Arn, ConsumerName: employees }
  Failures: { Type: AWS::SQS::Queue }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [{ KinesisStreamReadPolicy: { StreamName: !Ref FanOut } }]
      Events:
        Records:
          Type: Kinesis
          Properties:
            Stream: !GetAtt FanOut.ConsumerARN
            BatchSize: 10
            StartingPosition: TRIM_HORIZON
            ParallelizationFactor: 2
            FunctionResponseTypes: [ReportBatchItemFailures]
            MaximumRecordAgeInSeconds: 1800
            MaximumRetryAttempts: 3
            DestinationConfig: { OnFailure: { Destination: !GetAtt Failures.Arn } }
`),
  ),
  one(
    'Cloudzero/watts',
    'kinesis-lambda/template.yaml',
    sam(`  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs8.10
      Events:
        Stream: { Type: Kinesis, Properties: { Stream: !GetAtt Stream.Arn, StartingPosition: TRIM_HORIZON } }
  Stream: { Type: AWS::Kinesis::Stream, Properties: { ShardCount: 1 } }
`),
  ),
  one(
    'aws/serverless-application-model',
    'integration/resources/templates/combination/function_with_kinesis_intrinsics.yaml',
    sam(
      `  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs18.x
      Events:
        Stream:
          Type: Kinesis
          Properties:
            Stream: !Join ['', ['arn:', !Ref 'AWS::Partition', ':kinesis:', !Ref 'AWS::Region', ':', !Ref 'AWS::AccountId', ':stream/', !Ref Stream]]
            BatchSize: !Ref Count
            BisectBatchOnFunctionError: !If [Never, true, false]
            FunctionResponseTypes: [!Ref Responses]
            MaximumRecordAgeInSeconds: !Ref Count
            MaximumRetryAttempts: !Ref One
            ParallelizationFactor: !Ref One
            StartingPosition: !Ref Position
            TumblingWindowInSeconds: !Ref Count
  Stream: { Type: AWS::Kinesis::Stream, Properties: { ShardCount: 1, StreamEncryption: { EncryptionType: KMS, KeyId: alias/aws/kinesis } } }
`,
      `Parameters:
  Count: { Type: Number, Default: 100 }
  One: { Type: Number, Default: 1 }
  Position: { Type: String, Default: LATEST }
  Responses: { Type: String, Default: ReportBatchItemFailures }
Conditions: { Never: !Equals [true, false] }
`,
    ),
  ),
  {
    repository: 'udacity/kinesis_tf',
    path: '*.tf',
    files: [
      {
        file: 'udacity/kinesis_stream.tf',
        text: `resource "aws_kinesis_stream" "mod" {
  name             = "\${var.stream_name}"
  shard_count      = "\${var.shard_count}"
  retention_period = "\${var.retention_period}"
  shard_level_metrics = [
    "IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "IteratorAgeMilliseconds",
    "ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded",
  ]
}
`,
      },
      {
        file: 'udacity/main.tf',
        text: `variable "stream_name" {}
variable "shard_count" { default = "1" }
variable "retention_period" { default = "48" }
`,
      },
      {
        file: 'udacity/lambda.tf',
        text: `resource "aws_lambda_function" "mod" {
  function_name = "\${var.stream_name}-to-firehose"
  runtime       = "nodejs4.3"
}

resource "aws_lambda_event_source_mapping" "mod" {
  batch_size        = 100
  event_source_arn  = "\${aws_kinesis_stream.mod.arn}"
  function_name     = "\${aws_lambda_function.mod.arn}"
  starting_position = "TRIM_HORIZON"
}
`,
      },
    ],
  },
  one(
    'moritzzimmer/terraform-aws-lambda',
    'examples/with-event-source-mappings/kinesis/main.tf',
    `resource "aws_kinesis_stream" "one" {
  encryption_type = "KMS"
  kms_key_id      = "alias/aws/kinesis"
  name            = "one"
  shard_count     = 1
}

module "lambda" {
  source = "../../.."
  event_source_mappings = {
    one = {
      event_source_arn  = aws_kinesis_stream.one.arn
      batch_size        = 50
      starting_position = "LATEST"
      filter_criteria   = [{ pattern = jsonencode({ data : { Key : ["Value"] } }) }]
      metrics_config    = { metrics = ["EventCount"] }
    }
  }
}
`,
  ),
  one(
    'terraform-aws-modules/terraform-aws-lambda',
    'examples/event-source-mapping/main.tf',
    `resource "random_pet" "this" {}

module "lambda_function" {
  source = "../../"
  event_source_mapping = {
    sqs = {
      event_source_arn = "arn:aws:sqs:us-east-1:111122223333:queue"
    }
    kinesis = {
      event_source_arn  = aws_kinesis_stream.this.arn
      starting_position = "LATEST"
      filter_criteria   = { pattern = jsonencode({ data : { Location : ["Oslo"] } }) }
    }
  }
}

resource "aws_kinesis_stream" "this" {
  name        = random_pet.this.id
  shard_count = 1
}
`,
  ),
  one(
    'moritzzimmer/terraform-aws-lambda',
    'event_source_mappings.tf',
    `resource "aws_lambda_event_source_mapping" "event_source" {
  for_each                       = var.event_source_mappings
  event_source_arn               = lookup(each.value, "event_source_arn", null)
  function_name                  = each.value["function_name"]
  batch_size                     = lookup(each.value, "batch_size", null)
  bisect_batch_on_function_error = lookup(each.value, "bisect_batch_on_function_error", null)
  maximum_retry_attempts         = lookup(each.value, "maximum_retry_attempts", null)
  maximum_record_age_in_seconds  = lookup(each.value, "maximum_record_age_in_seconds", null)
  starting_position              = lookup(each.value, "starting_position", "TRIM_HORIZON")
  function_response_types        = lookup(each.value, "function_response_types", null)

  dynamic "metrics_config" {
    for_each = try([each.value.metrics_config], [])
    content {
      metrics = metrics_config.value.metrics
    }
  }

  dynamic "destination_config" {
    for_each = lookup(each.value, "destination_arn_on_failure", null) != null ? [true] : []
    content {
      on_failure {
        destination_arn = each.value["destination_arn_on_failure"]
      }
    }
  }
}

variable "event_source_mappings" {
  type = any
}

terraform {
  required_version = ">= 1.5"
}
`,
  ),
];
