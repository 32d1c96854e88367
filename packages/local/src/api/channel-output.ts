import type { Channel } from '../engine/channel.ts';

export interface ChannelOutput {
  readonly ChannelName: string;
  readonly ChannelARN: string;
  readonly ChannelId: string;
  readonly ChannelStatus: string;
  readonly ChannelStatusReason?: string;
  readonly ChannelCreationTimestamp: number;
}

export interface ChannelSummaryOutput extends ChannelOutput {
  readonly ChannelDestinationType: 'S3';
  readonly Streams: readonly { readonly StreamARN: string; readonly StreamCreationTimestamp: number }[];
}

export interface ChannelDescriptionOutput extends ChannelOutput {
  readonly ServiceExecutionRoleARN: string;
  readonly StreamConfigurationList: readonly object[];
  readonly S3DestinationConfiguration: object;
  readonly EncryptionConfiguration?: object;
  readonly LoggingConfiguration: object;
}

export function summarizeChannel(channel: Channel): ChannelSummaryOutput {
  return { ...identify(channel), ChannelDestinationType: 'S3', Streams: [identifyStream(channel)] };
}

export function describeChannel(channel: Channel): ChannelDescriptionOutput {
  const { init, logging } = channel;
  return {
    ...identify(channel),
    ServiceExecutionRoleARN: init.roleArn,
    StreamConfigurationList: [
      { ...identifyStream(channel), RecordConfiguration: { RecordFormatType: init.format } },
    ],
    S3DestinationConfiguration: {
      DataFreshnessInSeconds: channel.freshnessSeconds,
      DeadLetterQueueS3Configuration: {
        BucketARN: init.deadLetters.bucket,
        ExpectedBucketOwner: init.deadLetters.owner,
        ErrorOutputPrefix: init.deadLetters.prefix,
      },
      StorageConfiguration: {
        BucketARN: init.bucket,
        ExpectedBucketOwner: init.owner,
        OutputKeyTemplate: channel.keyTemplate,
        StorageClass: init.storageClass,
        CompressionType: init.compression,
      },
    },
    ...(init.keyId === undefined
      ? {}
      : { EncryptionConfiguration: { EncryptionType: 'KMS', KeyId: init.keyId } }),
    LoggingConfiguration: {
      CloudWatchLogs: {
        Enabled: logging.enabled,
        LogGroupName: logging.group ?? `/aws/kinesis/${init.name}/${init.id}`,
        LogStreamName: logging.stream ?? 'DestinationDelivery',
      },
    },
  };
}

function identify(channel: Channel): ChannelOutput {
  const { name, arn, init, status, statusReason } = channel;
  return {
    ChannelName: name,
    ChannelARN: arn,
    ChannelId: init.id,
    ChannelStatus: status,
    ...(statusReason === undefined ? {} : { ChannelStatusReason: statusReason }),
    ChannelCreationTimestamp: init.createdAt,
  };
}

function identifyStream({ stream }: Channel): ChannelSummaryOutput['Streams'][number] {
  return { StreamARN: stream.arn, StreamCreationTimestamp: stream.createdAt };
}
