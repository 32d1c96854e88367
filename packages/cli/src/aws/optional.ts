import { isMillraceError } from '@millrace/kinesis';

import type { CommandContext } from '../command-context.ts';
import { whatHappened } from '../errors/report-error.ts';

/**
 * What a service beside Kinesis says, or `otherwise` when it cannot be asked: it may not be allowed, and a local server
 * may not have it. `what` says in one note what is missing from the answer.
 */
export async function ifPossible<T>(
  { notes, options, signal }: CommandContext,
  what: string,
  otherwise: T,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isMillraceError(error) || signal.aborted) throw error;
    if (error.code === 'ACCESS_DENIED' || options.flag('verbose')) {
      notes.info(`${what} are not shown: ${whatHappened(error)}`);
    }
    return otherwise;
  }
}
