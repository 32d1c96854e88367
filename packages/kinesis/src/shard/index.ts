export { adjacent, contains, evenRanges, firstGap, FULL_HASH_RANGE, type HashRange } from './hash-range.ts';
export { isOpen, parentsOf, type ChildShard, type Shard } from './shard.ts';
