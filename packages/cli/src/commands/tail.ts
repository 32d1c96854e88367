import { isMillraceError, MillraceError } from '@millrace/kinesis';
import { parsePosition, type Position } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';
import type { Shard } from '@millrace/kinesis/shard';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { findShard } from '../shards/shard-id.ts';
import { listShards } from '../shards/list-shards.ts';
import { createFilter } from '../tail/filter.ts';
import { createFormat, type TailFormat } from '../tail/format.ts';
import type { Feed } from '../tail/feed.ts';
import { createShardFeed } from '../tail/shard-feed.ts';
import { createStreamFeed } from '../tail/stream-feed.ts';
import { tellTrouble } from '../tail/trouble.ts';

/** `millrace tail`. */
export async function tail(context: CommandContext): Promise<ExitCode> {
  const { options, out, notes, clock } = context;
  const [stream = ''] = context.args;
  const from = readPosition(context);
  const wanted = createFilter(options.list('key'), options.textOrNone('grep'));
  const format = createFormat(chooseFormat(context), {
    colour: context.colour,
    verbose: options.flag('verbose'),
  });
  const pollMs = readPace(context);
  const timeoutMs = options.numberOrNone('timeout');
  let left = options.numberOrNone('num') ?? Number.POSITIVE_INFINITY;

  const kinesis = await context.openKinesis();
  const enough = new AbortController();
  let timedOut = false;
  using _timeout = timer(timeoutMs, () => {
    timedOut = true;
    enough.abort();
  });
  try {
    const signal = AbortSignal.any([context.signal, out.broken, enough.signal]);
    const shards = await listShards(kinesis, stream, { clock, signal });
    const named = options.list('shard').map((text) => findShard(stream, shards, text));
    tellPace(context, stream, named.length > 0 ? named : shards, pollMs);
    using _trouble = tellTrouble(stream, notes);
    await createFeed(context, { stream, shards: named, from, pollMs, reader: kinesis.connection.reader }).run(
      async (records) => {
        const chosen = records.filter(wanted).slice(0, left);
        left -= chosen.length;
        if (chosen.length > 0) await out.write(format(chosen));
        if (left === 0) enough.abort();
      },
      signal,
    );
  } catch (error) {
    // Stopped before it had begun to read: that is no failure either.
    if (!isMillraceError(error, 'ABORTED')) throw error;
  } finally {
    await kinesis.close();
  }
  const hadGoal = options.flag('exit-at-end') || options.numberOrNone('num') !== undefined;
  if (timedOut && hadGoal && left > 0) throw timeoutError(stream, timeoutMs ?? 0);
  return exitCode.ok;

  function timer(delayMs: number | undefined, task: () => void): Disposable {
    return delayMs === undefined ? { [Symbol.dispose]: () => {} } : clock.timer(delayMs, task);
  }
}

function createFeed(
  { options, clock, notes }: CommandContext,
  parts: {
    readonly stream: string;
    readonly shards: readonly Shard[];
    readonly from: Position;
    readonly pollMs: number;
    readonly reader: Parameters<typeof createStreamFeed>[0]['reader'];
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
      'with a sequence number also one --shard: the number is a place in that shard alone',
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
  const open = shards.length === 1 ? '1 shard' : `${shards.length} shards`;
  notes.info(
    `reading ${stream}: ${open}, at most ${(1000 / pollMs).toLocaleString('en-US')} reads a second each`,
  );
}

function timeoutError(stream: string, timeoutMs: number): MillraceError {
  return new MillraceError('TIMED_OUT', `Reading ${stream} was not done within ${timeoutMs / 1000} s.`, {
    advice: 'Give it more --timeout, a --from further back, or check that records arrive.',
    stream,
  });
}
