export { createAutoSource, type AutoOptions } from './auto-source.ts';
export { ByteBudget } from './byte-budget.ts';
export {
  ConsumerRegistration,
  deregisterStreamConsumer,
  registerStreamConsumer,
  type FanOutConnection,
  type RegistrationOptions,
} from './consumer-registration.ts';
export type { FanOut, FanOutEvent, StreamConsumer } from './fan-out.ts';
export { createFanOutSource, type FanOutOptions } from './fan-out-source.ts';
export { openIterator } from './open-iterator.ts';
export { createPollingSource, type PollingOptions } from './polling-source.ts';
export { readAhead } from './read-ahead.ts';
export type { ReadResult, ShardReader, StreamDescription } from './shard-reader.ts';
export type { Retrieval, ShardBatch, ShardSource } from './shard-source.ts';
export { serviceTime } from './time-or-now.ts';
