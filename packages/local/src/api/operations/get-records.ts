import { limits } from '../../engine/limits.ts';
import { shardIdOf } from '../../engine/shard.ts';
import { decodeIterator, encodeIterator } from '../../engine/shard-iterator.ts';
import type { Payload } from '../../engine/shard-log.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { pageLimit, streamArn, streamId } from '../shapes.ts';
import { describeChild, type ChildShardOutput } from '../shard-output.ts';
import { streamNameOf } from '../stream-reference.ts';
import { invalidArgument } from '../../engine/service-error.ts';

export interface GetRecordsOutput {
  readonly Records: readonly RecordOutput[];
  /** Absent at the end of a closed shard. */
  readonly NextShardIterator?: string;
  readonly MillisBehindLatest: number;
  readonly ChildShards?: readonly ChildShardOutput[];
}

export interface RecordOutput {
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp: number;
  readonly Data: Payload;
  readonly PartitionKey: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html}. */
export function getRecords({ engine, meter }: OperationContext, input: unknown): GetRecordsOutput {
  const request = accept(shape, input);
  const iterator = decodeIterator(request.ShardIterator, engine.now);
  if (request.StreamARN !== null && request.StreamARN !== undefined) {
    if (streamNameOf(engine, request) !== iterator.stream) throw invalidArgument('Invalid ShardIterator.');
  }
  const batch = engine.read(iterator, {
    limit: Math.floor(request.Limit ?? limits.recordsPerGet),
    toRecord: toRecordOutput,
  });
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
});

export function toRecordOutput(
  sequenceNumber: string,
  partitionKey: string,
  payload: Payload,
  arrivedAt: number,
): RecordOutput {
  return {
    SequenceNumber: sequenceNumber,
    ApproximateArrivalTimestamp: arrivedAt,
    Data: payload,
    PartitionKey: partitionKey,
  };
}
