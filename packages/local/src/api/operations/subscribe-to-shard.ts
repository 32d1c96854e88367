import { consumerOfArn } from '../../engine/consumers.ts';
import { subscribe } from '../../engine/subscribe.ts';
import { accept } from '../accept.ts';
import { consumerArn } from '../consumer-shapes.ts';
import type { OperationContext } from '../operation.ts';
import { recordOutputOf } from '../record-output.ts';
import { ShardEvents } from '../shard-events.ts';
import { required, structure } from '../shape.ts';
import { boolean, sequenceNumber, shardId, streamId, timestamp } from '../shapes.ts';
import { positionOf } from './get-shard-iterator.ts';

export interface SubscribeToShardOutput {
  readonly EventStream: ShardEvents;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html}. */
export function subscribeToShard({ engine }: OperationContext, input: unknown): SubscribeToShardOutput {
  const request = accept(shape, input);
  const start = request.StartingPosition;
  const subscription = subscribe(engine, {
    consumerArn: request.ConsumerARN,
    shardId: request.ShardId,
    position: () =>
      positionOf(
        {
          ShardIteratorType: start.Type,
          StartingSequenceNumber: start.SequenceNumber,
          Timestamp: start.Timestamp,
        },
        engine.now,
      ),
  });
  const { stream } = consumerOfArn(engine, request.ConsumerARN);
  const toRecord = (): ReturnType<typeof recordOutputOf> => recordOutputOf(engine, stream);
  return { EventStream: new ShardEvents(subscription, engine.options.clock, toRecord) };
}

const shape = structure({
  ConsumerARN: required(consumerArn),
  StreamId: streamId,
  ShardId: required(shardId),
  StartingPosition: required(
    structure({
      Type: required({
        type: 'string',
        values: ['AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'],
      }),
      SequenceNumber: sequenceNumber,
      Timestamp: timestamp,
    }),
  ),
  DryRun: boolean,
});
