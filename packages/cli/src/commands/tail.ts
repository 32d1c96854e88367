import { isMillraceError, MillraceError } from '@millrace/kinesis';
import { parsePosition, type Position } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';
import type { Shard } from '@millrace/kinesis/shard';
import type { ShardReader } from '@millrace/kinesis/source';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { findShard } from '../shards/shard-id.ts';
import { listShards } from '../shards/list-shards.ts';
import { createFilter, type RecordFilter } from '../tail/filter.ts';
import { createFormat, type FormatRecords, type TailFormat } from '../tail/format.ts';
import type { Feed } from '../tail/feed.ts';
import { createShardFeed } from '../tail/shard-feed.ts';
import { createStreamFeed } from '../tail/stream-feed.ts';
import { tellTrouble } from '../tail/trouble.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace tail`. */
export async function tail(context: CommandContext): Promise<ExitCode> {
  const { options } = context;
  const [stream = ''] = context.args;
  const settings: Settings = {
    stream,
    from: readPosition(context),
    wanted: createFilter(options.list('key'), options.textOrNone('grep')),
    format: createFormat(chooseFormat(context), { colour: context.colour, verbose: options.flag('verbose') }),
    pollMs: readPace(context),
    most: options.numberOrNone('num') ?? Number.POSITIVE_INFINITY,
  };
  const timeoutMs = options.numberOrNone('timeout');
  const timeout = new AbortController();
  const timer = timeoutMs === undefined ? undefined : context.clock.timer(timeoutMs, () => timeout.abort());
  let reached: boolean;
  try {
    reached = await withKinesis(context, (kinesis) => read(kinesis, settings, context, timeout.signal));
  } finally {
    timer?.[Symbol.dispose]();
  }
  const hadGoal = options.flag('exit-at-end') || options.numberOrNone('num') !== undefined;
  if (timeout.signal.aborted && hadGoal && !reached) throw timeoutError(stream, timeoutMs ?? 0);
  return exitCode.ok;
}

interface Settings {
  readonly stream: string;
  readonly from: Position;
  readonly wanted: RecordFilter;
  readonly format: FormatRecords;
  readonly pollMs: number;
  /** Stop after so many. */
  readonly most: number;
}

/** Writes records until it is to stop; true when it came to an end of its own: enough records, or the newest one. */
async function read(
  kinesis: Kinesis,
  { stream, from, wanted, format, pollMs, most }: Settings,
  context: CommandContext,
  timeout: AbortSignal,
): Promise<boolean> {
  const { options, out, notes, clock } = context;
  const { reader } = kinesis.connection;
  const told = tellTrouble(stream, notes);
  const stopped = AbortSignal.any([context.signal, out.broken, timeout]);
  const enough = new AbortController();
  let left = most;
  try {
    const shards = await listShards(kinesis, stream, { clock, signal: stopped });
    const named = options.list('shard').map((text) => findShard(stream, shards, text));
    tellPace(context, stream, named.length > 0 ? named : shards, pollMs);
    const feed = createFeed(context, { stream, shards: named, from, pollMs, reader });
    await feed.run(
      async (records) => {
        const chosen = records.filter(wanted).slice(0, left);
        left -= chosen.length;
        if (chosen.length > 0) await out.write(format(chosen));
        if (left === 0) enough.abort();
      },
      AbortSignal.any([stopped, enough.signal]),
    );
  } catch (error) {
    // Stopped before it had begun to read: no failure either.
    if (!stopped.aborted || !isMillraceError(error, 'ABORTED')) throw error;
  } finally {
    told[Symbol.dispose]();
  }
  return enough.signal.aborted || !stopped.aborted;
}

function createFeed(
  { options, clock, notes }: CommandContext,
  parts: {
    readonly stream: string;
    readonly shards: readonly Shard[];
    readonly from: Position;
    readonly pollMs: number;
    readonly reader: ShardReader;
  },
): Feed {
  const exitAtEnd = options.flag('exit-at-end');
  if (parts.shards.length === 0) return createStreamFeed({ ...parts, exitAtEnd, clock });
  return createShardFeed({
    ...parts,
    exitAtEnd,
    clock,
    onClosed: ({ shardId }, children) => {
      notes.info(`${shardId} is read to its end; it goes on in ${children.join(', ')}`);
    },
  });
}

function readPosition({ options, clock }: CommandContext): Position {
  const text = options.text('from');
  const from = parsePosition(text, clock.now(), '--from');
  if ((from.type === 'at' || from.type === 'after') && options.list('shard').length !== 1) {
    throw optionError(
      '--from',
      text,
      'oldest, now or a time; a sequence number only with one --shard, for it is a place in that shard alone',
    );
  }
  return from;
}

function chooseFormat({ options, io }: CommandContext): TailFormat {
  const chosen = options.textOrNone('output');
  if (options.flag('json')) {
    if (chosen !== undefined && chosen !== 'ndjson')
      throw optionError('--output', chosen, 'ndjson with --json, or no --json');
    return 'ndjson';
  }
  if (chosen === 'pretty' || chosen === 'ndjson' || chosen === 'raw' || chosen === 'keys') return chosen;
  return io.isTTY.stdout ? 'pretty' : 'ndjson';
}

/** Kind to others on AWS, where a shard serves five reads a second to all its readers together; quick on this machine. */
function readPace({ options, target }: CommandContext): number {
  const given = options.numberOrNone('poll');
  if (given !== undefined && given < 200 && !target.loopback) {
    throw optionError(
      '--poll',
      `${given}ms`,
      'at least 200ms: a shard of a real stream serves 5 reads a second to all its readers',
    );
  }
  return given ?? (target.loopback ? 100 : 1000);
}

function tellPace(
  { notes, target }: CommandContext,
  stream: string,
  shards: readonly Shard[],
  pollMs: number,
): void {
  if (target.loopback) return;
  const count = shards.length === 1 ? '1 shard' : `${shards.length} shards`;
  const pace = pollMs === 1000 ? 'one read a second' : `a read every ${pollMs} ms`;
  notes.info(`reading ${count} of ${stream}, at most ${pace} from each`);
}

function timeoutError(stream: string, timeoutMs: number): MillraceError {
  return new MillraceError('TIMED_OUT', `Reading ${stream} was not done within ${timeoutMs / 1000} s.`, {
    advice: 'Give it more --timeout, a --from further back, or check that records arrive.',
    stream,
  });
}
