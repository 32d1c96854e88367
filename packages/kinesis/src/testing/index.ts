export { kinesisEvent, type EventOptions, type EventRecord } from './kinesis-event.ts';
export type { LeaseStoreGuarantee } from './lease-guarantee.ts';
export { leaseStoreGuarantees } from './lease-store-conformance.ts';
export { createManualClock, type ManualClock, type ManualClockOptions } from './manual-clock.ts';
export {
  shardSourceGuarantees,
  type ShardSourceBench,
  type ShardSourceGuarantee,
} from './shard-source-conformance.ts';
