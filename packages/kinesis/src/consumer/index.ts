export { createConsumer, type Consumer, type ConsumerStatus, type RunOptions } from './consumer.ts';
export type { ConsumerOptions } from './options.ts';
export type { ShardStatus } from './worker.ts';
