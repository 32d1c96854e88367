import type { CommandContext } from '../command-context.ts';
import { entryOf, timeLeft, type Entry } from '../dlq/entry.ts';
import { createRetentions } from '../dlq/retentions.ts';
import { withBox } from '../dlq/with-box.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeList } from '../io/document.ts';
import { shortShardId } from '../shards/shard-id.ts';

/** `millrace dlq ls`. */
export function dlqLs(context: CommandContext): Promise<ExitCode> {
  const { clock, signal } = context;
  return withBox(context, async ({ kinesis, letters }) => {
    const retentionOf = createRetentions(kinesis, signal);
    const entries: Entry[] = [];
    for (const { slip, letters: inside } of letters) {
      for (const letter of inside) {
        const asks = letter.kind === 'batch' && letter.payload === undefined;
        const retention = asks ? await retentionOf(letter.stream) : undefined;
        entries.push(entryOf(slip, letter, retention, clock.now()));
      }
    }
    await writeList(context, entries, [
      { title: 'ID', cell: ({ id }) => id },
      {
        title: 'REASON',
        cell: ({ reason, windowEnd }) => (windowEnd === true ? `${reason}, end of a window` : reason),
      },
      { title: 'STREAM', cell: ({ stream = '' }) => stream },
      {
        title: 'SHARD',
        cell: ({ shardId }) => (shardId === undefined ? '' : shortShardId(shardId)),
        align: 'right',
      },
      { title: 'RECORDS', cell: ({ records }) => String(records), align: 'right' },
      { title: 'TIME LEFT', cell: timeLeft, align: 'right' },
    ]);
    return exitCode.ok;
  });
}
