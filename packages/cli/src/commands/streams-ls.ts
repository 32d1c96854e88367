import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeList } from '../io/document.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace streams ls`. */
export function streamsLs(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async ({ admin }) => {
    const streams = await admin.list({ signal: context.signal });
    await writeList(context, streams, [
      { title: 'STREAM', cell: ({ name }) => name },
      { title: 'STATUS', cell: ({ status }) => status ?? '' },
      { title: 'MODE', cell: ({ mode }) => mode ?? '' },
      { title: 'CREATED', cell: ({ createdAt }) => createdAt ?? '' },
    ]);
    if (streams.length === 0)
      context.notes.info('there are no streams; make one with: millrace streams create <name>');
    return exitCode.ok;
  });
}
