export { HotKeys, type HotKey } from './hot-keys.ts';
export type { Aggregation, Ordering, ProducerOptions } from './options.ts';
export type { Receipt } from './pending.ts';
export { createProducer, type Producer, type ProducerPorts } from './producer.ts';
export type { PutCount, PutManyOptions, PutOptions } from './put-each.ts';
export type { RecordWriter, WriteOutcome } from './record-writer.ts';
export type { StreamDescriber } from './record-limit.ts';
export type { ShardLister } from './shard-follower.ts';
