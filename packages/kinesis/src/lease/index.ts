export {
  NOTHING_OBSERVED,
  isAvailable,
  observeLeases,
  unchangedFor,
  type Listing,
  type Observation,
  type Sighting,
} from './observation.ts';
export { parentsFinished, planAssignment, type Assignment, type AssignmentInput } from './assignment.ts';
export {
  compareCheckpoints,
  isSentinelCheckpoint,
  isShardEnd,
  SHARD_END,
  type Checkpoint,
  type CheckpointSentinel,
} from './checkpoint.ts';
export { leaseKeyOf, siblingKey, type Lease, type ParkedKeys } from './lease.ts';
export type { CheckpointExtras, LeaseStore } from './lease-store.ts';
export { handsOver, holderOf } from './transition.ts';
export {
  leasesForChildren,
  planShardSync,
  type ChildLeases,
  type ShardSyncInput,
  type ShardSyncPlan,
} from './shard-sync.ts';
export { startingPosition, toStreamStart, type StreamStart } from './starting-position.ts';
