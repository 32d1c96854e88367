import { MillraceError } from '@millrace/kinesis';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { commands, groups } from '../spec/commands.ts';
import { renderCommandHelp, renderGroupHelp, renderRootHelp } from '../spec/help-text.ts';
import { topics } from '../spec/topics.ts';

/** `millrace help`. */
export async function help({ args, out, io }: CommandContext): Promise<ExitCode> {
  await out.write(findText(args.join(' '), io.room?.columns));
  return exitCode.ok;
}

function findText(wanted: string, columns: number | undefined): string {
  if (wanted === '') return renderRootHelp(commands, groups, columns);
  const topic = topics.find(({ name }) => name === wanted);
  if (topic !== undefined) return topic.text;
  const command = commands.find(({ name }) => name === wanted);
  if (command !== undefined) return renderCommandHelp(command, columns);
  const group = groups.find(({ name }) => name === wanted);
  if (group !== undefined) return renderGroupHelp(group, commands, columns);
  throw new MillraceError('OPTION_INVALID', `There is no help on ${JSON.stringify(wanted)}.`, {
    advice: `Topics: ${topics.map(({ name }) => name).join(', ')}. Commands: see millrace --help.`,
  });
}
