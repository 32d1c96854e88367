import type { PutEntry, StreamWriter } from '../engine/stream-writer.ts';
import type { PutTraffic, ShardTraffic } from './meter.ts';

type Outcome = { readonly shardId: string } | { readonly ErrorCode: string };

/** What a PutRecords did, for the meter; looks at each record once more only for its shard or its refusal. */
export function measurePut(
  writer: StreamWriter,
  entries: readonly PutEntry[],
  outcomes: readonly Outcome[],
  refused: number,
): PutTraffic {
  let bytes = 0;
  for (const entry of entries) bytes += entry.bytes;
  let throttled = 0;
  if (refused > 0) {
    for (const [index, outcome] of outcomes.entries()) {
      if (!('ErrorCode' in outcome)) continue;
      bytes -= entries[index]?.bytes ?? 0;
      if (outcome.ErrorCode === 'ProvisionedThroughputExceededException') throttled++;
    }
  }
  const traffic = {
    operation: 'PutRecords',
    total: entries.length,
    throttled,
    failed: refused - throttled,
    bytes,
  } as const;
  if (writer.stream.shardLevelMetrics.size === 0) return traffic;
  return { ...traffic, shards: byShard(writer, entries, outcomes) };
}

function byShard(
  writer: StreamWriter,
  entries: readonly PutEntry[],
  outcomes: readonly Outcome[],
): readonly ShardTraffic[] {
  const shards = new Map<string, { shardId: string; records: number; bytes: number; throttled: number }>();
  for (const [index, entry] of entries.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    const shardId = 'shardId' in outcome ? outcome.shardId : writer.shardIdOf(entry);
    const shard = shards.get(shardId) ?? { shardId, records: 0, bytes: 0, throttled: 0 };
    shards.set(shardId, shard);
    if ('shardId' in outcome) {
      shard.records++;
      shard.bytes += entry.bytes;
    } else if (outcome.ErrorCode === 'ProvisionedThroughputExceededException') shard.throttled++;
  }
  return [...shards.values()];
}
