export { createConsumer, type Consumer, type ConsumerStatus, type RunOptions } from './consumer.ts';
export type { ConsumerOptions } from './options.ts';
export type { ShardStatus } from './worker.ts';
export {
  deadLetter,
  type EachBatch,
  type EachRecord,
  type FailurePolicy,
  type Handler,
  type HandlerContext,
} from '../process/index.ts';
