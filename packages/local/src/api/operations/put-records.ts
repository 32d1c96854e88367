import { isObject } from '@millrace/kinesis/runtime';

import { limits } from '../../engine/limits.ts';
import { invalidArgument } from '../../engine/service-error.ts';
import type { StoredColumns } from '../../engine/stream-writer.ts';
import type { PutEntry, PutOutcome, StreamWriter } from '../../engine/stream-writer.ts';
import { accept } from '../accept.ts';
import { validationError } from '../check-constraints.ts';
import { isBase64 } from '../check-type.ts';
import { endDryRun } from '../dry-run.ts';
import type { EntryFault, OperationContext } from '../operation.ts';
import { needsNoPartitionKey } from '../partition-keys.ts';
import { measurePut } from '../put-traffic.ts';
import { putEncryption } from '../record-output.ts';
import { ScannedPut } from '../scanned-put.ts';
import { explicitHashKey, recordBytes, tooLarge } from '../record-size.ts';
import { required, structure, type ValueOf } from '../shape.ts';
import { boolean, data, hashKey, partitionKey, streamArn, streamId, streamName } from '../shapes.ts';
import { streamNameOf } from '../stream-reference.ts';

export interface PutRecordsOutput {
  readonly FailedRecordCount: number;
  readonly Records: readonly PutRecordsEntry[];
  readonly EncryptionType?: 'KMS';
}

export type PutRecordsEntry = { readonly SequenceNumber: string; readonly ShardId: string } | EntryError;

export interface EntryError {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html}. */
export function putRecords(context: OperationContext, input: unknown): PutRecordsOutput {
  const { failed, records, ...encryption } = storeEntries(context, input);
  return { FailedRecordCount: failed, Records: records.map(toOutput), ...encryption };
}

/** An entry as it was stored, or why it was not. */
export type StoredEntry = PutOutcome | EntryError;

export interface StoredEntries {
  readonly failed: number;
  readonly records: readonly StoredEntry[];
  readonly EncryptionType?: 'KMS';
}

/** All of a request that was stored as it stood. */
export interface StoredAll {
  readonly columns: StoredColumns;
  readonly EncryptionType?: 'KMS';
}

/** The same as they were stored, for a wire that writes their numbers without making texts of them. */
export function storeRecords(context: OperationContext, input: unknown): StoredEntries | StoredAll {
  if (!(input instanceof ScannedPut)) return storeEntries(context, input);
  const { engine, meter } = context;
  const writer = engine.writer(input.StreamName);
  const { stream } = writer;
  if (!input.fits(stream.maxRecordBytes)) return storeEntries(context, input.decode());
  // Each by itself where somebody has a say in each, or counts them by their shards.
  if (!writer.takesAll || context.refuseEntry !== undefined || stream.shardLevelMetrics.size > 0)
    return putAll(context, writer, input.Records);
  const columns = writer.putAll(input);
  const { bytes, keys } = input;
  meter?.put(stream, { operation: 'PutRecords', total: keys.length, throttled: 0, failed: 0, bytes });
  return { columns, ...putEncryption(stream, engine.now) };
}

function storeEntries(context: OperationContext, input: unknown): StoredEntries {
  const { engine } = context;
  const request = isPlainRequest(input) ? input : acceptAny(context, input);
  const writer = engine.writer(streamNameOf(engine, request));
  const entries = entriesOf(request.Records, writer.stream.maxRecordBytes);
  endDryRun(request);
  return putAll(context, writer, entries);
}

function putAll(
  context: OperationContext,
  writer: StreamWriter,
  entries: readonly PutEntry[],
): StoredEntries {
  let failed = 0;
  const records = entries.map((entry, index) => {
    const fault = context.refuseEntry?.(index, () => writer.shardIdOf(entry));
    const record = fault === undefined ? putOne(writer, entry) : refuse(writer, entry, fault);
    if ('ErrorCode' in record) failed++;
    return record;
  });
  writer.finish();
  context.meter?.put(writer.stream, measurePut(writer, entries, records, failed));
  return { failed, records, ...putEncryption(writer.stream, context.engine.now) };
}

function toOutput(record: StoredEntry): PutRecordsEntry {
  if ('ErrorCode' in record) return record;
  return { SequenceNumber: record.sequenceNumber ?? '', ShardId: record.shardId };
}

const list = {
  type: 'list',
  min: 1,
  max: limits.recordsPerPut,
  itemName: 'com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@c965e310',
} as const;

const stream = { StreamName: streamName, StreamARN: streamArn, StreamId: streamId, DryRun: boolean } as const;

const shape = structure({
  Records: required({
    ...list,
    item: structure({
      PartitionKey: required(partitionKey),
      ExplicitHashKey: hashKey,
      Data: required(data),
    }),
  }),
  ...stream,
});

/** For streams that distribute records themselves. */
const keylessShape = structure({
  Records: required({
    ...list,
    item: structure({ PartitionKey: partitionKey, ExplicitHashKey: hashKey, Data: required(data) }),
  }),
  ...stream,
});

type Request = ValueOf<typeof keylessShape>;

function acceptAny({ engine }: OperationContext, input: unknown): Request {
  return needsNoPartitionKey(engine, input) ? accept(keylessShape, input) : accept(shape, input);
}

const plainStreamName = /^[a-zA-Z0-9_.-]{1,128}$/;

/**
 * Whether a request is what nearly every request is: a stream name and entries of a key and a payload, all within
 * bounds. Says false when in doubt; then the shape is consulted, which knows how to word what is wrong.
 */
function isPlainRequest(input: unknown): input is Request {
  if (!isObject(input)) return false;
  const { StreamName: name, StreamARN: arn, StreamId: id, Records: records, DryRun: dryRun } = input;
  if (
    dryRun !== undefined ||
    typeof name !== 'string' ||
    !plainStreamName.test(name) ||
    arn !== undefined ||
    id !== undefined
  )
    return false;
  if (!Array.isArray(records) || records.length === 0 || records.length > limits.recordsPerPut) return false;
  return records.every(isPlainEntry);
}

function isPlainEntry(entry: unknown): boolean {
  if (!isObject(entry) || entry['ExplicitHashKey'] !== undefined) return false;
  const key = entry['PartitionKey'];
  const payload = entry['Data'];
  return (
    typeof key === 'string' &&
    key.length > 0 &&
    key.length <= partitionKey.max &&
    typeof payload === 'string' &&
    payload.length <= limits.defaultRecordBytes &&
    isBase64(payload)
  );
}

/** Nothing is stored before everything is checked. */
function entriesOf(records: Request['Records'], maxRecordBytes: number): readonly PutEntry[] {
  const broken: string[] = [];
  let total = 0;
  const entries = records.map((record, index) => {
    const key = record.PartitionKey ?? '';
    const bytes = recordBytes(record.Data, key);
    total += bytes;
    if (bytes > maxRecordBytes && broken.length < 10) {
      broken.push(tooLarge(record.Data, `records.${index + 1}.member.data`, maxRecordBytes));
    }
    return {
      partitionKey: key,
      hashKey: explicitHashKey(record.ExplicitHashKey),
      payload: record.Data,
      bytes,
    };
  });
  if (broken.length > 0) throw validationError(broken);
  if (total > limits.bytesPerPut) throw invalidArgument('Records size exceeds 10 MB limit');
  return entries;
}

function putOne(writer: StreamWriter, entry: PutEntry): StoredEntry {
  const outcome = writer.put(entry);
  if (outcome.index !== undefined) return outcome;
  return {
    ErrorCode: 'ProvisionedThroughputExceededException',
    ErrorMessage: writer.rateExceeded(outcome.shardId),
  };
}

function refuse(writer: StreamWriter, entry: PutEntry, fault: EntryFault): EntryError {
  const code = fault.code ?? 'ProvisionedThroughputExceededException';
  const words =
    code === 'InternalFailure' ? 'Internal service failure.' : writer.rateExceeded(writer.shardIdOf(entry));
  return { ErrorCode: code, ErrorMessage: fault.message ?? words };
}
