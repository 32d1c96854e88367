import type { HashRange } from '@millrace/kinesis/shard';

import type { Shard } from '../engine/shard.ts';

export interface ShardOutput {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly HashKeyRange: HashKeyRangeOutput;
  readonly SequenceNumberRange: {
    readonly StartingSequenceNumber: string;
    readonly EndingSequenceNumber?: string;
  };
}

export interface ChildShardOutput {
  readonly ShardId: string;
  readonly ParentShards: readonly string[];
  readonly HashKeyRange: HashKeyRangeOutput;
}

export interface HashKeyRangeOutput {
  readonly StartingHashKey: string;
  readonly EndingHashKey: string;
}

export function describeShard(shard: Shard): ShardOutput {
  const [parent, adjacent] = shard.parentIds;
  const ending = shard.endingSequenceNumber;
  return {
    ShardId: shard.id,
    ...(parent === undefined ? {} : { ParentShardId: parent }),
    ...(adjacent === undefined ? {} : { AdjacentParentShardId: adjacent }),
    HashKeyRange: describeRange(shard.range),
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      ...(ending === undefined ? {} : { EndingSequenceNumber: ending }),
    },
  };
}

export function describeChild(shard: Shard): ChildShardOutput {
  return { ShardId: shard.id, ParentShards: shard.parentIds, HashKeyRange: describeRange(shard.range) };
}

function describeRange(range: HashRange): HashKeyRangeOutput {
  return { StartingHashKey: range.start.toString(), EndingHashKey: range.end.toString() };
}
