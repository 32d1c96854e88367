import { isMillraceError, MillraceError } from '@millrace/kinesis';
import { optionError } from '@millrace/kinesis/runtime';

import type { NewStream, StreamAdmin } from '../aws/stream-admin.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { waitUntilActive } from '../shards/wait.ts';
import { withKinesis } from '../with-kinesis.ts';
import { writeStream } from './streams-describe.ts';

/** `millrace streams create`. */
export function streamsCreate(context: CommandContext): Promise<ExitCode> {
  const { options, notes, signal } = context;
  const [stream = ''] = context.args;
  const shards = options.numberOrNone('shards');
  const onDemand = options.flag('on-demand');
  if (onDemand && shards !== undefined) {
    throw optionError('--shards', shards, '--shards or --on-demand: with the latter AWS chooses the shards');
  }
  const maxRecordKiB = options.numberOrNone('max-record-kib');
  const init: NewStream = {
    onDemand,
    ...(shards !== undefined && { shards }),
    ...(maxRecordKiB !== undefined && { maxRecordKiB }),
  };
  return withKinesis(context, async ({ admin }) => {
    const made = await create(admin, stream, init, context);
    if (!made) notes.info(`${stream} is there already`);
    const described = options.flag('no-wait')
      ? await admin.describe(stream, { signal })
      : await waitUntilActive(admin, stream, context);
    await writeStream(context, described);
    return exitCode.ok;
  });
}

/** False when it was there already and that is all right. */
async function create(
  admin: StreamAdmin,
  stream: string,
  init: NewStream,
  { options, signal }: CommandContext,
): Promise<boolean> {
  try {
    await admin.create(stream, init, { signal });
    return true;
  } catch (error) {
    if (!isMillraceError(error) || error.details.service !== 'ResourceInUseException') throw error;
    if (options.flag('if-not-exists')) return false;
    throw new MillraceError('SERVICE_FAILED', `There is a stream ${stream} already.`, {
      advice: 'Choose another name, or pass --if-not-exists to take the one there is.',
      stream,
      service: 'ResourceInUseException',
      cause: error,
    });
  }
}
