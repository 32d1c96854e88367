import { parseRange, type PositionRange } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { createPace, parseRate, type Pace } from '../put/rate.ts';
import { readPace } from '../read/pace.ts';
import { createFilter, type RecordFilter } from '../tail/filter.ts';
import { parseDestination, showDestination, type DestinationName } from './destination.ts';
import type { ReplayIdentity } from './replay-state.ts';

/** What a replay was asked for, checked before anything is opened. */
export interface ReplaySettings {
  readonly stream: string;
  readonly span: PositionRange;
  readonly destination: DestinationName;
  readonly identity: ReplayIdentity;
  readonly wanted: RecordFilter;
  readonly statePath: string;
  readonly pollMs: number;
  readonly rate: number | undefined;
  readonly pace: Pace | undefined;
}

/** Throws `OPTION_INVALID`. */
export function readReplaySettings(context: CommandContext): ReplaySettings {
  const { options, clock } = context;
  const [stream = ''] = context.args;
  const range = options.textOrNone('range');
  if (range === undefined) throw optionError('--range', undefined, 'A..B, such as -2h..-1h');
  const span = parseRange(range, clock.now(), '--range');
  const oneShard = options.list('shard').length === 1;
  for (const { type } of [span.from, span.to]) {
    if ((type === 'at' || type === 'after') && !oneShard) {
      throw optionError('--range', range, 'times; a sequence number only with one --shard');
    }
  }
  const destination = parseDestination(options.textOrNone('into'));
  if (destination.kind === 'stream' && destination.stream === stream && !endsBy(span, clock.now())) {
    throw optionError(
      '--into',
      stream,
      'another stream: with a range that has not ended it would replay what it replays',
    );
  }
  const keys = options.list('key');
  const where = options.textOrNone('where');
  const rateText = options.textOrNone('rate');
  const rate = rateText === undefined ? undefined : parseRate(rateText);
  const filter = [
    ...keys.map((key) => `key ${key}`),
    ...options.list('shard').map((id) => `shard ${id}`),
    where ?? '',
  ]
    .filter((part) => part !== '')
    .join(', ');
  return {
    stream,
    span,
    destination,
    identity: { stream, into: showDestination(destination), range, filter },
    wanted: createFilter({ keys, grep: undefined, where }),
    statePath: options.textOrNone('state') ?? `millrace-replay-${stream}.json`,
    pollMs: readPace(context),
    rate,
    pace: rate === undefined ? undefined : createPace(rate, clock),
  };
}

function endsBy({ to }: PositionRange, now: number): boolean {
  return to.type !== 'time' || to.at <= now;
}
