import { createInterface } from 'node:readline/promises';

import { MillraceError } from '@millrace/kinesis';

import type { CommandContext } from '../command-context.ts';

/**
 * Makes sure that something that cannot be undone is meant: `--yes`, or at a terminal the name typed again. Throws
 * `OPTION_INVALID` where nobody can be asked, `ABORTED` when the name does not match.
 */
export async function confirm(context: CommandContext, what: string, name: string): Promise<void> {
  const { options, io, signal } = context;
  if (options.flag('yes')) return;
  if (!io.isTTY.stdin || !io.isTTY.stderr) {
    throw new MillraceError('OPTION_INVALID', `${what} needs --yes, since nobody can be asked here.`, {
      advice: 'Pass --yes if you mean it.',
      path: '--yes',
    });
  }
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const typed = await terminal.question(`${what}? Type its name to go on: `, { signal });
    if (typed.trim() === name) return;
  } finally {
    terminal.close();
  }
  throw new MillraceError('ABORTED', 'That is not its name; nothing was done.', {
    advice: 'Run it again and type the name, or pass --yes.',
  });
}
