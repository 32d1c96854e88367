import { MillraceError } from '@millrace/kinesis';
import type { Shard } from '@millrace/kinesis/shard';

/** `3` as `shardId-000000000003`; anything else as it is. */
export function fullShardId(text: string): string {
  return /^\d{1,12}$/.test(text) ? `shardId-${text.padStart(12, '0')}` : text;
}

/** `shardId-000000000003` as `3`; anything else as it is. */
export function shortShardId(shardId: string): string {
  return /^shardId-0*(\d+)$/.exec(shardId)?.[1] ?? shardId;
}

/** The shard a user named. Throws `STREAM_NOT_FOUND` with the shards there are. */
export function findShard(stream: string, shards: readonly Shard[], text: string): Shard {
  const shardId = fullShardId(text);
  const found = shards.find((shard) => shard.shardId === shardId);
  if (found !== undefined) return found;
  const some = shards
    .slice(0, 8)
    .map((shard) => shortShardId(shard.shardId))
    .join(', ');
  throw new MillraceError('STREAM_NOT_FOUND', `Stream ${stream} has no shard ${shardId}.`, {
    advice: `It has ${some}${shards.length > 8 ? `, … (${shards.length})` : ''}; see them with: millrace shards ls ${stream}`,
    stream,
    shardId,
  });
}
