import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { documentFormat, writeList } from '../io/document.ts';
import { renderLineage } from '../shards/lineage-tree.ts';
import { listShards } from '../shards/list-shards.ts';
import { shardDocument } from '../shards/shard-document.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace shards tree`: a drawing for eyes; as JSON each shard names its parents and children. */
export function shardsTree(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const [stream = ''] = context.args;
    const shards = await listShards(kinesis, stream, context);
    // A tree is asked for to be looked at: drawn in a pipe, too, unless JSON is asked for.
    const asked = context.options.textOrNone('output') !== undefined || context.options.flag('json');
    if (!asked || documentFormat(context) === 'table') {
      for (const line of renderLineage(shards)) await context.out.line(line);
      return exitCode.ok;
    }
    const documents = shards.map(shardDocument);
    const withChildren = documents.map((shard) => ({
      ...shard,
      children: documents
        .filter(({ parents }) => parents.includes(shard.shardId))
        .map(({ shardId }) => shardId),
    }));
    await writeList(context, withChildren, []);
    return exitCode.ok;
  });
}
