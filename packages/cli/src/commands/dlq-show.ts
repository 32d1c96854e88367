import { MillraceError } from '@millrace/kinesis';

import type { CommandContext } from '../command-context.ts';
import { letterRecords } from '../dlq/letter-records.ts';
import type { Letter } from '../dlq/letter.ts';
import { withBox } from '../dlq/with-box.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
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
    const chosen = letters.filter(({ slip }) => wanted === undefined || slip.id === wanted);
    if (chosen.length === 0 && wanted !== undefined) throw notThere(from, wanted);
    let whole = true;
    for (const { slip, letters: inside } of chosen) {
      for (const letter of inside) {
        const found = await letterRecords(kinesis, letter, signal);
        notes.info(`${slip.id}: ${describe(letter)}`);
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
function describe(letter: Letter): string {
  if (letter.kind === 'unreadable') return letter.problem;
  if (letter.kind === 'record') {
    const { stream, error, lostAt } = letter.document;
    return `${error.code} at ${lostAt.toISOString()}, a record of ${stream}: ${error.message}`;
  }
  const { condition, invokeCount, functionArn, functionError, failedAt, stream, shardId, batchSize } = letter;
  const cause = functionError === undefined ? '' : ` (${functionError})`;
  return `${condition} at ${failedAt} after ${invokeCount} invocations of ${functionArn}${cause}: ${showRecords(batchSize)} of ${stream}/${shardId}`;
}

function notThere(from: string, id: string): MillraceError {
  return new MillraceError('DATA_MISSING', `There is no ${id} in ${from}.`, {
    advice: `See what there is with: millrace dlq ls ${from}`,
    path: 'id',
    got: id,
  });
}
