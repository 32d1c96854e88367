import type { CommandContext } from '../command-context.ts';
import type { Failures } from './failures.ts';

export interface PutResult {
  readonly stream: string;
  readonly delivered: number;
  readonly failures: Failures;
  readonly elapsedMs: number;
  /** Whether it stopped before the end of its input. */
  readonly interrupted: boolean;
  /** The last line of the input that was put, or tried; 0 for none. */
  readonly lastLine: number;
  /** Where the input of failed records was written. */
  readonly deadLetter: string | undefined;
}

/** Says what became of the records: for people on stderr, with `--json` as one document on stdout. */
export async function tellResult(result: PutResult, { notes, out, options }: CommandContext): Promise<void> {
  const { stream, delivered, failures, elapsedMs, interrupted, lastLine, deadLetter } = result;
  const seconds = Math.round(elapsedMs) / 1000;
  if (options.flag('json') && !wantsReceipts(options)) {
    const document = {
      stream,
      delivered,
      failed: failures.count,
      seconds,
      interrupted,
      lastLine,
      failures: failures.first,
    };
    await out.line(JSON.stringify(document));
  }
  const pace = seconds > 0 ? `, ${count(delivered / seconds)}/s` : '';
  notes.info(`${records(delivered)} put into ${stream} in ${seconds.toFixed(1)} s${pace}`);
  if (interrupted) {
    const rest = lastLine === 0 ? 'nothing' : `nothing after line ${count(lastLine)}`;
    notes.warn(`stopped early: ${rest} of the input was sent`);
  }
  if (failures.count === 0) return;
  notes.warn(`${records(failures.count)} not stored:`);
  for (const failure of failures.first) {
    notes.warn(`  line ${failure.line}: ${failure.code}: ${failure.message} ${failure.hint}`);
    notes.warn(`    ${failure.input}`);
  }
  const more = failures.count - failures.first.length;
  if (more > 0) notes.warn(`  … and ${count(more)} more`);
  notes.warn(
    deadLetter === undefined
      ? '  To keep the input of failed records, pass --dead-letter <file>.'
      : `  Their input is in ${deadLetter}; mend the cause and put it again.`,
  );
}

export function wantsReceipts(options: CommandContext['options']): boolean {
  return options.flag('receipts') || options.flag('verbose');
}

export function records(amount: number): string {
  return `${count(amount)} ${amount === 1 ? 'record' : 'records'}`;
}

function count(amount: number): string {
  return Math.round(amount).toLocaleString('en-US');
}
