import { toSequenceNumber, type Position } from '@millrace/kinesis/record';

import { invalidArgument } from '../../engine/service-error.ts';
import { encodeIterator } from '../../engine/shard-iterator.ts';
import { accept } from '../accept.ts';
import { endDryRun } from '../dry-run.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { boolean, sequenceNumber, shardId, streamArn, streamId, streamName, timestamp } from '../shapes.ts';
import { streamNameOf } from '../stream-reference.ts';

export interface GetShardIteratorOutput {
  readonly ShardIterator: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html}. */
export function getShardIterator({ engine }: OperationContext, input: unknown): GetShardIteratorOutput {
  const request = accept(shape, input);
  const name = streamNameOf(engine, request);
  // The service looks the shard up before it judges the position.
  const position = (): Position => positionOf(request, engine.now);
  const iterator = engine.openIterator(name, request.ShardId, position);
  endDryRun(request);
  return { ShardIterator: encodeIterator(iterator) };
}

const shape = structure({
  ShardId: required(shardId),
  ShardIteratorType: required({
    type: 'string',
    values: ['AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'],
  }),
  StartingSequenceNumber: sequenceNumber,
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
  Timestamp: timestamp,
  DryRun: boolean,
});

/** How requests name a place in a shard. */
export interface PositionInput {
  readonly ShardIteratorType: string;
  readonly StartingSequenceNumber?: string | null | undefined;
  /** Seconds since the epoch. */
  readonly Timestamp?: number | null | undefined;
}

/** Throws `InvalidArgumentException` for what does not go together, or lies in the future. */
export function positionOf(request: PositionInput, now: number): Position {
  const type = request.ShardIteratorType;
  const number = request.StartingSequenceNumber ?? undefined;
  if (type === 'AT_TIMESTAMP') return timePosition(request.Timestamp ?? undefined, now);
  const wantsNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER';
  if (wantsNumber !== (number !== undefined)) {
    throw invalidArgument(
      'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) ' +
        `TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ` +
        `${number === undefined ? 'no' : 'also a'} StartingSequenceNumber.`,
    );
  }
  if (number === undefined) return { type: type === 'LATEST' ? 'now' : 'oldest' };
  return {
    type: type === 'AT_SEQUENCE_NUMBER' ? 'at' : 'after',
    sequenceNumber: toSequenceNumber(number),
  };
}

function timePosition(seconds: number | undefined, now: number): Position {
  if (seconds === undefined) {
    throw invalidArgument(
      'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp ' +
        'parameter.',
    );
  }
  const at = Math.round(seconds * 1000);
  if (at <= now) return { type: 'time', at };
  throw invalidArgument(
    'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ' +
      `${at}, currentTimestampInMillis: ${now}`,
  );
}
