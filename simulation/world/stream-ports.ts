import type { Connection } from '@millrace/kinesis';

import { shardName } from '../check/item.ts';
import type { Life } from './life.ts';
import { remoteFanOut } from './remote-fan-out.ts';
import type { StreamWire } from './stream-wire.ts';

/** The stream, somewhere else: every call of `life` goes over the network to the embedded engine. */
export function remoteStream(life: Life, wire: StreamWire): Pick<Connection, 'writer' | 'reader' | 'fanOut'> {
  const { kinesis, network, ledger, timeline, gauge, opened, lastArrival, listed } = wire;
  /** Which shard an iterator is of. */
  const shards = new Map<string, string>();

  const fanOut = remoteFanOut(life, wire);

  return {
    ...(fanOut && { fanOut }),
    writer: {
      async write(stream, entries, { signal }) {
        const sentAt = timeline.now;
        const ended = gauge.writing(life, entries);
        signal?.addEventListener('abort', ended, { once: true });
        const effect = async (): ReturnType<typeof kinesis.writer.write> => {
          const outcomes = await kinesis.writer.write(stream, entries, {});
          ledger.stored(stream, entries, outcomes, { sentAt, now: timeline.now, arrivalOf: lastArrival });
          return outcomes;
        };
        const call = { life, port: 'stream', operation: 'write', subject: stream, signal, effect } as const;
        try {
          const outcomes = await network.call(call);
          ledger.told(stream, entries, outcomes, timeline.now);
          return outcomes;
        } finally {
          ended();
        }
      },
    },
    reader: {
      describeStream: (stream, { signal } = {}) =>
        network.call({
          life,
          port: 'stream',
          operation: 'describeStream',
          subject: stream,
          signal,
          effect: () => kinesis.reader.describeStream(stream),
        }),
      listShards: (stream, { signal } = {}) =>
        network.call({
          life,
          port: 'stream',
          operation: 'listShards',
          subject: stream,
          signal,
          effect: () => listed(stream),
        }),
      openIterator: (stream, shardId, position, { signal } = {}) =>
        network.call({
          life,
          port: 'stream',
          operation: 'openIterator',
          subject: shardName(stream, shardId),
          signal,
          effect: async () => {
            const shard = shardName(stream, shardId);
            const iterator = await kinesis.reader.openIterator(stream, shardId, position);
            // Who is refused, as one who only asks what time it is, reads nothing.
            opened(life, shard);
            shards.set(iterator, shard);
            return iterator;
          },
        }),
      async read(iterator, { stream, limit, signal }) {
        const shard = shards.get(iterator) ?? stream;
        const result = await network.call({
          life,
          port: 'stream',
          operation: 'read',
          subject: shard,
          signal,
          effect: () => kinesis.reader.read(iterator, { stream, limit }),
        });
        if (result.nextIterator !== undefined) shards.set(result.nextIterator, shard);
        gauge.received(life, shard, result.records);
        return result;
      },
    },
  };
}
