import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { confirm } from '../io/confirm.ts';
import { writeOne } from '../io/document.ts';
import { waitUntilGone } from '../shards/wait.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace streams delete`. */
export async function streamsDelete(context: CommandContext): Promise<ExitCode> {
  const { options, signal } = context;
  const [stream = ''] = context.args;
  await confirm(context, `Delete stream ${stream} and all its records`, stream);
  return withKinesis(context, async ({ admin }) => {
    await admin.delete(stream, { signal, consumers: options.flag('consumers') });
    const wait = !options.flag('no-wait');
    if (wait) await waitUntilGone(admin, stream, context);
    const status = wait ? 'DELETED' : 'DELETING';
    await writeOne(context, { name: stream, status }, [
      ['name', stream],
      ['status', status],
    ]);
    return exitCode.ok;
  });
}
