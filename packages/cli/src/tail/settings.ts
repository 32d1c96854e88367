import { parsePosition, parseRange, type Position } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { readPace } from '../read/pace.ts';
import { createFilter, type RecordFilter } from './filter.ts';
import { createFormat, type FormatRecords, type TailFormat } from './format.ts';

/** What a tail was asked for, checked before anything is opened. */
export interface TailSettings {
  readonly stream: string;
  /** What is looked for, for people. */
  readonly what: string;
  readonly from: Position;
  /** Where it ends, not included; undefined: it goes on. */
  readonly until: Position | undefined;
  /** Begin with the last so many instead. */
  readonly last: number | undefined;
  readonly wanted: RecordFilter;
  readonly format: FormatRecords;
  readonly pollMs: number;
  /** Stop after so many. */
  readonly most: number;
  readonly exitAtEnd: boolean;
  /** Leave aggregates closed. */
  readonly asStored: boolean;
}

/** Throws `OPTION_INVALID`. */
export function readTailSettings(context: CommandContext): TailSettings {
  const { options } = context;
  const { from, until } = readSpan(context);
  const format = chooseFormat(context);
  const [stream = ''] = context.args;
  const chosen =
    options.list('key').length > 0 ||
    options.textOrNone('grep') !== undefined ||
    options.textOrNone('where') !== undefined;
  return {
    stream,
    what: `record of ${stream}${chosen ? ' that is wanted' : ''}`,
    from,
    until,
    last: readLast(context),
    wanted: createFilter({
      keys: options.list('key'),
      grep: options.textOrNone('grep'),
      where: options.textOrNone('where'),
    }),
    format: createFormat(format, {
      colour: context.colour,
      verbose: options.flag('verbose'),
      // What is written for programs is what was put, unless they ask otherwise.
      unpacked: (options.textOrNone('decode') ?? (format === 'pretty' ? 'auto' : 'none')) === 'auto',
    }),
    pollMs: readPace(context),
    most: options.numberOrNone('num') ?? Number.POSITIVE_INFINITY,
    exitAtEnd: options.flag('exit-at-end'),
    asStored: options.flag('no-deaggregate'),
  };
}

function readSpan(context: CommandContext): {
  readonly from: Position;
  readonly until: Position | undefined;
} {
  const { options, clock } = context;
  const range = options.textOrNone('range');
  const from = options.textOrNone('from');
  const to = options.textOrNone('to');
  const now = clock.now();
  if (range !== undefined && (from !== undefined || to !== undefined)) {
    throw optionError('--range', range, 'either --range A..B, or --from A and --to B');
  }
  const whole = range ?? (from?.includes('..') === true ? from : undefined);
  if (whole !== undefined) {
    const span = parseRange(whole, now, range === undefined ? '--from' : '--range');
    for (const position of [span.from, span.to]) checkPlace(context, position, '--range', whole);
    return { from: span.from, until: span.to };
  }
  const begin = parsePosition(from ?? 'now', now, '--from');
  checkPlace(context, begin, '--from', from);
  if (to === undefined) return { from: begin, until: undefined };
  const end = parsePosition(to, now, '--to');
  checkPlace(context, end, '--to', to);
  if (end.type === 'oldest') throw optionError('--to', to, 'now, a time, at:<sequence> or after:<sequence>');
  const until = end.type === 'now' ? ({ type: 'time', at: now } as const) : end;
  const beginsAt = begin.type === 'now' ? now : begin.type === 'time' ? begin.at : Number.NEGATIVE_INFINITY;
  if (until.type === 'time' && until.at <= beginsAt && options.numberOrNone('last') === undefined) {
    throw optionError('--to', to, 'a place behind --from');
  }
  return { from: begin, until };
}

function checkPlace({ options }: CommandContext, position: Position, path: string, text: unknown): void {
  if ((position.type !== 'at' && position.type !== 'after') || options.list('shard').length === 1) return;
  throw optionError(
    path,
    text,
    'oldest, now or a time; a sequence number only with one --shard, for it is a place in that shard alone',
  );
}

function readLast({ options }: CommandContext): number | undefined {
  const last = options.numberOrNone('last');
  if (last === undefined) return undefined;
  for (const other of ['from', 'range']) {
    const given = options.textOrNone(other);
    if (given !== undefined) throw optionError(`--${other}`, given, `either --last or --${other}`);
  }
  const to = options.textOrNone('to');
  if (to?.includes(':') === true && /^(?:at|after|seq):/.test(to)) {
    throw optionError('--to', to, 'a time with --last');
  }
  return last;
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
