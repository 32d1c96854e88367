import { isOpen } from '@millrace/kinesis/shard';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeList } from '../io/document.ts';
import { listShards } from '../shards/list-shards.ts';
import { percent, shardDocument } from '../shards/shard-document.ts';
import { shortShardId } from '../shards/shard-id.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace shards ls`. */
export function shardsLs(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const [stream = ''] = context.args;
    const all = await listShards(kinesis, stream, context);
    const shards = context.options.flag('open') ? all.filter(isOpen) : all;
    await writeList(context, shards.map(shardDocument), [
      { title: 'SHARD', cell: ({ shardId }) => shardId },
      { title: 'STATE', cell: ({ open }) => (open ? 'open' : 'closed') },
      { title: 'SHARE', cell: ({ share }) => percent(share), align: 'right' },
      { title: 'PARENTS', cell: ({ parents }) => parents.map(shortShardId).join(' + ') },
      { title: 'FIRST HASH KEY', cell: ({ hashRange }) => hashRange.start, align: 'right' },
    ]);
    return exitCode.ok;
  });
}
