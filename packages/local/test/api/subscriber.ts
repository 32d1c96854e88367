import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';

import { subscribeToShard } from '../../src/api/operations/subscribe-to-shard.ts';
import { registerStreamConsumer } from '../../src/api/operations/stream-consumers.ts';
import { Service } from '../../src/api/service.ts';
import type { ShardEvent, ShardEvents, SubscribeToShardEvent } from '../../src/api/shard-events.ts';
import type { EngineOptions } from '../../src/engine/options.ts';
import { isServiceError } from '../../src/engine/service-error.ts';
import { createTestEngine } from '../engine/test-engine.ts';

export interface FanOut {
  readonly clock: ManualClock;
  readonly service: Service;
  /** Answers the consumer's ARN. */
  readonly register: (consumer: string) => string;
  readonly subscribe: (arn: string, start: object, shardId?: string) => ShardEvents;
  readonly call: (operation: string, input: object) => unknown;
  readonly put: (data: string, partitionKey?: string) => string;
}

/** A stream `orders` of one shard on a manual clock. */
export function createFanOut(options: Partial<EngineOptions> = {}): FanOut {
  const clock = createManualClock();
  const service = new Service(createTestEngine({ clock, ...options }));
  service.engine.createStream('orders', { shards: 1 });
  return {
    clock,
    service,
    register(consumer) {
      const input = { StreamARN: service.engine.stream('orders').arn, ConsumerName: consumer };
      return now(service.run('RegisterStreamConsumer', registerStreamConsumer, input)).Consumer.ConsumerARN;
    },
    subscribe(arn, start, shardId = 'shardId-000000000000') {
      const input = { ConsumerARN: arn, ShardId: shardId, StartingPosition: start };
      return now(service.run('SubscribeToShard', subscribeToShard, input)).EventStream;
    },
    call: (operation, input) => service.call(operation, input),
    put(data, partitionKey = 'key') {
      const input = {
        StreamName: 'orders',
        PartitionKey: partitionKey,
        Data: Buffer.from(data).toString('base64'),
      };
      return (service.call('PutRecord', input) as { readonly SequenceNumber: string }).SequenceNumber;
    },
  };
}

/** The next event; fails when there is none. */
export async function nextEvent(events: ShardEvents): Promise<SubscribeToShardEvent> {
  const { value } = await events.next();
  if (value?.type !== 'event') throw new Error(`No event but ${JSON.stringify(value)}`);
  return value.event;
}

/** Everything until the subscription ends. */
export async function untilEnd(events: ShardEvents): Promise<readonly ShardEvent[]> {
  const all: ShardEvent[] = [];
  for (let next = await events.next(); next.done !== true; next = await events.next()) all.push(next.value);
  return all;
}

export function textsOf(event: SubscribeToShardEvent): readonly string[] {
  return event.Records.map(({ Data }) =>
    (typeof Data === 'string' ? Buffer.from(Data, 'base64') : Buffer.from(Data)).toString(),
  );
}

/** `Type: message` of the error that `run` must throw. */
export function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return `${error.type}: ${error.text}`;
  }
  throw new Error('It did not fail.');
}

function now<T>(output: T | Promise<T>): T {
  if (output instanceof Promise) throw new Error('Without faults a call is answered at once.');
  return output;
}
