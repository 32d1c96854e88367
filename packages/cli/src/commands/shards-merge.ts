import { MillraceError } from '@millrace/kinesis';
import { adjacent, type HashRange, type Shard } from '@millrace/kinesis/shard';

import type { CommandContext } from '../command-context.ts';
import type { ExitCode } from '../errors/exit-code.ts';
import { carryOut } from '../shards/change.ts';
import { findShard } from '../shards/shard-id.ts';
import { listShards } from '../shards/list-shards.ts';
import { withKinesis } from '../with-kinesis.ts';
import { requireOpen } from './shards-split.ts';

/** `millrace shards merge`. */
export function shardsMerge(context: CommandContext): Promise<ExitCode> {
  const [stream = '', first = '', second = ''] = context.args;
  return withKinesis(context, async (kinesis) => {
    const shards = await listShards(kinesis, stream, context);
    const shard = findShard(stream, shards, first);
    const other = findShard(stream, shards, second);
    requireOpen(stream, shard);
    requireOpen(stream, other);
    if (!adjacent(shard.hashRange, other.hashRange)) throw notAdjacent(stream, shard, other);
    const apply = (): Promise<void> =>
      kinesis.admin.merge(stream, shard.shardId, other.shardId, { signal: context.signal });
    const opens = [union(shard.hashRange, other.hashRange)];
    return carryOut(kinesis, { kind: 'merge', stream, closes: [shard, other], opens, apply }, context);
  });
}

function union(a: HashRange, b: HashRange): HashRange {
  return { start: a.start < b.start ? a.start : b.start, end: a.end > b.end ? a.end : b.end };
}

function notAdjacent(stream: string, shard: Shard, other: Shard): MillraceError {
  return new MillraceError(
    'OPTION_INVALID',
    `Shards ${shard.shardId} and ${other.shardId} of ${stream} do not lie side by side.`,
    {
      advice: `Name two whose hash ranges touch; see them with: millrace shards ls ${stream} --open`,
      stream,
    },
  );
}
