import { Consumer } from './consumer.ts';
import type { Shard } from './shard.ts';
import { parseShardId } from './shard.ts';
import type { ShardState, StreamState } from './state.ts';
import type { Stream } from './stream.ts';

export function captureStream(stream: Stream): StreamState {
  const { settings } = stream;
  return {
    id: stream.id,
    name: stream.name,
    arn: stream.arn,
    createdAt: stream.createdAt,
    status: stream.status,
    mode: stream.mode,
    maxRecordBytes: stream.maxRecordBytes,
    retentionHours: stream.retentionHours,
    tags: Object.fromEntries(stream.tags),
    shardLevelMetrics: [...stream.shardLevelMetrics],
    autoCursor: stream.autoCursor,
    policies: Object.fromEntries(settings.policies),
    distribution: settings.distribution,
    ...(settings.warmMiBps === undefined ? {} : { warmMiBps: settings.warmMiBps }),
    encryption: settings.encryption,
    changes: settings.changes,
    ...(stream.throughput.hours.length === 0 ? {} : { peaks: stream.throughput.hours }),
    consumers: [...stream.consumers.values()].map((consumer) => ({
      name: consumer.name,
      createdAt: consumer.createdAt,
      deleting: consumer.status === 'DELETING',
      tags: Object.fromEntries(consumer.tags),
    })),
    plannedShards: stream.plannedShards,
    nextIndex: stream.nextIndex,
    shards: stream.allShards.map(captureShard),
  };
}

function captureShard(shard: Shard): ShardState {
  const { log, range } = shard;
  return {
    index: shard.index,
    range: [String(range.start), String(range.end)],
    parents: shard.parentIds.map((id) => parseShardId(id) ?? 0),
    openedAt: shard.openedAt,
    openedSecond: shard.openedSecond,
    ...(shard.closedAt === undefined ? {} : { closedAt: shard.closedAt }),
    next: log.next,
    lastArrival: log.lastArrival,
  };
}

/** Gives a new stream what it was told and the readers it had. What was on its way in or out has arrived. */
export function restoreSettings(stream: Stream, state: StreamState): void {
  const { settings } = stream;
  stream.retentionHours = state.retentionHours;
  stream.autoCursor = state.autoCursor;
  for (const [key, value] of Object.entries(state.tags)) stream.tags.set(key, value);
  for (const metric of state.shardLevelMetrics) stream.shardLevelMetrics.add(metric);
  for (const [arn, policy] of Object.entries(state.policies)) settings.policies.set(arn, policy);
  settings.distribution = state.distribution;
  settings.warmMiBps = state.warmMiBps;
  settings.encryption = state.encryption;
  Object.assign(settings.changes, state.changes);
  stream.throughput.restore(state.peaks ?? []);
  for (const { name, createdAt, tags, deleting } of state.consumers) {
    if (deleting) continue;
    const consumer = new Consumer({ name, streamArn: stream.arn, createdAt, tags });
    consumer.status = 'ACTIVE';
    stream.consumers.set(name, consumer);
  }
}
