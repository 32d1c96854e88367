import { MillraceError } from '@millrace/kinesis';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { documentFormat } from '../io/document.ts';
import { visible } from '../io/visible.ts';
import { openInput, readAll } from '../put/input.ts';

/** `millrace lambda invoke`. */
export async function lambdaInvoke(context: CommandContext): Promise<ExitCode> {
  const { options, out, notes, colour, io } = context;
  const [file = '', eventPath] = context.args;
  const [
    { handlerFile, planSettings },
    { invokeOnce },
    { planRetries },
    { planLines },
    { retryRecordsOf, windowOf },
  ] = await Promise.all([
    import('../lambda/invoke-settings.ts'),
    import('../lambda/invoke-once.ts'),
    import('../lambda/retry-plan.ts'),
    import('../lambda/plan-view.ts'),
    import('../lambda/read-event.ts'),
  ]);
  const settings = planSettings(options);
  const event = await readEvent(context, eventPath);
  const records = retryRecordsOf(event);
  const window = windowOf(event);
  const result = await invokeOnce(context, handlerFile(file, options), event);
  if (result.type === 'refused') {
    throw new MillraceError('HANDLER_FAILED', `The handler could not be run: ${result.reason}.`, {
      advice: 'See what it wrote above.',
      path: 'handler',
      got: file,
    });
  }
  const plan = planRetries(records, result, { ...settings, window }, newest(records) ?? window?.end ?? 0);
  const answer = result.type === 'response' ? { response: result.response ?? null } : { error: result.error };
  const durationMs = Math.round(result.durationMs);
  if (documentFormat(context) === 'table') {
    const told =
      result.type === 'response' ? (JSON.stringify(result.response) ?? 'nothing') : result.error.message;
    await out.line(`${result.type === 'response' ? 'response' : 'error'}    ${visible(told)}`);
    for (const line of planLines(plan, records.length, colour)) await out.line(line);
  } else {
    await out.line(
      JSON.stringify({ ...answer, durationMs, plan }, undefined, io.isTTY.stdout ? 2 : undefined),
    );
  }
  for (const warning of plan.warnings) notes.warn(warning);
  return plan.verdict === 'done' ? exitCode.ok : exitCode.checkFailed;
}

/** A saved event is looked at as of when it came: its records have not grown too old meanwhile. */
function newest(records: readonly { readonly arrivedAt: number }[]): number | undefined {
  if (records.length === 0) return undefined;
  return Math.max(...records.map(({ arrivedAt }) => arrivedAt));
}

async function readEvent({ io, signal }: CommandContext, path: string | undefined): Promise<unknown> {
  const input = await openInput(path === undefined || path === '-' ? '-' : `@${path}`, io);
  try {
    const { bytes } = await readAll(input, signal);
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new MillraceError('RECORD_INVALID', 'The event is not JSON.', {
      advice: 'Make one with: millrace lambda event',
      path: 'event',
      cause,
    });
  } finally {
    await input.close();
  }
}
