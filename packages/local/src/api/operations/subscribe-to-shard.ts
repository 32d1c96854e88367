import { consumerOfArn } from '../../engine/consumers.ts';
import type { SubscriptionEvent } from '../../engine/subscription.ts';
import { subscribe } from '../../engine/subscribe.ts';
import { accept } from '../accept.ts';
import { consumerArn } from '../consumer-shapes.ts';
import { endDryRun } from '../dry-run.ts';
import type { OperationContext } from '../operation.ts';
import { recordOutputOf, type RecordOutput } from '../record-output.ts';
import { ShardEvents } from '../shard-events.ts';
import { required, structure } from '../shape.ts';
import { boolean, sequenceNumber, shardId, streamId, timestamp } from '../shapes.ts';
import { positionOf } from './get-shard-iterator.ts';

export interface SubscribeToShardOutput {
  readonly EventStream: ShardEvents;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html}. */
export function subscribeToShard(
  { engine, meter }: OperationContext,
  input: unknown,
): SubscribeToShardOutput {
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
    checked: () => endDryRun(request),
  });
  const { stream, name: consumer } = consumerOfArn(engine, request.ConsumerARN);
  const toRecord = (): ReturnType<typeof recordOutputOf> => recordOutputOf(engine, stream);
  const count = (event: SubscriptionEvent<RecordOutput>): void => {
    meter?.read(stream, {
      shardId: request.ShardId,
      records: event.records.length,
      bytes: event.bytes,
      iteratorAgeMs: event.millisBehindLatest,
      consumer,
    });
  };
  return { EventStream: new ShardEvents(subscription, engine.options.clock, toRecord, count) };
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
