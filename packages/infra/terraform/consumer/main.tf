# A Kinesis stream and what a service of workers needs to read it, losing nothing.

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

# How far each shard is read. Lost with it: every checkpoint.
resource "aws_dynamodb_table" "workers_leases" {
  name         = var.group
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "leaseKey"

  attribute {
    name = "leaseKey"
    type = "S"
  }

  attribute {
    name = "leaseOwner"
    type = "S"
  }

  global_secondary_index {
    name            = "LeaseOwnerToLeaseKeyIndex"
    hash_key        = "leaseOwner"
    range_key       = "leaseKey"
    projection_type = "KEYS_ONLY"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role" "workers_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "ecs-tasks.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_role_policy" "workers_policy" {
  name = "consume-stream"
  role = aws_iam_role.workers_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadRecords"
        Effect   = "Allow"
        Action   = ["kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"]
        Resource = aws_kinesis_stream.stream.arn
      },
      {
        Sid    = "KeepLeases"
        Effect = "Allow"
        Action = [
          "dynamodb:DescribeTable",
          "dynamodb:Scan",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
          "dynamodb:DeleteItem",
        ]
        Resource = "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:table/${aws_dynamodb_table.workers_leases.name}"
      },
    ]
  })
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
    ]
  })
}
