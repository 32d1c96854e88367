import type { Connection } from '@millrace/kinesis';
import type { OutgoingRecord, StoredRecord } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';

import type { Ledger } from '../check/ledger.ts';
import { shardName } from '../check/item.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import { remoteFanOut } from './remote-fan-out.ts';
import type { Timeline } from './timeline.ts';

export interface StreamWire {
  readonly kinesis: Connection;
  readonly network: Network;
  readonly ledger: Ledger;
  readonly timeline: Timeline;
  /** Told of every request and answer of a process that counts for what it may hold in memory. */
  readonly gauge: Gauge;
  /** When the shard's newest record arrived, by the service's clock. */
  readonly lastArrival: (shard: string) => number;
  /** What ListShards answers, which may be what was so a while ago. */
  readonly listed: (stream: string) => Promise<readonly Shard[]>;
  /** The process begins to read the shard. */
  readonly opened: (life: Life, shard: string) => void;
}

export interface Gauge {
  /** A PutRecords call is under way; answers how to tell its end. */
  writing(life: Life, entries: readonly OutgoingRecord[]): () => void;
  /** Records of the shard have come. */
  received(life: Life, shard: string, records: readonly StoredRecord[]): void;
}

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
