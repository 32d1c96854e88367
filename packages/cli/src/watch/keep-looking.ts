import { isMillraceError } from '@millrace/kinesis';
import { sleep } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { whatHappened } from '../errors/report-error.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { documentFormat } from '../io/document.ts';
import { LiveView } from '../io/live-view.ts';
import { visible } from '../io/visible.ts';

/** What is looked at again and again. */
export interface Scene<T> {
  readonly look: () => Promise<T>;
  /** For a terminal, with a line end. */
  readonly text: (seen: T) => string;
  /** One line of NDJSON elsewhere. */
  readonly document: (seen: T) => object;
  /** The exit code that ends it, after each look; undefined to go on. */
  readonly verdict: (seen: T, looks: number) => ExitCode | undefined;
}

/**
 * Shows one look after the other, `--interval` apart, until the user stops it or there is a verdict. A look that the
 * service refuses for now is told of and made again: whoever watches a stream in trouble must not lose sight of it.
 * Rejects with what the first look fails with, unless it was throttled, and with what no repetition mends.
 */
export async function keepLooking<T>(context: CommandContext, scene: Scene<T>): Promise<ExitCode> {
  const { options, clock, out, notes } = context;
  const signal = AbortSignal.any([context.signal, out.broken]);
  const live = new LiveView(context);
  const table = documentFormat(context) === 'table';
  let last = '';
  try {
    for (let looks = 0; ;) {
      try {
        const seen = await scene.look();
        looks++;
        last = table ? scene.text(seen) : '';
        if (table) await live.show(last);
        else await out.line(JSON.stringify(scene.document(seen)));
        const code = scene.verdict(seen, looks);
        if (code !== undefined) return code;
      } catch (error) {
        if (signal.aborted || !isMillraceError(error) || !error.retryable) throw error;
        if (looks === 0 && error.code !== 'THROTTLED') throw error;
        const trouble = whatHappened(error);
        if (table) await live.show(`${last}no new look: ${visible(trouble)} Trying again.\n`);
        else notes.warn(`${trouble} Trying again.`);
      }
      await sleep(clock, options.number('interval'), signal);
    }
  } catch (error) {
    if (signal.aborted && isMillraceError(error, 'ABORTED')) return exitCode.ok;
    throw error;
  }
}
