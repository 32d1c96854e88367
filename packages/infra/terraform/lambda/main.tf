# A Kinesis stream and a Lambda function that reads it, losing nothing.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Outlives the stack: it holds records that exist nowhere else.
resource "aws_kinesis_stream" "stream" {
  name                      = var.stream_name
  shard_count               = var.shard_count
  retention_period          = var.retention_hours
  max_record_size_in_kib    = 1024
  enforce_consumer_deletion = false
  encryption_type           = "KMS"
  kms_key_id                = "alias/aws/kinesis"
  tags = {
    Environment = var.environment
  }

  stream_mode_details {
    stream_mode = "PROVISIONED"
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Batches that could not be processed: pointers to their records, which must be read again before the retention ends.
resource "aws_sqs_queue" "processor_failure_queue" {
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_sqs_queue_policy" "processor_failure_queue_policy" {
  queue_url = aws_sqs_queue.processor_failure_queue.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyEncrypted"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = [aws_sqs_queue.processor_failure_queue.arn]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

resource "aws_iam_role" "processor_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "processor_logs" {
  name              = "/aws/lambda/${aws_kinesis_stream.stream.name}-processor"
  retention_in_days = 30
}

resource "aws_lambda_function" "processor_function" {
  function_name = "${aws_kinesis_stream.stream.name}-processor"
  s3_bucket     = var.code_bucket
  s3_key        = var.code_key
  handler       = var.handler
  runtime       = "nodejs24.x"
  architectures = ["arm64"]
  timeout       = 60
  memory_size   = 512
  role          = aws_iam_role.processor_role.arn

  logging_config {
    log_group  = aws_cloudwatch_log_group.processor_logs.name
    log_format = "JSON"
  }

  environment {
    variables = {
      STREAM_NAME = var.stream_name
    }
  }

  tracing_config {
    mode = "PassThrough"
  }
}

resource "aws_iam_role_policy" "processor_policy" {
  name = "read-stream"
  role = aws_iam_role.processor_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadRecords"
        Effect = "Allow"
        Action = [
          "kinesis:DescribeStream",
          "kinesis:DescribeStreamSummary",
          "kinesis:ListShards",
          "kinesis:GetShardIterator",
          "kinesis:GetRecords",
        ]
        Resource = aws_kinesis_stream.stream.arn
      },
      {
        Sid      = "SetAside"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.processor_failure_queue.arn
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:log-group:${aws_cloudwatch_log_group.processor_logs.name}:log-stream:*"
      },
    ]
  })
}

resource "aws_lambda_event_source_mapping" "processor_mapping" {
  event_source_arn                   = aws_kinesis_stream.stream.arn
  function_name                      = aws_lambda_function.processor_function.function_name
  starting_position                  = "TRIM_HORIZON"
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = 0
  parallelization_factor             = var.parallelization
  maximum_retry_attempts             = 10
  maximum_record_age_in_seconds      = 43200
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]
  enabled                            = true

  dynamic "filter_criteria" {
    for_each = var.filter_pattern == "" ? [] : [1]

    content {
      filter {
        pattern = var.filter_pattern
      }
    }
  }

  metrics_config {
    metrics = ["EventCount"]
  }

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.processor_failure_queue.arn
    }
  }

  depends_on = [aws_iam_role_policy.processor_policy]
}

# CloudWatch cannot publish to a topic under the key of AWS: it needs one whose policy lets it.
resource "aws_kms_key" "alarm_key" {
  description         = "Alarms on the stream, on their way to people"
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Account"
        Effect = "Allow"
        Principal = {
          AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
        }
        Action   = "kms:*"
        Resource = "*"
      },
      {
        Sid    = "Alarms"
        Effect = "Allow"
        Principal = {
          Service = "cloudwatch.amazonaws.com"
        }
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = data.aws_caller_identity.current.account_id
          }
        }
      },
    ]
  })
}

resource "aws_sns_topic" "alarm_topic" {
  kms_master_key_id = aws_kms_key.alarm_key.arn
}

resource "aws_sns_topic_policy" "alarm_topic_policy" {
  arn = aws_sns_topic.alarm_topic.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Alarms"
        Effect = "Allow"
        Principal = {
          Service = "cloudwatch.amazonaws.com"
        }
        Action   = "sns:Publish"
        Resource = aws_sns_topic.alarm_topic.arn
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = data.aws_caller_identity.current.account_id
          }
        }
      },
      {
        Sid       = "OnlyEncrypted"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarm_topic.arn
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

# Its owner gets a letter and must confirm: until then nobody is told.
resource "aws_sns_topic_subscription" "alarm_subscription" {
  topic_arn = aws_sns_topic.alarm_topic.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "reader_late_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ReaderLate"
  alarm_description   = "A reader is too far behind the newest record, or nobody reads at all: a consumer that died publishes no age. See millrace lag --explain."
  namespace           = "AWS/Kinesis"
  metric_name         = "GetRecords.IteratorAgeMilliseconds"
  statistic           = "Maximum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.max_lag_milliseconds
  evaluation_periods  = 15
  datapoints_to_alarm = 15
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    StreamName = aws_kinesis_stream.stream.name
  }
}

resource "aws_cloudwatch_metric_alarm" "records_expire_soon_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-RecordsExpireSoon"
  alarm_description   = "A reader is more than half the retention behind: its records are going to be deleted unread. Raise the retention first, then find out why it is late."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 50
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]

  metric_query {
    id          = "watched"
    expression  = "age / (${var.retention_hours} * 36000)"
    return_data = true
  }

  metric_query {
    id          = "age"
    return_data = false

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "GetRecords.IteratorAgeMilliseconds"
      period      = 60
      stat        = "Maximum"
      dimensions = {
        StreamName = aws_kinesis_stream.stream.name
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "reads_failing_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ReadsFailing"
  alarm_description   = "Reads fail, by throttling or by the service. See millrace lag --explain."
  namespace           = "AWS/Kinesis"
  metric_name         = "GetRecords.Success"
  statistic           = "Average"
  period              = 60
  comparison_operator = "LessThanThreshold"
  threshold           = 0.95
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    StreamName = aws_kinesis_stream.stream.name
  }
}

resource "aws_cloudwatch_metric_alarm" "reads_throttled_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ReadsThrottled"
  alarm_description   = "Readers ask for more than a shard gives: 5 calls and 2 MiB a second for all of them together. Poll less often, or read by fan-out."
  namespace           = "AWS/Kinesis"
  metric_name         = "ReadProvisionedThroughputExceeded"
  statistic           = "Average"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0.05
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    StreamName = aws_kinesis_stream.stream.name
  }
}

resource "aws_cloudwatch_metric_alarm" "writes_throttled_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-WritesThrottled"
  alarm_description   = "Shards refuse records: too few shards, or one hot key. Producers must retry; see millrace hot."
  namespace           = "AWS/Kinesis"
  metric_name         = "WriteProvisionedThroughputExceeded"
  statistic           = "Average"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0.05
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    StreamName = aws_kinesis_stream.stream.name
  }
}

resource "aws_cloudwatch_metric_alarm" "put_record_failing_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-PutRecordFailing"
  alarm_description   = "PutRecord fails: a producer that does not retry loses those records."
  namespace           = "AWS/Kinesis"
  metric_name         = "PutRecord.Success"
  statistic           = "Average"
  period              = 60
  comparison_operator = "LessThanThreshold"
  threshold           = 0.95
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    StreamName = aws_kinesis_stream.stream.name
  }
}

resource "aws_cloudwatch_metric_alarm" "put_records_failed_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-PutRecordsFailed"
  alarm_description   = "Records of PutRecords were refused by internal failures: a producer that does not retry single records loses them."
  namespace           = "AWS/Kinesis"
  metric_name         = "PutRecords.FailedRecords"
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    StreamName = aws_kinesis_stream.stream.name
  }
}

resource "aws_cloudwatch_metric_alarm" "put_records_throttled_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-PutRecordsThrottled"
  alarm_description   = "More than 5 % of the records given to PutRecords were throttled: a producer that does not retry single records loses them."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]

  metric_query {
    id          = "watched"
    expression  = "IF(total > 0, 100 * throttled / total, 0)"
    return_data = true
  }

  metric_query {
    id          = "throttled"
    return_data = false

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "PutRecords.ThrottledRecords"
      period      = 60
      stat        = "Sum"
      dimensions = {
        StreamName = aws_kinesis_stream.stream.name
      }
    }
  }

  metric_query {
    id          = "total"
    return_data = false

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "PutRecords.TotalRecords"
      period      = 60
      stat        = "Sum"
      dimensions = {
        StreamName = aws_kinesis_stream.stream.name
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "write_capacity_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-WriteCapacity"
  alarm_description   = "Over 80 % of the write capacity of all shards is used. Add shards before they throttle."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 80
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]

  metric_query {
    id          = "watched"
    expression  = "IF(bytes / 1048576 > records / 1000, bytes / 1048576, records / 1000) * 100 / (60 * ${var.shard_count})"
    return_data = true
  }

  metric_query {
    id          = "bytes"
    return_data = false

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "IncomingBytes"
      period      = 60
      stat        = "Sum"
      dimensions = {
        StreamName = aws_kinesis_stream.stream.name
      }
    }
  }

  metric_query {
    id          = "records"
    return_data = false

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "IncomingRecords"
      period      = 60
      stat        = "Sum"
      dimensions = {
        StreamName = aws_kinesis_stream.stream.name
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_late_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorLate"
  alarm_description   = "The function is too far behind the newest record: it is slow, throttled or stuck on a record. See millrace lag --explain."
  namespace           = "AWS/Lambda"
  metric_name         = "IteratorAge"
  statistic           = "Maximum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.max_lag_milliseconds
  evaluation_periods  = 15
  datapoints_to_alarm = 15
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    FunctionName = aws_lambda_function.processor_function.function_name
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_errors_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorErrors"
  alarm_description   = "The function throws, times out or runs out of memory: its whole batch is tried again."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    FunctionName = aws_lambda_function.processor_function.function_name
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_throttled_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorThrottled"
  alarm_description   = "Invocations are throttled: shards wait. Raise the concurrency of function or account."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    FunctionName = aws_lambda_function.processor_function.function_name
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_slow_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorSlow"
  alarm_description   = "A tenth of all invocations takes over 80 % of the timeout. A timeout discards all progress in its batch."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  evaluation_periods  = 15
  datapoints_to_alarm = 15
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]

  metric_query {
    id          = "watched"
    expression  = "duration / (60 * 10)"
    return_data = true
  }

  metric_query {
    id          = "duration"
    return_data = false

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Duration"
      period      = 60
      stat        = "p90"
      dimensions = {
        FunctionName = aws_lambda_function.processor_function.function_name
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_failures_not_delivered_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorFailuresNotDelivered"
  alarm_description   = "Lambda could not deliver a failed batch to its destination: those records are dropped. Check the permissions of the role, and that the destination is no FIFO."
  namespace           = "AWS/Lambda"
  metric_name         = "DestinationDeliveryFailures"
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    FunctionName = aws_lambda_function.processor_function.function_name
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_records_dropped_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorRecordsDropped"
  alarm_description   = "Records were dropped: too old or tried too often, and no destination took them. They can be read again until the retention ends."
  namespace           = "AWS/Lambda"
  metric_name         = "DroppedEventCount"
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    EventSourceMappingUUID = aws_lambda_event_source_mapping.processor_mapping.uuid
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_records_set_aside_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorRecordsSetAside"
  alarm_description   = "Records went to the failure destination. Look at them, then put them back, before the retention ends."
  namespace           = "AWS/Lambda"
  metric_name         = "OnFailureDestinationDeliveredEventCount"
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    EventSourceMappingUUID = aws_lambda_event_source_mapping.processor_mapping.uuid
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_records_failing_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorRecordsFailing"
  alarm_description   = "Records fail again and again although the function's Errors are 0: it reports them in batchItemFailures."
  namespace           = "AWS/Lambda"
  metric_name         = "FailedInvokeEventCount"
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    EventSourceMappingUUID = aws_lambda_event_source_mapping.processor_mapping.uuid
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_failure_queue_not_empty_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorFailureQueueNotEmpty"
  alarm_description   = "Failed batches wait in the failure queue for somebody to look at them."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  statistic           = "Maximum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  dimensions = {
    QueueName = aws_sqs_queue.processor_failure_queue.name
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_failure_queue_expires_soon_alarm" {
  alarm_name          = "${aws_kinesis_stream.stream.name}-ProcessorFailureQueueExpiresSoon"
  alarm_description   = "A message waits since half the retention of the stream. It only points at records: after the retention they are gone."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 50
  evaluation_periods  = 15
  datapoints_to_alarm = 15
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]

  metric_query {
    id          = "watched"
    expression  = "age / (${var.retention_hours} * 36)"
    return_data = true
  }

  metric_query {
    id          = "age"
    return_data = false

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateAgeOfOldestMessage"
      period      = 60
      stat        = "Maximum"
      dimensions = {
        QueueName = aws_sqs_queue.processor_failure_queue.name
      }
    }
  }
}

resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = "${aws_kinesis_stream.stream.name}-stream"
  dashboard_body = jsonencode({
    start = "-PT8H"
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 8
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Records written a minute"
          metrics = [
            [
              "AWS/Kinesis",
              "IncomingRecords",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Sum"
                label = "records"
              },
            ],
            [
              "AWS/Kinesis",
              "PutRecords.ThrottledRecords",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Sum"
                label = "throttled"
              },
            ],
            [
              "AWS/Kinesis",
              "PutRecords.FailedRecords",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Sum"
                label = "failed"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 8
        y      = 0
        width  = 8
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Bytes written a minute"
          metrics = [
            [
              "AWS/Kinesis",
              "IncomingBytes",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Sum"
                label = "bytes"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 16
        y      = 0
        width  = 8
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Puts that succeed"
          metrics = [
            [
              "AWS/Kinesis",
              "PutRecord.Success",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Average"
                label = "PutRecord"
              },
            ],
            [
              "AWS/Kinesis",
              "PutRecords.Success",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Average"
                label = "PutRecords"
              },
            ],
          ]
          yAxis = {
            left = {
              min = 0
              max = 1
            }
          }
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 6
        width  = 12
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Write capacity used, percent"
          metrics = [
            [
              {
                expression = "bytes * 100 / (60 * 1048576 * ${var.shard_count})"
                label      = "by bytes"
                id         = "b"
              },
            ],
            [
              {
                expression = "records * 100 / (60 * 1000 * ${var.shard_count})"
                label      = "by records"
                id         = "r"
              },
            ],
            [
              "AWS/Kinesis",
              "IncomingBytes",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                id      = "bytes"
                stat    = "Sum"
                visible = false
              },
            ],
            [
              "AWS/Kinesis",
              "IncomingRecords",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                id      = "records"
                stat    = "Sum"
                visible = false
              },
            ],
          ]
          annotations = {
            horizontal = [
              {
                label = "add shards"
                value = 80
              },
            ]
          }
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 6
        width  = 12
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Throttled, share of calls"
          metrics = [
            [
              "AWS/Kinesis",
              "WriteProvisionedThroughputExceeded",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Average"
                label = "writes"
              },
            ],
            [
              "AWS/Kinesis",
              "ReadProvisionedThroughputExceeded",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Average"
                label = "reads"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 12
        width  = 12
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Behind the newest record, ms"
          metrics = [
            [
              "AWS/Kinesis",
              "GetRecords.IteratorAgeMilliseconds",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Maximum"
                label = "GetRecords"
              },
            ],
          ]
          annotations = {
            horizontal = [
              {
                label = "late"
                value = var.max_lag_milliseconds
              },
            ]
          }
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 12
        width  = 12
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Records read a minute"
          metrics = [
            [
              "AWS/Kinesis",
              "GetRecords.Records",
              "StreamName",
              aws_kinesis_stream.stream.name,
              {
                stat  = "Sum"
                label = "GetRecords"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 18
        width  = 6
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Age of what is processed, ms"
          metrics = [
            [
              "AWS/Lambda",
              "IteratorAge",
              "FunctionName",
              aws_lambda_function.processor_function.function_name,
              {
                stat  = "Maximum"
                label = "IteratorAge"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 6
        y      = 18
        width  = 6
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Invocations"
          metrics = [
            [
              "AWS/Lambda",
              "Invocations",
              "FunctionName",
              aws_lambda_function.processor_function.function_name,
              {
                stat  = "Sum"
                label = "Invocations"
              },
            ],
            [
              "AWS/Lambda",
              "Errors",
              "FunctionName",
              aws_lambda_function.processor_function.function_name,
              {
                stat  = "Sum"
                label = "Errors"
              },
            ],
            [
              "AWS/Lambda",
              "Throttles",
              "FunctionName",
              aws_lambda_function.processor_function.function_name,
              {
                stat  = "Sum"
                label = "Throttles"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 18
        width  = 6
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Duration, ms"
          metrics = [
            [
              "AWS/Lambda",
              "Duration",
              "FunctionName",
              aws_lambda_function.processor_function.function_name,
              {
                stat  = "p90"
                label = "p90"
              },
            ],
            [
              "AWS/Lambda",
              "Duration",
              "FunctionName",
              aws_lambda_function.processor_function.function_name,
              {
                stat  = "p99"
                label = "p99"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 18
        y      = 18
        width  = 6
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Concurrency"
          metrics = [
            [
              "AWS/Lambda",
              "ConcurrentExecutions",
              "FunctionName",
              aws_lambda_function.processor_function.function_name,
              {
                stat  = "Maximum"
                label = "ConcurrentExecutions"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 24
        width  = 8
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Records polled, filtered out, failing"
          metrics = [
            [
              "AWS/Lambda",
              "PolledEventCount",
              "EventSourceMappingUUID",
              aws_lambda_event_source_mapping.processor_mapping.uuid,
              {
                stat  = "Sum"
                label = "polled"
              },
            ],
            [
              "AWS/Lambda",
              "FilteredOutEventCount",
              "EventSourceMappingUUID",
              aws_lambda_event_source_mapping.processor_mapping.uuid,
              {
                stat  = "Sum"
                label = "filtered out"
              },
            ],
            [
              "AWS/Lambda",
              "FailedInvokeEventCount",
              "EventSourceMappingUUID",
              aws_lambda_event_source_mapping.processor_mapping.uuid,
              {
                stat  = "Sum"
                label = "failing"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 8
        y      = 24
        width  = 8
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Records set aside and dropped"
          metrics = [
            [
              "AWS/Lambda",
              "OnFailureDestinationDeliveredEventCount",
              "EventSourceMappingUUID",
              aws_lambda_event_source_mapping.processor_mapping.uuid,
              {
                stat  = "Sum"
                label = "set aside"
              },
            ],
            [
              "AWS/Lambda",
              "DroppedEventCount",
              "EventSourceMappingUUID",
              aws_lambda_event_source_mapping.processor_mapping.uuid,
              {
                stat  = "Sum"
                label = "dropped"
              },
            ],
            [
              "AWS/Lambda",
              "DestinationDeliveryFailures",
              "FunctionName",
              aws_lambda_function.processor_function.function_name,
              {
                stat  = "Sum"
                label = "not delivered"
              },
            ],
          ]
        }
      },
      {
        type   = "metric"
        x      = 16
        y      = 24
        width  = 8
        height = 6
        properties = {
          region = data.aws_region.current.region
          view   = "timeSeries"
          period = 60
          title  = "Failure queue"
          metrics = [
            [
              "AWS/SQS",
              "ApproximateNumberOfMessagesVisible",
              "QueueName",
              aws_sqs_queue.processor_failure_queue.name,
              {
                stat  = "Maximum"
                label = "messages"
              },
            ],
            [
              "AWS/SQS",
              "ApproximateAgeOfOldestMessage",
              "QueueName",
              aws_sqs_queue.processor_failure_queue.name,
              {
                stat  = "Maximum"
                label = "oldest, s"
              },
            ],
          ]
        }
      },
    ]
  })
}
