import type { WindowPart } from '@millrace/local/event-source';

import type { CommandContext } from '../command-context.ts';
import { letterRecords } from '../dlq/letter-records.ts';
import { isWindowEnd, type Letter } from '../dlq/letter.ts';
import { choose } from '../dlq/choose.ts';
import { withBox } from '../dlq/with-box.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { visible } from '../io/visible.ts';
import { records as showRecords } from '../put/summary.ts';
import { createFormat } from '../tail/format.ts';

/** `millrace dlq show`. */
export function dlqShow(context: CommandContext): Promise<ExitCode> {
  const { args, options, out, notes, io, signal, colour } = context;
  const [from = '', wanted] = args;
  const format = createFormat(io.isTTY.stdout && !options.flag('json') ? 'pretty' : 'ndjson', {
    colour,
    verbose: options.flag('verbose'),
    unpacked: false,
  });
  return withBox(context, async ({ kinesis, letters }) => {
    let whole = true;
    for (const { slip, letters: inside } of choose(letters, from, wanted)) {
      for (const letter of inside) {
        const found = await letterRecords(kinesis, letter, signal);
        if (letter.kind !== 'unreadable') notes.info(`${slip.id}: ${describe(letter)}`);
        if (letter.kind === 'batch' && letter.window !== undefined) {
          notes.info(`${slip.id}: ${describeWindow(letter.window)}`);
        }
        if (found.problem !== undefined) {
          whole = false;
          notes.warn(`${slip.id}: ${found.problem}`);
        }
        if (found.records.length > 0) await out.write(format(found.records));
      }
    }
    return whole ? exitCode.ok : exitCode.checkFailed;
  });
}

/** What happened, in one line. */
function describe(letter: Exclude<Letter, { kind: 'unreadable' }>): string {
  if (letter.kind === 'record') {
    const { stream, error, lostAt } = letter.document;
    return `${error.code} at ${lostAt.toISOString()}, a record of ${stream}: ${error.message}`;
  }
  const { condition, invokeCount, functionArn, functionError, failedAt, stream, shardId, batchSize } = letter;
  const cause = functionError === undefined ? '' : ` (${functionError})`;
  const invocations = invokeCount === 1 ? '1 invocation' : `${invokeCount} invocations`;
  const what = isWindowEnd(letter) ? 'the end of a tumbling window' : showRecords(batchSize);
  return `${condition} at ${failedAt} after ${invocations} of ${functionArn}${cause}: ${what} of ${stream}/${shardId}`;
}

/** A state may be as long as a document. */
function describeWindow({ window, state, isWindowTerminatedEarly: early }: WindowPart): string {
  const text = visible(JSON.stringify(state) ?? 'none');
  const told =
    text.length <= mostOfState ? text : `${text.slice(0, mostOfState)}… (${text.length} characters)`;
  return `window ${window.start} to ${window.end}${early ? ', ended early' : ''}, state ${told}`;
}

const mostOfState = 2000;
