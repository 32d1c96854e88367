import { showDuration } from '../lag/lag-row.ts';
import { isWindowEnd, type Letter } from './letter.ts';
import type { Slip } from './letter-box.ts';

/** A letter as it is listed. */
export interface Entry {
  readonly id: string;
  readonly kind: Letter['kind'];
  /** Why it is here. */
  readonly reason: string;
  readonly stream: string | undefined;
  readonly shardId: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly records: number;
  /** Whether its bytes are in it; if not, the stream must still have them. */
  readonly hasBytes: boolean;
  /** ISO 8601; when the stream drops the first of its records, where it must have them from there. */
  readonly expiresAt: string | undefined;
  /** Milliseconds; below 0 it is too late. */
  readonly leftMs: number | undefined;
  /** Whether it is the end of a tumbling window, which has no records but a state. */
  readonly windowEnd: boolean | undefined;
}

/** `retention`: of the letter's stream, milliseconds. */
export function entryOf({ id }: Slip, letter: Letter, retention: number | undefined, now: number): Entry {
  if (letter.kind === 'unreadable')
    return { ...nothing, id, kind: letter.kind, reason: letter.problem, records: 0 };
  if (letter.kind === 'record') {
    const { stream, position, error } = letter.document;
    return {
      ...nothing,
      id,
      kind: 'record',
      reason: error.code,
      stream,
      shardId: position?.shardId,
      from: position?.sequenceNumber,
      to: position?.sequenceNumber,
      records: 1,
      hasBytes: true,
    };
  }
  const { condition, stream, shardId, from, to, batchSize, payload, firstArrival } = letter;
  const ends = isWindowEnd(letter);
  const entry = {
    id,
    kind: letter.kind,
    reason: condition,
    stream,
    shardId,
    from,
    to,
    records: batchSize,
    windowEnd: ends ? true : undefined,
  };
  if (payload !== undefined) return { ...nothing, ...entry, hasBytes: true };
  if (retention === undefined || ends) return { ...nothing, ...entry };
  const expiresAt = firstArrival + retention;
  return { ...nothing, ...entry, expiresAt: new Date(expiresAt).toISOString(), leftMs: expiresAt - now };
}

const nothing = {
  stream: undefined,
  shardId: undefined,
  from: undefined,
  to: undefined,
  hasBytes: false,
  expiresAt: undefined,
  leftMs: undefined,
  windowEnd: undefined,
};

/** For eyes: how long one has to redrive it. */
export function timeLeft({ kind, hasBytes, leftMs, windowEnd }: Entry): string {
  if (kind === 'unreadable') return '';
  if (hasBytes) return 'kept';
  if (windowEnd === true) return 'state gone';
  if (leftMs === undefined) return 'stream gone';
  return leftMs <= 0 ? 'expired' : showDuration(leftMs);
}
