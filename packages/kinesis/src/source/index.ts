export type { ReadResult, ShardReader } from './shard-reader.ts';
