import { consumerOfArn } from '../../engine/consumers.ts';
import type { ReadOptions } from '../../engine/reading.ts';
import type { Stream } from '../../engine/stream.ts';
import { subscribe } from '../../engine/subscribe.ts';
import type { SubscriptionEvent } from '../../engine/subscription.ts';
import { accept } from '../accept.ts';
import { consumerArn } from '../consumer-shapes.ts';
import { endDryRun } from '../dry-run.ts';
import type { OperationContext } from '../operation.ts';
import { recordOutputOf, storedRecordOf, type NumberedRecord, type RecordOutput } from '../record-output.ts';
import { ShardEvents, type ShardStep, type SubscribeToShardEvent } from '../shard-events.ts';
import { required, structure } from '../shape.ts';
import { boolean, sequenceNumber, shardId, streamId, timestamp } from '../shapes.ts';
import { describeChild } from '../shard-output.ts';
import { positionOf } from './get-shard-iterator.ts';

export interface SubscribeToShardOutput<E = SubscribeToShardEvent> {
  readonly EventStream: ShardEvents<E>;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html}. */
export function subscribeToShard(context: OperationContext, input: unknown): SubscribeToShardOutput {
  const recordOf = (stream: Stream): ReturnType<typeof recordOutputOf> =>
    recordOutputOf(context.engine, stream);
  return open(context, input, recordOf, (event) => event);
}

/**
 * The same with each event as a wire writes it, from records as they are stored where that can be: it is written at once, since
 * the bytes of records that are gone are used again.
 */
export function subscribeEncoded(
  encode: (event: SubscribeToShardEvent<NumberedRecord | RecordOutput>) => Uint8Array,
): (context: OperationContext, input: unknown) => SubscribeToShardOutput<Uint8Array> {
  return (context, input) =>
    open<NumberedRecord | RecordOutput, Uint8Array>(
      context,
      input,
      (stream) => storedRecordOf(context.engine, stream),
      encode,
    );
}

/** `recordOf` is asked before each event: a stream's encryption may change meanwhile. */
function open<T, E>(
  { engine, meter }: OperationContext,
  input: unknown,
  recordOf: (stream: Stream) => ReadOptions<T>['toRecord'],
  tell: (event: SubscribeToShardEvent<T>) => E,
): SubscribeToShardOutput<E> {
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
  const { stream, consumer } = consumerOfArn(engine, request.ConsumerARN);
  const read = (time: number): ShardStep<E> => {
    const step = subscription.step(time, recordOf(stream));
    if (step.type !== 'event') return step;
    const { event } = step;
    meter?.read(stream, {
      shardId: request.ShardId,
      records: event.records.length,
      bytes: event.bytes,
      iteratorAgeMs: event.millisBehindLatest,
      consumer: consumer.name,
    });
    return { type: 'event', event: tell(describe(event)) };
  };
  return { EventStream: new ShardEvents(subscription, engine.options.clock, read) };
}

function describe<T>({
  records,
  continuation,
  millisBehindLatest,
  children,
}: SubscriptionEvent<T>): SubscribeToShardEvent<T> {
  return {
    Records: records,
    ...(continuation === undefined ? {} : { ContinuationSequenceNumber: continuation }),
    MillisBehindLatest: millisBehindLatest,
    ...(children === undefined ? {} : { ChildShards: children.map(describeChild) }),
  };
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
