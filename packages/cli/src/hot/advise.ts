import { shortShardId } from '../shards/shard-id.ts';
import type { ShardHeat } from './shard-heat.ts';

/** Something hot, and what to do about it. */
export interface HeatFinding {
  readonly kind: 'hot-key' | 'hot-shard' | 'uneven';
  readonly shardId: string;
  readonly partitionKey?: string;
  readonly what: string;
  readonly advice: string;
}

/** Beyond this a burst is throttled. */
const fullLoad = 0.8;
/** A key that is so much of its shard stays too much for the half of it. */
const dominantShare = 0.5;
const unevenFactor = 2;

/** What is hot among the shards of a stream. */
export function adviseOnHeat(shards: readonly ShardHeat[]): readonly HeatFinding[] {
  const mean = shards.reduce((sum, { load }) => sum + load, 0) / Math.max(1, shards.length);
  return shards.flatMap((shard) => {
    const { load } = shard;
    const others = (mean * shards.length - load) / Math.max(1, shards.length - 1);
    if (load >= fullLoad) return [dominantKey(shard) ?? hotShard(shard, others)];
    const uneven = shards.length > 1 && load > 0.05 && load > unevenFactor * mean;
    return uneven ? [dominantKey(shard) ?? unevenShard(shard, mean)] : [];
  });
}

function dominantKey(shard: ShardHeat): HeatFinding | undefined {
  const { shardId, keys, load, bound } = shard;
  const [key] = keys;
  if (key === undefined || key.atLeast < dominantShare) return undefined;
  // As many parts as leave each under half of what a shard takes.
  const parts = Math.max(2, Math.ceil((load * key.share) / 0.5));
  return {
    kind: 'hot-key',
    shardId,
    partitionKey: key.partitionKey,
    what: `${JSON.stringify(key.partitionKey)} is ${percentOf(key.share)} of the ${bound} of shard ${shortShardId(shardId)}, which is ${percentOf(load)} full`,
    advice: `Splitting the shard does not part a key. Salt it into ${parts} (see: millrace keys analyze --salt ${parts}), aggregate its records, or let an on-demand stream distribute records itself.`,
  };
}

function hotShard({ shardId, load, bound }: ShardHeat, others: number): HeatFinding {
  const all = load < unevenFactor * others;
  return {
    kind: 'hot-shard',
    shardId,
    what: `shard ${shortShardId(shardId)} is ${percentOf(load)} full of ${bound}, and no key is half of it`,
    advice: all
      ? 'The others are as full: add shards.'
      : `Split it: millrace shards split <stream> ${shortShardId(shardId)}`,
  };
}

function unevenShard({ shardId, load }: ShardHeat, mean: number): HeatFinding {
  return {
    kind: 'uneven',
    shardId,
    what: `shard ${shortShardId(shardId)} has ${(load / Math.max(mean, 1e-9)).toFixed(1)} times the load of the average`,
    advice: 'Not full yet. Look at the spread of the keys with: millrace keys analyze <stream>',
  };
}

function percentOf(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
