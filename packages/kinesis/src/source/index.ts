export { createPollingSource, type PollingOptions } from './polling-source.ts';
export type { ReadResult, ShardReader } from './shard-reader.ts';
export type { ShardBatch, ShardSource } from './shard-source.ts';
