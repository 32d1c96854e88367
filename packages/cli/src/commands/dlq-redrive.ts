import { isMillraceError } from '@millrace/kinesis';
import { optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { choose } from '../dlq/choose.ts';
import type { Letter } from '../dlq/letter.ts';
import { letterRecords, type LetterRecords } from '../dlq/letter-records.ts';
import {
  checkTarget,
  openTarget,
  parseTarget,
  refusalOf,
  type RedriveTarget,
  type TargetName,
} from '../dlq/redrive-target.ts';
import { withBox, type OpenBox } from '../dlq/with-box.ts';
import { whatHappened } from '../errors/report-error.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeList } from '../io/document.ts';

/** What became, or would become, of a message, object or line. */
interface Outcome {
  readonly id: string;
  readonly stream: string;
  readonly records: number;
  readonly source: 'payload' | 'stream';
  /** `ready` in a dry run; what is `left` stays where it is. */
  readonly status: 'ready' | 'redriven' | 'left';
  readonly reason: string | undefined;
}

/** `millrace dlq redrive`. */
export function dlqRedrive(context: CommandContext): Promise<ExitCode> {
  const { args, options, notes } = context;
  const into = parseTarget(options.textOrNone('into'));
  const [from = '', wanted] = args;
  if (options.flag('delete') && !isRemovable(from)) {
    throw optionError('--delete', from, 'a queue or a bucket to redrive from; files are yours to remove');
  }
  const dry = !options.flag('yes');
  return withBox(context, async (open) => {
    const chosen = choose(open.letters, from, wanted);
    // A dry run that says ready is to be true.
    await checkTarget(into, context, open.kinesis);
    const target = dry ? undefined : await openTarget(into, context, open.kinesis);
    const outcomes: Outcome[] = [];
    const missed = new Set<string>();
    try {
      for (const one of chosen) {
        if (context.signal.aborted) break;
        outcomes.push(...(await redrive(context, open, one, { into, target, missed })));
      }
    } finally {
      await target?.close();
    }
    await writeList(context, outcomes, [
      { title: 'ID', cell: ({ id }) => id },
      { title: 'STATUS', cell: ({ status }) => status },
      { title: 'STREAM', cell: ({ stream }) => stream },
      { title: 'RECORDS', cell: ({ records }) => String(records), align: 'right' },
      { title: 'FROM', cell: ({ source }) => source },
      { title: 'REASON', cell: ({ reason = '' }) => reason },
    ]);
    if (dry) notes.info('nothing was done; --yes redrives what is ready');
    return outcomes.every(({ status }) => status !== 'left') ? exitCode.ok : exitCode.partial;
  });
}

interface Redrive {
  readonly into: TargetName;
  readonly target: RedriveTarget | undefined;
  /** Parked keys one of whose records was left: what follows it must not go before it. */
  readonly missed: Set<string>;
}

const behindOne = 'it stands behind a record of its key that was left';

/** Names a key and the record since which it was parked, of that record and of those behind it. */
function parkedSince(letter: Letter): string | undefined {
  if (letter.kind !== 'record' || letter.document.position === undefined) return undefined;
  const { stream, record, position } = letter.document;
  const { sequenceNumber, subSequenceNumber } = position.parkedBehind ?? position;
  return [stream, sequenceNumber, subSequenceNumber, record.partitionKey].join(' ');
}

/** All that is in one message: it is taken out of its box only when all of it is where it should go. */
async function redrive(
  { options, signal }: CommandContext,
  open: OpenBox,
  message: OpenBox['letters'][number],
  how: Redrive,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const letter of message.letters) {
    const found = await letterRecords(open.kinesis, letter, signal);
    const parked = parkedSince(letter);
    const problem = isForced(found.problem, options.flag('whole-stretch'))
      ? undefined
      : (found.problem ??
        refusalOf(how.into, found) ??
        (how.missed.has(parked ?? '') ? behindOne : undefined));
    const became = problem === undefined ? await send(found, how.target) : left(problem);
    if (parked !== undefined && became.status === 'left') how.missed.add(parked);
    const { stream, records, source } = found;
    outcomes.push({ id: message.slip.id, stream, records: records.length, source, ...became });
  }
  if (options.flag('delete') && outcomes.every(({ status }) => status === 'redriven')) {
    await remove(open, message);
  }
  return outcomes;
}

type Became = Pick<Outcome, 'status' | 'reason'>;

const left = (reason: string): Became => ({ status: 'left', reason });

async function send(found: LetterRecords, target: RedriveTarget | undefined): Promise<Became> {
  if (target === undefined) return { status: 'ready', reason: undefined };
  const reason = await attempt(() => target.send(found));
  return reason === undefined ? { status: 'redriven', reason } : left(reason);
}

/** The message, and what of its records lies elsewhere. */
async function remove(
  { box, kinesis }: OpenBox,
  { slip, letters }: OpenBox['letters'][number],
): Promise<void> {
  await box.remove(slip);
  for (const letter of letters) {
    if (letter.kind !== 'record' || letter.overflow === undefined) continue;
    const { bucket, key } = letter.overflow;
    await (await (await kinesis()).services.buckets()).delete(bucket, key);
  }
}

async function attempt(run: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return whatHappened(error);
  }
}

function isForced(problem: string | undefined, wholeStretch: boolean): boolean {
  return wholeStretch && problem?.startsWith('ambiguous') === true;
}

function isRemovable(from: string): boolean {
  return /^(?:s3:|https?:|arn:)/.test(from);
}
