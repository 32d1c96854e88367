import { expandRecord } from '@millrace/kinesis/codec';
import type { Position, StoredRecord, StreamRecord } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';
import type { Shard } from '@millrace/kinesis/shard';
import { createPollingSource, type ShardReader } from '@millrace/kinesis/source';

import type { Feed, OnRecords } from './feed.ts';

export interface ShardFeedOptions {
  readonly stream: string;
  readonly reader: ShardReader;
  readonly shards: readonly Shard[];
  readonly from: Position;
  readonly pollMs: number;
  readonly exitAtEnd: boolean;
  readonly clock: Clock;
  /** Called when a shard was split or merged and is read to its end. */
  readonly onClosed: (shard: Shard, children: readonly string[]) => void;
}

/** These shards and no others: their children are not followed. */
export function createShardFeed(options: ShardFeedOptions): Feed {
  return {
    async run(onRecords, signal) {
      const stop = new AbortController();
      const both = AbortSignal.any([signal, stop.signal]);
      try {
        await Promise.all(options.shards.map((shard) => readShard(shard, options, onRecords, both)));
      } finally {
        stop.abort();
      }
    },
  };
}

async function readShard(
  shard: Shard,
  { stream, reader, from, pollMs, exitAtEnd, clock, onClosed }: ShardFeedOptions,
  onRecords: OnRecords,
  signal: AbortSignal,
): Promise<void> {
  const source = createPollingSource(reader, { stream, intervalMs: pollMs, limit: 10_000, clock });
  for await (const batch of source.read(shard.shardId, from, signal)) {
    const records = batch.records.flatMap((stored) => expand(stream, shard, stored));
    if (records.length > 0) await onRecords(records);
    if (batch.children !== undefined) {
      onClosed(
        shard,
        batch.children.map(({ shardId }) => shardId),
      );
    }
    if (signal.aborted || (exitAtEnd && batch.millisBehindLatest === 0)) return;
  }
}

function expand(
  stream: string,
  { shardId, hashRange }: Shard,
  stored: StoredRecord,
): readonly StreamRecord[] {
  return expandRecord(stored, { range: hashRange })
    .filter(({ foreign }) => !foreign)
    .map((user) => ({
      stream,
      shardId,
      sequenceNumber: user.sequenceNumber,
      subSequenceNumber: user.subSequenceNumber,
      partitionKey: user.partitionKey,
      ...(user.explicitHashKey !== undefined && { explicitHashKey: user.explicitHashKey }),
      headers: user.headers,
      arrivedAt: new Date(user.arrivedAt),
      value: user.data,
      bytes: user.data,
    }));
}
