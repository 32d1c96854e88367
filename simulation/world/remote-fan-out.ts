import type { FanOut, FanOutEvent } from '@millrace/kinesis/source';

import { streamName } from '../check/item.ts';
import type { Life } from './life.ts';
import type { StreamWire } from './stream-ports.ts';

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
      ask('describeConsumer', streamName, signal, () => fanOut.describeConsumer(stream, name)),
    registerConsumer: (stream, name, { signal } = {}) =>
      ask('registerConsumer', streamName, signal, () => fanOut.registerConsumer(stream, name)),
    deregisterConsumer: (consumer, { signal } = {}) =>
      ask('deregisterConsumer', streamName, signal, () => fanOut.deregisterConsumer(consumer)),
    async subscribe(consumer, shardId, position, { signal } = {}) {
      const connection = new AbortController();
      const events = await ask('subscribe', shardId, signal, () => {
        wire.opened(life, shardId);
        return fanOut.subscribe(consumer, shardId, position, { signal: connection.signal });
      });
      const iterator = events[Symbol.asyncIterator]();
      const next = (): Promise<IteratorResult<FanOutEvent>> =>
        ask('event', shardId, signal, () => iterator.next());
      return received(next, connection, (event) => wire.gauge.received(life, shardId, event.records));
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
