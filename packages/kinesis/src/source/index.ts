export { createPollingSource, type PollingOptions } from './polling-source.ts';
export type { FanOut, FanOutEvent, StreamConsumer } from './fan-out.ts';
export type { ReadResult, ShardReader, StreamDescription } from './shard-reader.ts';
export type { ShardBatch, ShardSource } from './shard-source.ts';
