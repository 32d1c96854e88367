import { parseSequenceNumber } from '../../engine/sequence-number.ts';
import { invalidArgument, ServiceError } from '../../engine/service-error.ts';
import type { StreamWriter } from '../../engine/stream-writer.ts';
import { accept } from '../accept.ts';
import { validationError } from '../check-constraints.ts';
import { endDryRun } from '../dry-run.ts';
import type { OperationContext } from '../operation.ts';
import { needsNoPartitionKey } from '../partition-keys.ts';
import { putEncryption } from '../record-output.ts';
import { explicitHashKey, recordBytes, tooLarge } from '../record-size.ts';
import { required, structure } from '../shape.ts';
import {
  boolean,
  data,
  hashKey,
  partitionKey,
  sequenceNumber,
  streamArn,
  streamId,
  streamName,
} from '../shapes.ts';
import { streamNameOf } from '../stream-reference.ts';

export interface PutRecordOutput {
  readonly ShardId: string;
  readonly SequenceNumber: string;
  readonly EncryptionType?: 'KMS';
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html}. */
export function putRecord({ engine, meter }: OperationContext, input: unknown): PutRecordOutput {
  const request = needsNoPartitionKey(engine, input) ? accept(keylessShape, input) : accept(shape, input);
  const partitionKeyGiven = request.PartitionKey ?? '';
  const writer = engine.writer(streamNameOf(engine, request));
  const bytes = recordBytes(request.Data, partitionKeyGiven);
  const { maxRecordBytes } = writer.stream;
  if (bytes > maxRecordBytes) throw validationError([tooLarge(request.Data, 'data', maxRecordBytes)]);
  const explicit = explicitHashKey(request.ExplicitHashKey);
  checkOrdering(writer, request.SequenceNumberForOrdering ?? undefined, engine.now, engine.options.accountId);
  endDryRun(request);
  const { shardId, sequenceNumber: number } = writer.put({
    partitionKey: partitionKeyGiven,
    hashKey: explicit,
    payload: request.Data,
    bytes,
  });
  writer.finish();
  const throttled = number === undefined ? 1 : 0;
  meter?.put(writer.stream, {
    operation: 'PutRecord',
    total: 1,
    throttled,
    failed: 0,
    bytes: throttled === 1 ? 0 : bytes,
    ...(writer.stream.shardLevelMetrics.size === 0
      ? {}
      : { shards: [{ shardId, records: 1 - throttled, bytes: throttled === 1 ? 0 : bytes, throttled }] }),
  });
  if (number === undefined) {
    throw new ServiceError('ProvisionedThroughputExceededException', writer.rateExceeded(shardId));
  }
  return { ShardId: shardId, SequenceNumber: number, ...putEncryption(writer.stream, engine.now) };
}

const members = {
  SequenceNumberForOrdering: sequenceNumber,
  PartitionKey: required(partitionKey),
  ExplicitHashKey: hashKey,
  Data: required(data),
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
  DryRun: boolean,
} as const;

const shape = structure(members);

/** For streams that distribute records themselves. */
const keylessShape = structure({ ...members, PartitionKey: partitionKey });

/** Numbers of a shard only grow, so any earlier one is honoured; one from the future cannot be. */
function checkOrdering(
  writer: StreamWriter,
  number: string | undefined,
  now: number,
  accountId: string,
): void {
  if (number === undefined) return;
  const parts = parseSequenceNumber(number);
  if (parts !== undefined && parts.second * 1000 <= now) return;
  throw invalidArgument(
    `ExclusiveMinimumSequenceNumber ${number} used in PutRecord on stream ${writer.stream.name} under account ` +
      `${accountId} is invalid.`,
  );
}
