import { isMillraceError, MillraceError } from '@millrace/kinesis';
import type { Position, StreamRecord } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { lastRecords } from '../read/last-records.ts';
import { tellPace } from '../read/pace.ts';
import { scanStream } from '../read/stream-scan.ts';
import { findShard } from '../shards/shard-id.ts';
import { listShards } from '../shards/list-shards.ts';
import { Silence } from '../tail/silence.ts';
import { readTailSettings, type TailSettings } from '../tail/settings.ts';
import { tellTrouble } from '../tail/trouble.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace tail`. */
export async function tail(context: CommandContext): Promise<ExitCode> {
  const { options } = context;
  const settings = readTailSettings(context);
  const timeoutMs = options.numberOrNone('timeout');
  const timeout = new AbortController();
  const timer = timeoutMs === undefined ? undefined : context.clock.timer(timeoutMs, () => timeout.abort());
  let reached: boolean;
  try {
    reached = await withKinesis(context, (kinesis) => read(kinesis, settings, context, timeout.signal));
  } finally {
    timer?.[Symbol.dispose]();
  }
  const hadGoal =
    settings.exitAtEnd || settings.until !== undefined || options.numberOrNone('num') !== undefined;
  if (timeout.signal.aborted && hadGoal && !reached) throw timeoutError(settings.stream, timeoutMs ?? 0);
  return exitCode.ok;
}

/** Writes records until it is to stop; true when it came to an end of its own: enough records, or the last one. */
async function read(
  kinesis: Kinesis,
  settings: TailSettings,
  context: CommandContext,
  timeout: AbortSignal,
): Promise<boolean> {
  const { out, notes, clock, options } = context;
  const { stream } = settings;
  const told = tellTrouble(stream, notes);
  using silence = new Silence(context, settings.what);
  const stopped = AbortSignal.any([context.signal, out.broken, timeout]);
  const enough = new AbortController();
  try {
    const shards = await listShards(kinesis, stream, { clock, signal: stopped });
    const only = options.list('shard').map((text) => findShard(stream, shards, text));
    tellPace(context, stream, only.length > 0 ? only.length : shards.length, settings.pollMs);
    const write = writer(context, settings, enough, silence);
    const signal = AbortSignal.any([stopped, enough.signal]);
    await new Tail(kinesis, context, settings, only).run(write, signal);
    if (!signal.aborted) silence.ended();
  } catch (error) {
    // Stopped before it had begun to read: no failure either.
    if (!stopped.aborted || !isMillraceError(error, 'ABORTED')) throw error;
  } finally {
    told[Symbol.dispose]();
  }
  return enough.signal.aborted || !stopped.aborted;
}

type Write = (records: readonly StreamRecord[]) => Promise<void>;

/** Writes the wanted ones, and tells when there are enough. */
function writer(
  { out }: CommandContext,
  { wanted, format, most }: TailSettings,
  enough: AbortController,
  silence: Silence,
): Write {
  let left = most;
  return async (records) => {
    const chosen = records.filter(wanted).slice(0, left);
    left -= chosen.length;
    if (chosen.length > 0) {
      silence.heard();
      await out.write(format(chosen));
    }
    if (left === 0) enough.abort();
  };
}

class Tail {
  readonly #kinesis: Kinesis;
  readonly #context: CommandContext;
  readonly #settings: TailSettings;
  readonly #only: readonly Shard[];

  constructor(kinesis: Kinesis, context: CommandContext, settings: TailSettings, only: readonly Shard[]) {
    this.#kinesis = kinesis;
    this.#context = context;
    this.#settings = settings;
    this.#only = only;
  }

  async run(write: Write, signal: AbortSignal): Promise<void> {
    const { last, until, exitAtEnd } = this.#settings;
    if (last === undefined) {
      await this.#scan(this.#settings.from, write, signal);
      return;
    }
    // What was there before this moment is looked up, what comes from it on is read as it comes: nothing twice, no gap.
    const before = until?.type === 'time' ? until.at : this.#context.clock.now();
    await this.#writeLast(last, before, write, signal);
    if (until === undefined && !exitAtEnd && !signal.aborted) {
      await this.#scan({ type: 'time', at: before }, write, signal);
    }
  }

  async #writeLast(count: number, before: number, write: Write, signal: AbortSignal): Promise<void> {
    const { stream, wanted, pollMs, asStored } = this.#settings;
    const { retentionHours } = await this.#kinesis.admin.describe(stream, { signal });
    const records = await lastRecords(
      {
        stream,
        reader: this.#kinesis.connection.reader,
        clock: this.#context.clock,
        count,
        wanted,
        before,
        furthestMs: retentionHours * 3_600_000,
        ...(this.#only.length > 0 && { only: this.#only }),
        pollMs,
        asStored,
      },
      signal,
    );
    await write(records);
  }

  #scan(from: Position, write: Write, signal: AbortSignal): Promise<void> {
    const { stream, until, pollMs, exitAtEnd, asStored } = this.#settings;
    const { clock, notes } = this.#context;
    return scanStream(
      {
        stream,
        reader: this.#kinesis.connection.reader,
        clock,
        from,
        ...(until !== undefined && { until }),
        pollMs,
        exitAtEnd,
        asStored,
        ...(this.#only.length > 0 && {
          only: this.#only,
          onClosed: ({ shardId }: Shard, children: readonly string[]) => {
            notes.info(`${shardId} is read to its end; it goes on in ${children.join(', ')}`);
          },
        }),
      },
      write,
      signal,
    );
  }
}

function timeoutError(stream: string, timeoutMs: number): MillraceError {
  return new MillraceError('TIMED_OUT', `Reading ${stream} was not done within ${timeoutMs / 1000} s.`, {
    advice: 'Give it more --timeout, a --from further back, or check that records arrive.',
    stream,
  });
}
