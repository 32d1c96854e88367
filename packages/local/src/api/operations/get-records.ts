import type { ReadOptions } from '../../engine/reading.ts';
import { limits } from '../../engine/limits.ts';
import { shardIdOf } from '../../engine/shard.ts';
import { decodeIterator, encodeIterator } from '../../engine/shard-iterator.ts';
import type { Stream } from '../../engine/stream.ts';
import { accept } from '../accept.ts';
import { endDryRun } from '../dry-run.ts';
import type { OperationContext } from '../operation.ts';
import { recordOutputOf, storedRecordOf, type NumberedRecord, type RecordOutput } from '../record-output.ts';
import { required, structure } from '../shape.ts';
import { boolean, pageLimit, streamArn, streamId } from '../shapes.ts';
import { describeChild, type ChildShardOutput } from '../shard-output.ts';
import { streamNameOf } from '../stream-reference.ts';
import { invalidArgument } from '../../engine/service-error.ts';

export interface GetRecordsOutput<T = RecordOutput> {
  readonly Records: readonly T[];
  /** Absent at the end of a closed shard. */
  readonly NextShardIterator?: string;
  readonly MillisBehindLatest: number;
  readonly ChildShards?: readonly ChildShardOutput[];
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html}. */
export function getRecords(context: OperationContext, input: unknown): GetRecordsOutput {
  return readPage(context, input, (stream) => recordOutputOf(context.engine, stream));
}

/**
 * The same with records as they are stored, for a wire that writes their bytes without looking into them; those of a
 * stream that encrypts, or did, are looked into.
 */
export function getStoredRecords(
  context: OperationContext,
  input: unknown,
): GetRecordsOutput<NumberedRecord | RecordOutput> {
  return readPage(context, input, (stream) => storedRecordOf(context.engine, stream));
}

function readPage<T>(
  { engine, meter }: OperationContext,
  input: unknown,
  recordOf: (stream: Stream | undefined) => ReadOptions<T>['toRecord'],
): GetRecordsOutput<T> {
  const request = accept(shape, input);
  const iterator = decodeIterator(request.ShardIterator, engine.now);
  if (request.StreamARN !== null && request.StreamARN !== undefined) {
    if (streamNameOf(engine, request) !== iterator.stream) throw invalidArgument('Invalid ShardIterator.');
  }
  const batch = engine.read(iterator, {
    limit: Math.floor(request.Limit ?? limits.recordsPerGet),
    toRecord: recordOf(engine.find(iterator.stream)),
  });
  endDryRun(request);
  meter?.read(engine.stream(iterator.stream), {
    shardId: shardIdOf(iterator.shardIndex),
    records: batch.records.length,
    bytes: batch.bytes,
    iteratorAgeMs: batch.iteratorAgeMs,
  });
  return {
    Records: batch.records,
    ...(batch.next === undefined ? {} : { NextShardIterator: encodeIterator(batch.next) }),
    MillisBehindLatest: batch.millisBehindLatest,
    ...(batch.children === undefined ? {} : { ChildShards: batch.children.map(describeChild) }),
  };
}

const shape = structure({
  Limit: pageLimit,
  ShardIterator: required({ type: 'string', min: 1, max: 512 }),
  StreamARN: streamArn,
  StreamId: streamId,
  DryRun: boolean,
});
