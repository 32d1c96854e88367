export { adjacent, contains, evenRanges, firstGap, FULL_HASH_RANGE, type HashRange } from './hash-range.ts';
export { ancestorsOf, childrenOf, openShards, readableShards } from './lineage.ts';
export { createShardMap, type ShardMap } from './shard-map.ts';
export { isOpen, parentsOf, type ChildShard, type Shard } from './shard.ts';
