import { createInterface } from 'node:readline/promises';

import { MillraceError } from '@millrace/kinesis';

import type { CommandContext } from '../command-context.ts';

/**
 * Makes sure that something that cannot be undone is meant: `--yes`, or at a terminal the name typed again. Throws
 * `OPTION_INVALID` where nobody can be asked, `ABORTED` when something else is typed, or nothing.
 */
export async function confirm(context: CommandContext, what: string, name: string): Promise<void> {
  ensureAskable(context, what);
  if (context.options.flag('yes')) return;
  const typed = await ask(context, `${what}? Type its name to go on: `);
  if (typed?.trim() === name) return;
  throw new MillraceError(
    'ABORTED',
    typed === undefined ? 'Nobody answered; nothing was done.' : 'That is not its name; nothing was done.',
    { advice: 'Run it again and type the name, or pass --yes.' },
  );
}

/** For who finds out first what he asks: throws `OPTION_INVALID` without `--yes` where nobody can be asked. */
export function ensureAskable({ options, io }: CommandContext, what: string): void {
  if (options.flag('yes') || (io.isTTY.stdin && io.isTTY.stderr)) return;
  throw new MillraceError('OPTION_INVALID', `${what} needs --yes, since nobody can be asked here.`, {
    advice: 'Pass --yes if you mean it.',
    path: '--yes',
  });
}

/** A line typed; undefined when Ctrl-C or Ctrl-D came instead. While it is read, the terminal sends no signal for either. */
async function ask({ io, signal }: CommandContext, question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  try {
    return await terminal.question(question, { signal: AbortSignal.any([signal, closed.signal]) });
  } catch {
    // The prompt comes back on a line of its own.
    io.stderr.write('\n');
    return undefined;
  } finally {
    terminal.close();
  }
}
