import { MillraceError } from '@millrace/kinesis';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { commands, groups } from '../spec/commands.ts';
import { renderCommandHelp, renderGroupHelp, renderRootHelp } from '../spec/help-text.ts';
import { topics } from '../spec/topics.ts';

/** `millrace help`. */
export async function help({ args, out }: CommandContext): Promise<ExitCode> {
  await out.write(findText(args.join(' ')));
  return exitCode.ok;
}

function findText(wanted: string): string {
  if (wanted === '') return renderRootHelp(commands, groups);
  const topic = topics.find(({ name }) => name === wanted);
  if (topic !== undefined) return topic.text;
  const command = commands.find(({ name }) => name === wanted);
  if (command !== undefined) return renderCommandHelp(command);
  const group = groups.find(({ name }) => name === wanted);
  if (group !== undefined) return renderGroupHelp(group, commands);
  throw new MillraceError('OPTION_INVALID', `There is no help on ${JSON.stringify(wanted)}.`, {
    advice: `Topics: ${topics.map(({ name }) => name).join(', ')}. Commands: see millrace --help.`,
  });
}
