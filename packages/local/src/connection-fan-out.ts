import { isMillraceError } from '@millrace/kinesis/errors';
import { toSequenceNumber } from '@millrace/kinesis/record';
import type { FanOut, FanOutEvent, StreamConsumer } from '@millrace/kinesis/source';

import {
  deregisterStreamConsumer,
  describeStreamConsumer,
  registerStreamConsumer,
  type ConsumerOutput,
} from './api/operations/stream-consumers.ts';
import { subscribeToShard } from './api/operations/subscribe-to-shard.ts';
import type { Service } from './api/service.ts';
import type { ShardEvents, SubscribeToShardEvent } from './api/shard-events.ts';
import { call } from './connection-call.ts';
import { toMillraceError, type CallContext } from './connection-error.ts';
import { iteratorInput, toChild, toStored } from './connection-shapes.ts';

/** Fan-out straight on the engine. */
export function createFanOut(service: Service): FanOut {
  return {
    async describeConsumer(streamArn, name, { signal } = {}) {
      const input = { StreamARN: streamArn, ConsumerName: name };
      try {
        const output = await call(service, signal, contextOf('DescribeStreamConsumer', streamArn), () =>
          service.run('DescribeStreamConsumer', describeStreamConsumer, input),
        );
        return toConsumer(output.ConsumerDescription);
      } catch (error) {
        if (isMillraceError(error, 'STREAM_NOT_FOUND')) return undefined;
        throw error;
      }
    },

    async registerConsumer(streamArn, name, { signal } = {}) {
      const input = { StreamARN: streamArn, ConsumerName: name };
      const output = await call(service, signal, contextOf('RegisterStreamConsumer', streamArn), () =>
        service.run('RegisterStreamConsumer', registerStreamConsumer, input),
      );
      return toConsumer(output.Consumer);
    },

    async deregisterConsumer(consumerArn, { signal } = {}) {
      await call(service, signal, contextOf('DeregisterStreamConsumer', consumerArn), () =>
        service.run('DeregisterStreamConsumer', deregisterStreamConsumer, { ConsumerARN: consumerArn }),
      );
    },

    async subscribe(consumerArn, shardId, position, { signal } = {}) {
      const context = { ...contextOf('SubscribeToShard', consumerArn), shardId };
      const {
        ShardIteratorType: Type,
        StartingSequenceNumber: SequenceNumber,
        Timestamp,
      } = iteratorInput(position);
      const input = {
        ConsumerARN: consumerArn,
        ShardId: shardId,
        StartingPosition: {
          Type,
          ...(SequenceNumber === undefined ? {} : { SequenceNumber }),
          ...(Timestamp === undefined ? {} : { Timestamp }),
        },
      };
      const output = await call(service, signal, context, () =>
        service.run('SubscribeToShard', subscribeToShard, input),
      );
      return eventsOf(output.EventStream, context, signal);
    },
  };
}

/** The signal ends the subscription from the first moment, whether anybody has asked for an event yet or not. */
function eventsOf(
  stream: ShardEvents,
  context: CallContext,
  signal: AbortSignal | undefined,
): AsyncIterable<FanOutEvent> {
  const leave = (): void => void stream.return();
  if (signal?.aborted === true) leave();
  signal?.addEventListener('abort', leave, { once: true });
  return events(stream, context, () => signal?.removeEventListener('abort', leave));
}

async function* events(
  stream: ShardEvents,
  context: CallContext,
  ended: () => void,
): AsyncGenerator<FanOutEvent> {
  try {
    for (;;) {
      const { done, value } = await stream.next();
      if (done === true) return;
      if (value.type === 'error') throw toMillraceError(value.error, context);
      yield toEvent(value.event);
    }
  } finally {
    ended();
    await stream.return();
  }
}

function toEvent(event: SubscribeToShardEvent): FanOutEvent {
  const { Records, ContinuationSequenceNumber, MillisBehindLatest, ChildShards } = event;
  return {
    records: Records.map(toStored),
    millisBehindLatest: MillisBehindLatest,
    ...(ContinuationSequenceNumber === undefined
      ? {}
      : { continuation: toSequenceNumber(ContinuationSequenceNumber) }),
    ...(ChildShards === undefined ? {} : { childShards: ChildShards.map(toChild) }),
  };
}

function toConsumer({ ConsumerName, ConsumerARN, ConsumerStatus }: ConsumerOutput): StreamConsumer {
  const status = ConsumerStatus === 'ACTIVE' || ConsumerStatus === 'DELETING' ? ConsumerStatus : 'CREATING';
  return { name: ConsumerName, arn: ConsumerARN, status };
}

function contextOf(operation: string, arn: string): CallContext {
  return { operation, stream: arn.split('/')[1] ?? arn };
}
