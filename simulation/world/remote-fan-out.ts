import type { FanOut, FanOutEvent } from '@millrace/kinesis/source';

import { shardName } from '../check/item.ts';
import type { Life } from './life.ts';
import type { StreamWire } from './stream-wire.ts';

/**
 * Enhanced fan-out over the network. Each event is a call of its own, asked for and answered, so that a subscription is
 * dropped, delayed or falls silent in the middle like everything else. A process that dies leaves its subscription open.
 */
export function remoteFanOut(life: Life, wire: StreamWire): FanOut | undefined {
  const { fanOut } = wire.kinesis;
  if (fanOut === undefined) return undefined;
  const ask = <T>(
    operation: string,
    subject: string,
    signal: AbortSignal | undefined,
    effect: () => Promise<T>,
  ): Promise<T> => wire.network.call({ life, port: 'stream', operation, subject, signal, effect });

  return {
    describeConsumer: (stream, name, { signal } = {}) =>
      ask('describeConsumer', stream, signal, () => fanOut.describeConsumer(stream, name)),
    registerConsumer: (stream, name, { signal } = {}) =>
      ask('registerConsumer', stream, signal, () => fanOut.registerConsumer(stream, name)),
    deregisterConsumer: (consumer, { signal } = {}) =>
      ask('deregisterConsumer', consumer, signal, () => fanOut.deregisterConsumer(consumer)),
    async subscribe(consumer, shardId, position, { signal } = {}) {
      const connection = new AbortController();
      // arn:aws:kinesis:region:account:stream/NAME/consumer/…
      const shard = shardName(consumer.split('/')[1] ?? '', shardId);
      const events = await ask('subscribe', shard, signal, () => {
        wire.opened(life, shard);
        return fanOut.subscribe(consumer, shardId, position, { signal: connection.signal });
      });
      const iterator = events[Symbol.asyncIterator]();
      const next = (): Promise<IteratorResult<FanOutEvent>> =>
        ask('event', shard, signal, () => iterator.next());
      return received(next, connection, (event) => wire.gauge.received(life, shard, event.records));
    },
  };
}

async function* received(
  next: () => Promise<IteratorResult<FanOutEvent>>,
  connection: AbortController,
  told: (event: FanOutEvent) => void,
): AsyncGenerator<FanOutEvent> {
  try {
    for (let step = await next(); step.done !== true; step = await next()) {
      told(step.value);
      yield step.value;
    }
  } finally {
    connection.abort();
  }
}
