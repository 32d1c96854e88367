import type { RetryRecord } from './retry.ts';
import type { Verdict } from './response.ts';

/** What tumbling windows add to an event, under Lambda's names. */
export interface WindowPart {
  /** ISO seconds, as AWS writes them. */
  readonly window: { readonly start: string; readonly end: string };
  /** What the invocations before have made of the window. */
  readonly state: unknown;
  readonly shardId: string;
  readonly eventSourceARN: string;
  readonly isFinalInvokeForWindow: boolean;
  readonly isWindowTerminatedEarly: boolean;
}

/** A window under way. Plain JSON, for a later run to go on with. */
export interface OpenWindow {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly state: unknown;
  /** Its state is over 1 MB: it ends now. */
  readonly overfull: boolean;
  readonly first: RetryRecord;
  readonly last: RetryRecord;
}

/** Largest state, bytes of JSON. */
const largestState = 1024 * 1024;

/**
 * The window of a record: windows begin at multiples of their length since the epoch, by the record's arrival. The
 * state is empty at first.
 */
export function openWindow(record: RetryRecord, lengthMs: number): OpenWindow {
  const start = Math.floor(record.arrivedAt / lengthMs) * lengthMs;
  return {
    start,
    end: start + lengthMs,
    state: {},
    overfull: false,
    first: placeOf(record),
    last: placeOf(record),
  };
}

/** The window again after it ended early, from `record` on: of the same time, and with an empty state. */
export function reopenWindow({ start, end }: OpenWindow, record: RetryRecord): OpenWindow {
  return { ...openWindow(record, end - start), start, end };
}

/** A window outlives its records' data. */
function placeOf({ sequenceNumber, arrivedAt }: RetryRecord): RetryRecord {
  return { sequenceNumber, arrivedAt };
}

/**
 * How an invocation went and what it made of the window's state. A response without a state is a failed invocation;
 * a state counts once some record is done.
 */
export function settleWindow(
  window: OpenWindow,
  records: readonly RetryRecord[],
  response: unknown,
  verdict: Verdict,
): { readonly window: OpenWindow; readonly verdict: Verdict } {
  if (verdict.type === 'error' || verdict.type === 'refused') return { window, verdict };
  const state = stateOf(response);
  if (state === undefined) return { window, verdict: { type: 'failed' } };
  const done = verdict.type === 'done' ? records.length : verdict.type === 'partial' ? verdict.from : 0;
  if (verdict.type !== 'done' && done === 0) return { window, verdict };
  const last = placeOf(records[done - 1] ?? window.last);
  return { window: { ...window, state, last, overfull: stateBytes(state) > largestState }, verdict };
}

export function stateBytes(state: unknown): number {
  return Buffer.byteLength(JSON.stringify(state) ?? '');
}

export function toWindowPart(
  window: OpenWindow,
  final: boolean,
  where: { readonly shardId: string; readonly eventSourceArn: string },
): WindowPart {
  return {
    window: { start: isoSeconds(window.start), end: isoSeconds(window.end) },
    state: window.state,
    shardId: where.shardId,
    eventSourceARN: where.eventSourceArn,
    isFinalInvokeForWindow: final,
    isWindowTerminatedEarly: window.overfull,
  };
}

/** The state that a response has for its window; undefined for none, which fails the invocation. */
export function stateOf(response: unknown): unknown {
  if (typeof response !== 'object' || response === null || !('state' in response)) return undefined;
  return response.state ?? undefined;
}

function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
