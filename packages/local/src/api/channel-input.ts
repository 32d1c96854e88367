import type { ObjectCompression } from '../engine/channel-settings.ts';
import { accept } from './accept.ts';
import { keyId } from './resource-shapes.ts';
import { required, structure } from './shape.ts';
import {
  boolean,
  integer,
  nextToken,
  pageLimit,
  streamArn,
  streamName,
  tagMap,
  timestamp,
} from './shapes.ts';

type Optional<T> = T | null | undefined;

export interface CreateChannelRequest {
  readonly ChannelName: string;
  readonly ServiceExecutionRoleARN: string;
  readonly StreamConfigurationList: readonly {
    readonly StreamARN: string;
    readonly RecordConfiguration: {
      readonly RecordFormatType: 'GSR_JSON' | 'JSON' | 'STRING' | 'BYTE_ARRAY';
    };
  }[];
  readonly S3DestinationConfiguration: Optional<S3Destination>;
  readonly S3TablesDestinationConfiguration: Optional<object>;
  readonly EncryptionConfiguration: Optional<{ readonly KeyId: string }>;
  readonly Tags: Optional<Readonly<Record<string, string>>>;
  readonly LoggingConfiguration: Optional<LoggingRequest>;
}

export interface S3Destination {
  readonly DataFreshnessInSeconds: Optional<number>;
  readonly DeadLetterQueueS3Configuration: Optional<{
    readonly BucketARN: string;
    readonly ExpectedBucketOwner: string;
    readonly ErrorOutputPrefix: Optional<string>;
  }>;
  readonly StorageConfiguration: {
    readonly BucketARN: string;
    readonly ExpectedBucketOwner: string;
    readonly OutputKeyTemplate: Optional<string>;
    readonly StorageClass: Optional<string>;
    readonly CompressionType: ObjectCompression;
  };
}

export interface LoggingRequest {
  readonly CloudWatchLogs: {
    readonly Enabled: boolean;
    readonly LogGroupName: Optional<string>;
    readonly LogStreamName: Optional<string>;
  };
}

export interface UpdateChannelRequest {
  readonly ChannelARN: string;
  readonly S3DestinationConfiguration: Optional<{ readonly DataFreshnessInSeconds: number }>;
  readonly S3TablesDestinationConfiguration: Optional<object>;
  readonly LoggingConfiguration: Optional<LoggingRequest>;
}

export interface ListChannelsRequest {
  readonly StreamFilter: Optional<readonly StreamFilterRequest[]>;
  readonly MaxResults: Optional<number>;
  readonly NextToken: Optional<string>;
}

export interface StreamFilterRequest {
  readonly StreamARN: string;
  /** Seconds since the epoch. */
  readonly StreamCreationTimestamp: Optional<number>;
}

export function acceptCreateChannel(input: unknown): CreateChannelRequest {
  return accept(createShape, input);
}

export function acceptUpdateChannel(input: unknown): UpdateChannelRequest {
  return accept(updateShape, input);
}

export function acceptListChannels(input: unknown): ListChannelsRequest {
  return accept(listShape, input);
}

/** The ARN in a request that has nothing else. */
export function acceptChannelArn(input: unknown): string {
  return accept(structure({ ChannelARN: required(channelArn) }), input).ChannelARN;
}

const bucketArn = {
  type: 'string',
  pattern: 'arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63}',
  min: 1,
  max: 2048,
} as const;

const bucketOwner = { type: 'string', pattern: '\\d{12}', min: 12, max: 12 } as const;

const deadLetters = structure({
  BucketARN: required(bucketArn),
  ExpectedBucketOwner: required(bucketOwner),
  ErrorOutputPrefix: { type: 'string', pattern: "[0-9A-Za-z!\\-_'.*()\\/]+", min: 1, max: 512 },
});

const icebergName = { type: 'string', pattern: '[0-9a-z_]+', min: 1, max: 255 } as const;

const tables = structure({
  DataFreshnessInSeconds: integer,
  DeadLetterQueueS3Configuration: required(deadLetters),
  S3TablesConfigurationList: required({
    type: 'list',
    min: 1,
    max: 10_000,
    item: structure({
      TableBucketARN: required({
        type: 'string',
        pattern: 'arn:aws[-a-z0-9]*:s3tables:[-a-z0-9]+:\\d{12}:bucket/[a-z0-9_-]{3,63}',
        min: 1,
        max: 2048,
      }),
      Namespace: required(icebergName),
      TableName: required(icebergName),
      CompressionType: required({ type: 'string', values: ['NONE', 'ZSTD', 'SNAPPY'] }),
    }),
  }),
});

const logging = structure({
  CloudWatchLogs: required(
    structure({
      Enabled: required(boolean),
      LogGroupName: { type: 'string', pattern: '[\\.\\-_/#A-Za-z0-9]+', min: 1, max: 512 },
      LogStreamName: { type: 'string', pattern: '[^:*]*', min: 1, max: 512 },
    }),
  ),
});

const channelArn = {
  type: 'string',
  pattern: 'arn:aws.*:kinesis:.*:\\d{12}:channel/\\S+',
  min: 1,
  max: 2048,
} as const;

const createShape = structure({
  ChannelName: required(streamName),
  ServiceExecutionRoleARN: required({
    type: 'string',
    pattern: 'arn:aws[-a-z0-9]*:iam::\\d{12}:role/[a-zA-Z_0-9+=,.@\\-_/]+',
    min: 1,
    max: 512,
  }),
  StreamConfigurationList: required({
    type: 'list',
    min: 1,
    max: 10_000,
    item: structure({
      StreamARN: required(streamArn),
      RecordConfiguration: required(
        structure({
          RecordFormatType: required({
            type: 'string',
            values: ['GSR_JSON', 'JSON', 'STRING', 'BYTE_ARRAY'],
          }),
          GSRSchemaARN: {
            type: 'string',
            pattern: 'arn:aws[-a-z0-9]*:glue:[-a-z0-9]+:\\d{12}:schema/[-a-zA-Z0-9_$#.]+/[-a-zA-Z0-9_$#.]+',
            min: 1,
            max: 512,
          },
        }),
      ),
    }),
  }),
  S3DestinationConfiguration: structure({
    DataFreshnessInSeconds: integer,
    DeadLetterQueueS3Configuration: deadLetters,
    StorageConfiguration: required(
      structure({
        BucketARN: required(bucketArn),
        ExpectedBucketOwner: required(bucketOwner),
        OutputKeyTemplate: {
          type: 'string',
          pattern: "[0-9A-Za-z!\\-_'.*()\\/=:{}]+",
          min: 1,
          max: 1024,
        },
        StorageClass: { type: 'string', values: ['STANDARD', 'INTELLIGENT_TIERING', 'GLACIER_IR'] },
        CompressionType: required({ type: 'string', values: ['NONE', 'GZIP', 'ZSTD'] }),
      }),
    ),
  }),
  S3TablesDestinationConfiguration: tables,
  EncryptionConfiguration: structure({
    EncryptionType: required({ type: 'string', values: ['KMS'] }),
    KeyId: required(keyId),
  }),
  Tags: tagMap,
  LoggingConfiguration: logging,
});

const freshnessUpdate = structure({ DataFreshnessInSeconds: required(integer) });

const updateShape = structure({
  ChannelARN: required(channelArn),
  S3DestinationConfiguration: freshnessUpdate,
  S3TablesDestinationConfiguration: freshnessUpdate,
  LoggingConfiguration: logging,
});

const listShape = structure({
  StreamFilter: {
    type: 'list',
    min: 1,
    max: 10_000,
    item: structure({ StreamARN: required(streamArn), StreamCreationTimestamp: timestamp }),
  },
  MaxResults: pageLimit,
  NextToken: nextToken,
});
