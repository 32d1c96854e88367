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
  isShardEnd,
  SHARD_END,
  type Checkpoint,
  type CheckpointSentinel,
} from './checkpoint.ts';
export type { Lease } from './lease.ts';
export type { LeaseStore } from './lease-store.ts';
export {
  leasesForChildren,
  planShardSync,
  type ChildLeases,
  type ShardSyncInput,
  type ShardSyncPlan,
} from './shard-sync.ts';
export { startingPosition, toStreamStart, type StreamStart } from './starting-position.ts';
