import { reportLines, type FunctionEvent, type MappingEvent } from '@millrace/local';

import type { Paint } from '../io/paint.ts';
import { visible } from '../io/visible.ts';

export interface NarrateOptions {
  readonly paint: Paint;
  /** MaximumRetryAttempts; −1 without end. */
  readonly retries: number;
  readonly reportsFailures: boolean;
  readonly memoryMb: number;
  /** Where failures are put, as the user wrote it. */
  readonly folder: string | undefined;
  readonly verbose: boolean;
}

/** What happened, in a line for the person watching; undefined for what is of no interest. */
export function narrateMapping(event: MappingEvent, options: NarrateOptions): string | undefined {
  const { paint } = options;
  switch (event.type) {
    case 'invoke': {
      const attempt = event.attempt === 1 ? '' : `, attempt ${event.attempt}`;
      const window = event.window === undefined ? '' : `, ${windowOf(event.window)}`;
      const age = event.records === 0 ? '' : `, the newest ${duration(event.iteratorAgeMs)} old`;
      return `${where(event)} ${paint('bold', '▸')} ${count(event.records)}${age}${attempt}${window}`;
    }
    case 'result':
      return `${where(event)} ${resultOf(event, options)}`;
    case 'retry': {
      const of =
        options.retries < 0 ? 'until it succeeds or the records expire' : `of ${options.retries + 1}`;
      return `${where(event)} ${paint('yellow', '↻')} AWS tries ${what(event)} again, attempt ${event.attempt} ${of}`;
    }
    case 'drop':
      return `${where(event)} ${paint('red', '✗')} ${dropOf(event, options.folder, '--on-failure')}`;
    case 'polled':
      return event.filtered === 0
        ? undefined
        : `${shardOf(event.shardId)} ${paint('dim', `⊘ ${count(event.filtered)} filtered out`)}`;
    case 'shard':
      return options.verbose || event.change === 'ended'
        ? `${shardOf(event.shardId)} ${paint('dim', event.change === 'ended' ? 'ended; its children are next' : event.change)}`
        : undefined;
    case 'state':
      return options.verbose ? paint('dim', `the mapping is ${event.state}`) : undefined;
    case 'trouble':
      return `${placeOf(event)} ${paint('yellow', `cannot read: ${visible(event.message)}`)}`;
    case 'warning':
      return paint('yellow', `warning: ${visible(event.message)}`);
    default:
      return event satisfies never;
  }
}

/** What went wrong, in a line for who does not watch all of it; undefined for the rest. `folder`: where failures are put. */
export function narrateProblem(event: MappingEvent, folder: string | undefined): string | undefined {
  if (event.type === 'drop') return `${where(event)} ${dropOf(event, folder, 'OnFailure destination')}`;
  if (event.type === 'trouble') return `${placeOf(event)} cannot be read: ${visible(event.message)}`;
  return event.type === 'warning' ? visible(event.message) : undefined;
}

/** The same for the function. */
export function narrateFunction(
  event: FunctionEvent,
  { paint, memoryMb, verbose }: NarrateOptions,
): string | undefined {
  switch (event.type) {
    case 'log':
      return `  ${paint('dim', '│')} ${visible(event.line)}`;
    case 'report': {
      const lines = reportLines(event, memoryMb);
      return paint('dim', `  │ ${lines[lines.length - 1] ?? ''}`.replaceAll('\t', '  '));
    }
    case 'reload':
      return paint('cyan', `  ${visible(event.file)} was saved: the next invocation runs the new code`);
    case 'inspect':
      return paint(
        'cyan',
        `  debugger: attach to ${event.url} (chrome://inspect, or "Attach to Node Process" in VS Code)`,
      );
    case 'start':
      return verbose ? paint('dim', `  │ START RequestId: ${event.requestId} Version: $LATEST`) : undefined;
    default:
      return event satisfies never;
  }
}

type Result = Extract<MappingEvent, { type: 'result' }>;

function resultOf(event: Result, { paint, reportsFailures }: NarrateOptions): string {
  const { verdict } = event;
  const took = duration(event.durationMs);
  switch (verdict.type) {
    case 'done':
      return `${paint('green', '✓')} done in ${took}`;
    case 'partial':
      return `${paint('yellow', '◐')} ${verdict.from} of ${count(event.records)} done in ${took}; the rest is not, from ${tail(event)}`;
    case 'failed':
      return `${paint('red', '✗')} the response fails the whole batch (${took}): ${
        reportsFailures
          ? 'an identifier is not of this batch, or it is no such response'
          : 'it has no state for its window'
      }`;
    case 'error': {
      const { type = 'Error', message = '' } = event.error ?? {};
      return `${paint('red', '✗')} ${visible(`${type}: ${message}`)} (${took})`;
    }
    case 'refused':
      return `${paint('yellow', '✗')} throttled: ${visible(verdict.reason)}; this uses up no retry`;
    default:
      return verdict satisfies never;
  }
}

function dropOf(
  event: Extract<MappingEvent, { type: 'drop' }>,
  folder: string | undefined,
  missing: string,
): string {
  const why = {
    RetryAttemptsExhausted: `after ${event.approximateInvokeCount === 1 ? '1 attempt' : `${event.approximateInvokeCount} attempts`}`,
    RecordAgeExceeded: 'since they are too old',
    RetentionExpired: 'since the stream keeps them no longer',
  }[event.condition];
  const [first = '', last = ''] = [event.first, event.last];
  const range = first === last ? first : `${first} to ${last}`;
  return `gave up ${what(event)} ${why}${range === '' ? '' : ` (${range})`}; ${whereTo(event, folder, missing)}`;
}

function whereTo(
  { delivered, destination, reason }: Extract<MappingEvent, { type: 'drop' }>,
  folder: string | undefined,
  missing: string,
): string {
  if (delivered && folder !== undefined) {
    // A queue's or topic's message has no records.
    return `${destination?.startsWith('arn:aws:s3') === true ? 'document and event are' : 'the document is'} in ${folder}`;
  }
  if (reason !== undefined) return `the destination did not take them: ${visible(reason)}`;
  return delivered
    ? `what ${destination} got is gone with this process: there is no --on-failure`
    : `nobody keeps them: there is no ${missing}`;
}

function placeOf({ shardId }: { readonly shardId?: string }): string {
  return shardId === undefined ? 'stream' : shardOf(shardId);
}

function tail(event: Result): string {
  return event.last === undefined
    ? 'the end'
    : `the record the response names (the last is …${event.last.slice(-6)})`;
}

/** Of its records, or of a window's last invocation, which has none. */
function what({ records, window }: Extract<MappingEvent, { type: 'drop' | 'retry' }>): string {
  if (window?.final !== true) return count(records);
  return `the end of the window ${window.start.slice(11, 19)} to ${window.end.slice(11, 19)}`;
}

function where(event: { readonly shardId: string; readonly lane: number }): string {
  return event.lane === 0 ? shardOf(event.shardId) : `${shardOf(event.shardId)}/${event.lane}`;
}

function shardOf(shardId: string): string {
  return visible(shardId.replace(/^shardId-0*(?=\d)/, 'shard-'));
}

function windowOf({
  start,
  end,
  final,
}: {
  readonly start: string;
  readonly end: string;
  readonly final: boolean;
}): string {
  return `window ${start.slice(11, 19)} to ${end.slice(11, 19)}${final ? ', its last' : ''}`;
}

function count(records: number): string {
  return records === 1 ? '1 record' : `${records} records`;
}

function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return milliseconds < 120_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${Math.round(milliseconds / 60_000)} min`;
}
