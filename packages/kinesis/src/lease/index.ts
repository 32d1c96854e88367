export {
  compareCheckpoints,
  isShardEnd,
  SHARD_END,
  type Checkpoint,
  type CheckpointSentinel,
} from './checkpoint.ts';
export type { Lease } from './lease.ts';
export type { LeaseStore } from './lease-store.ts';
