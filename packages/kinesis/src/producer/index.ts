export type { Aggregation, Ordering, ProducerOptions } from './options.ts';
export type { Receipt } from './pending.ts';
export {
  createProducer,
  type Producer,
  type PutCount,
  type PutManyOptions,
  type PutOptions,
} from './producer.ts';
export type { RecordWriter, WriteOutcome } from './record-writer.ts';
