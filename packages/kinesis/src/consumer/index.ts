export { createConsumer, type Consumer, type RunOptions } from './consumer.ts';
export type { ConsumerOptions, FanOutChoices } from './options.ts';
export type { ConsumerStatus, ShardSelector, ShardState, ShardStatus } from './status.ts';
export {
  deadLetter,
  parkTheKey,
  type EachBatch,
  type EachRecord,
  type FailurePolicy,
  type Handler,
  type HandlerContext,
  type ParkOptions,
} from '../process/index.ts';
