import { isMillraceError, rawStream } from '@millrace/kinesis';
import { createConsumer, type Consumer } from '@millrace/kinesis/consumer';
import type { LeaseStore } from '@millrace/kinesis/lease';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { compareSequenceNumbers, type Position, type StreamRecord } from '@millrace/kinesis/record';
import { Ticker, type Clock } from '@millrace/kinesis/runtime';
import type { ShardReader } from '@millrace/kinesis/source';

import type { Feed, OnRecords } from './feed.ts';

export interface StreamFeedOptions {
  readonly stream: string;
  readonly reader: ShardReader;
  readonly from: Position;
  readonly pollMs: number;
  /** Stop when every shard has been read to its newest record. */
  readonly exitAtEnd: boolean;
  readonly clock: Clock;
}

/** Every shard of a stream, through splits and merges: a consumer that is alone in its group and keeps its leases in memory. */
export function createStreamFeed(options: StreamFeedOptions): Feed {
  return {
    async run(onRecords, signal) {
      const { stream, reader, from, pollMs, exitAtEnd, clock } = options;
      const store = createMemoryLeaseStore();
      const consumer = createConsumer(
        rawStream(stream),
        { reader, leases: () => store },
        {
          group: 'millrace-tail',
          from,
          pollInterval: pollMs,
          clock,
          // What it prints cannot be unprinted: a second try would print it twice.
          maxAttempts: 1,
          // Nobody else wants these leases.
          leaseDuration: '1h',
        },
      );
      const stop = new AbortController();
      const watching = exitAtEnd ? stopAtEnd(consumer, store, clock, stop) : undefined;
      const eachBatch = dropSeen(onRecords);
      try {
        await consumer.run({ eachBatch, signal: AbortSignal.any([signal, stop.signal]) });
      } catch (error) {
        throw isMillraceError(error, 'HANDLER_FAILED') ? error.cause : error;
      } finally {
        stop.abort();
        await watching;
      }
    },
  };
}

/**
 * A shard is at its end when it was closed and handled, or when the last read found nothing newer. New shards have their
 * leases before their parents' are marked as ended, so a full list of leases is a full list of what is left.
 */
async function stopAtEnd(
  consumer: Consumer<Uint8Array>,
  store: LeaseStore,
  clock: Clock,
  stop: AbortController,
): Promise<void> {
  const ticker = new Ticker(clock, 20);
  stop.signal.addEventListener('abort', () => ticker.end(), { once: true });
  while (!ticker.ended) {
    await ticker.wait();
    const leases = await store.list();
    const held = new Map(consumer.status().shards.map((shard) => [shard.shardId, shard]));
    const atEnd = leases.every(
      ({ shardId, checkpoint }) =>
        checkpoint.sequenceNumber === 'SHARD_END' || held.get(shardId)?.millisBehindLatest === 0,
    );
    if (leases.length > 0 && atEnd) stop.abort();
  }
}

/** A machine that slept may lose a lease and read a part again; what was printed is not printed twice. */
function dropSeen(onRecords: OnRecords): OnRecords {
  const last = new Map<string, StreamRecord>();
  return async (records) => {
    const fresh = records.filter((record) => isAfter(record, last.get(record.shardId)));
    const newest = fresh.at(-1);
    if (newest === undefined) return;
    last.set(newest.shardId, newest);
    await onRecords(fresh);
  };
}

function isAfter(record: StreamRecord, seen: StreamRecord | undefined): boolean {
  if (seen === undefined) return true;
  const order = compareSequenceNumbers(record.sequenceNumber, seen.sequenceNumber);
  return order === 0 ? record.subSequenceNumber > seen.subSequenceNumber : order > 0;
}
