import type { HashRange, Shard } from '@millrace/kinesis/shard';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeOne } from '../io/document.ts';
import { listShards } from './list-shards.ts';
import { percent, shareOf } from './shard-document.ts';
import { waitUntilActive } from './wait.ts';

/** A split or a merge, decided and not yet done. */
export interface Change {
  readonly kind: 'split' | 'merge';
  readonly stream: string;
  readonly closes: readonly Shard[];
  readonly opens: readonly HashRange[];
  readonly apply: () => Promise<void>;
}

/** Shows the change, makes it unless it is a dry run, waits for it, and writes what came of it. */
export async function carryOut(kinesis: Kinesis, change: Change, context: CommandContext): Promise<ExitCode> {
  const { kind, stream, closes, opens } = change;
  const { options, notes } = context;
  const closed = closes.map(({ shardId }) => shardId);
  const ranges = opens.map((range) => ({
    start: String(range.start),
    end: String(range.end),
    share: shareOf(range),
  }));
  const shares = ranges.map(({ share }) => percent(share)).join(' and ');
  if (options.flag('dry-run')) {
    await writeOne(context, { stream, change: kind, dryRun: true, closes: closed, opens: ranges }, [
      [`would ${kind}`, closed.join(' and ')],
      ['into', shares],
    ]);
    return exitCode.ok;
  }
  await change.apply();
  if (options.flag('no-wait')) {
    await writeOne(context, { stream, change: kind, status: 'UPDATING', closes: closed, opens: ranges }, [
      [kind, closed.join(' and ')],
      ['into', shares],
      ['status', 'UPDATING'],
    ]);
    return exitCode.ok;
  }
  await waitUntilActive(kinesis.admin, stream, context);
  const after = await listShards(kinesis, stream, context);
  const opened = after
    .filter((shard) =>
      [shard.parentShardId, shard.adjacentParentShardId].some(
        (id) => id !== undefined && closed.includes(id),
      ),
    )
    .map(({ shardId }) => shardId);
  await writeOne(context, { stream, change: kind, status: 'ACTIVE', closed, opened }, [
    [kind, closed.join(' and ')],
    ['into', opened.join(' and ')],
  ]);
  notes.info('readers finish the closed shards before they start the new ones');
  return exitCode.ok;
}
