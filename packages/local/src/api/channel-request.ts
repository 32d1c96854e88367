import type { DeadLetterPlace } from '../engine/channel-settings.ts';
import type { ChannelInit } from '../engine/channel.ts';
import type { Engine } from '../engine/engine.ts';
import { templateFault } from '../engine/object-key.ts';
import { invalidArgument, ServiceError } from '../engine/service-error.ts';
import type { Stream } from '../engine/stream.ts';
import type { CreateChannelRequest as Request, S3Destination } from './channel-input.ts';
import { streamOf } from './stream-reference.ts';
import { checkTags } from './tag-rules.ts';

/**
 * The channel a request asks for. Throws `InvalidArgumentException` for what does not go together, or is not emulated:
 * streaming tables of S3 Tables, which are Parquet files in an Iceberg table, and ZSTD before Node 22.15.
 */
export function channelOfRequest(
  engine: Engine,
  request: Request,
): Omit<ChannelInit, 'id' | 'arn' | 'createdAt'> {
  const s3 = destinationOf(request);
  const store = engine.channels.checkEmulated();
  const storage = s3.StorageConfiguration;
  const { format, stream } = sourceOf(engine, request);
  const freshnessSeconds = s3.DataFreshnessInSeconds ?? defaultFreshness;
  checkFreshness(freshnessSeconds);
  const fault = storage.OutputKeyTemplate ? templateFault(storage.OutputKeyTemplate) : undefined;
  if (fault !== undefined) throw invalidArgument(`OutputKeyTemplate ${fault}.`);
  if (!store.compressions.includes(storage.CompressionType)) {
    throw invalidArgument(
      `CompressionType ${storage.CompressionType} is not emulated on this version of Node.`,
    );
  }
  const keyId = request.EncryptionConfiguration?.KeyId;
  if (keyId !== undefined) checkKey(engine, keyId);
  if (request.Tags) checkTags(request.Tags);
  const logs = request.LoggingConfiguration?.CloudWatchLogs;
  return {
    name: request.ChannelName,
    roleArn: request.ServiceExecutionRoleARN,
    stream,
    format,
    bucket: storage.BucketARN,
    owner: storage.ExpectedBucketOwner,
    keyTemplate: storage.OutputKeyTemplate ?? undefined,
    storageClass: storage.StorageClass ?? 'STANDARD',
    compression: storage.CompressionType,
    deadLetters: deadLettersOf(s3),
    keyId,
    freshnessSeconds,
    logging: {
      enabled: logs?.Enabled ?? false,
      group: logs?.LogGroupName ?? undefined,
      stream: logs?.LogStreamName ?? undefined,
    },
    tags: request.Tags ?? {},
  };
}

/** Throws `InvalidArgumentException` unless 300 to 900. */
export function checkFreshness(seconds: number): void {
  if (seconds >= 300 && seconds <= 900) return;
  throw invalidArgument(`DataFreshnessInSeconds ${seconds} must be between 300 and 900.`);
}

const defaultFreshness = 300;

function destinationOf(request: Request): S3Destination {
  const s3 = request.S3DestinationConfiguration ?? undefined;
  const tables = request.S3TablesDestinationConfiguration ?? undefined;
  if ((s3 === undefined) === (tables === undefined)) {
    throw invalidArgument(
      'Either S3DestinationConfiguration or S3TablesDestinationConfiguration must be provided, but not both.',
    );
  }
  if (s3 !== undefined) return s3;
  throw invalidArgument(
    'S3TablesDestinationConfiguration is not emulated: the embedded Kinesis delivers to general purpose buckets ' +
      '(S3DestinationConfiguration) only.',
  );
}

function sourceOf(
  engine: Engine,
  request: Request,
): { readonly stream: Stream; readonly format: ChannelInit['format'] } {
  const [source, ...more] = request.StreamConfigurationList;
  if (source === undefined || more.length > 0) {
    throw invalidArgument('StreamConfigurationList must contain exactly one stream.');
  }
  const format = source.RecordConfiguration.RecordFormatType;
  if (format === 'GSR_JSON') {
    throw invalidArgument('RecordFormatType GSR_JSON is not supported for Amazon S3 destinations.');
  }
  const stream = streamOf(engine, { StreamARN: source.StreamARN });
  if (stream.mode !== 'ON_DEMAND') {
    throw new ServiceError(
      'ValidationException',
      `Request is invalid. Stream ${stream.name} under account ${engine.options.accountId} is in Provisioned mode.`,
    );
  }
  engine.checkActive(stream);
  return { stream, format };
}

function checkKey(engine: Engine, keyId: string): void {
  if (keyId.endsWith('alias/aws/kinesis')) {
    throw invalidArgument('The service key alias/aws/kinesis cannot be used for a channel.');
  }
  engine.kms.check(keyId);
}

function deadLettersOf(s3: S3Destination): DeadLetterPlace {
  const given = s3.DeadLetterQueueS3Configuration ?? undefined;
  const { BucketARN: bucket, ExpectedBucketOwner: owner } = given ?? s3.StorageConfiguration;
  return { bucket, owner, prefix: given?.ErrorOutputPrefix ?? 'error/' };
}
