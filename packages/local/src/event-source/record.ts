import type { StoredRecord } from '@millrace/kinesis/record';

import type { FilterRecord } from './filter/criteria.ts';
import type { RetryRecord } from './retry.ts';

/** A record as its shard has it. */
export interface ShardRecord extends FilterRecord, RetryRecord {
  /** Whether the stream encrypts it. */
  readonly encrypted?: boolean;
}

/** A record on its way to the function. */
export interface MappingRecord extends ShardRecord {
  /** Its place in what was read of its shard. */
  readonly ordinal: number;
}

/** The lane of a key: FNV-1a of it, so that a key keeps its lane as long as their number stays. */
export function laneOf(partitionKey: string, lanes: number): number {
  if (lanes === 1) return 0;
  let hash = 0x811c9dc5;
  for (let at = 0; at < partitionKey.length; at++) {
    hash = Math.imul(hash ^ partitionKey.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % lanes;
}

/** A record as the ports answer it. */
export function toShardRecord({ sequenceNumber, partitionKey, data, arrivedAt }: StoredRecord): ShardRecord {
  return {
    sequenceNumber,
    partitionKey,
    arrivedAt,
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
  };
}
