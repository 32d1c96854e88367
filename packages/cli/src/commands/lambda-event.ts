import { MillraceError } from '@millrace/kinesis';
import { optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { fullShardId } from '../shards/shard-id.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace lambda event`. */
export async function lambdaEvent(context: CommandContext): Promise<ExitCode> {
  const { options, out, io, target } = context;
  const [stream = 'orders'] = context.args;
  const last = options.numberOrNone('last');
  const [{ kinesisEvent }, { lastOfStream, recordsOfFiles }] = await Promise.all([
    import('@millrace/kinesis/testing'),
    import('../lambda/event-source.ts'),
  ]);
  const named = options.textOrNone('shard');
  const fromFiles = options.list('file').length > 0 || options.textOrNone('lines') !== undefined;
  if ((last === undefined) !== fromFiles) {
    throw optionError(
      '--last',
      last,
      'either --last with a stream, or --file and --lines: an event is made of one or the other',
    );
  }
  if (last !== undefined && context.args[0] === undefined) {
    throw optionError('stream', undefined, 'the name of the stream whose last records are wanted');
  }
  const source =
    last === undefined
      ? {
          records: await recordsOfFiles(context),
          shardId: named === undefined ? undefined : fullShardId(named),
          eventSourceArn: undefined,
        }
      : await withKinesis(context, (kinesis) => lastOfStream(kinesis, context, stream, last));
  if (source.records.length === 0) {
    throw new MillraceError('DATA_MISSING', 'There are no records to make an event of.', {
      advice:
        last === undefined ? 'The files are empty.' : `Put some into ${stream}, or name another --shard.`,
      stream,
    });
  }
  const { shardId, eventSourceArn } = source;
  const region = eventSourceArn?.split(':')[3] ?? target.region;
  const event = kinesisEvent(source.records, {
    stream,
    ...(shardId !== undefined && { shardId }),
    ...(eventSourceArn !== undefined && { eventSourceArn }),
    ...(region !== undefined && { region }),
  });
  await out.line(io.isTTY.stdout ? JSON.stringify(event, undefined, 2) : JSON.stringify(event));
  return exitCode.ok;
}
