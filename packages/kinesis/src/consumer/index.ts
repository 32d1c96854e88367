export { createConsumer, type Consumer, type ConsumerStatus, type RunOptions } from './consumer.ts';
export type { ConsumerOptions } from './options.ts';
export type { ShardStatus } from './worker.ts';
export type { EachBatch, EachRecord, Handler, HandlerContext } from '../process/index.ts';
