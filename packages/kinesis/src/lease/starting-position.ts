import type { Position } from '../record/position.ts';
import { optionError } from '../runtime/options.ts';
import { isSentinel } from './checkpoint.ts';
import type { Lease } from './lease.ts';
import { keepsStartAt } from './transition.ts';

/** A place in a whole stream: a sequence number is a place in one shard only. */
export type StreamStart = Extract<Position, { readonly type: 'oldest' | 'now' | 'time' }>;

/**
 * `position` when a whole stream can be read from it. Throws `OPTION_INVALID` for a sequence number.
 *
 * @example
 * ```ts
 * toStreamStart(parsePosition('-15m', Date.now(), 'from'), 'from'); // { type: 'time', at: … }
 * ```
 */
export function toStreamStart(position: Position, path: string): StreamStart {
  if (position.type === 'at' || position.type === 'after') {
    throw optionError(
      path,
      `${position.type}:${position.sequenceNumber}`,
      "'oldest', 'now', '-15m' or a time: a sequence number is a place in one shard, not in a stream",
    );
  }
  return position;
}

/**
 * Where to open the iterator of a leased shard.
 *
 * A stored number answers `at`, never `after`: the checkpoint may lie inside an aggregate whose other records are
 * still to come, and a sub-sequence of 0 does not tell an aggregate's first record from a plain one. The reader
 * drops what it gets at or before the checkpoint (sequence and sub-sequence number).
 *
 * `configured` matters only for an AT_TIMESTAMP lease of the Java KCL, which keeps the time in its configuration
 * alone; without it such a shard is read from its oldest record, so nothing is skipped. Throws `OPTION_INVALID`
 * for a shard that was read to its end: there is nothing to open.
 *
 * @example
 * ```ts
 * const iterator = await reader.openIterator(stream, lease.shardId, startingPosition(lease));
 * ```
 */
export function startingPosition(lease: Lease, configured?: Position): Position {
  const { sequenceNumber } = lease.checkpoint;
  if (!isSentinel(sequenceNumber)) return { type: 'at', sequenceNumber };
  if (sequenceNumber === 'TRIM_HORIZON') return { type: 'oldest' };
  if (lease.startAt !== undefined && keepsStartAt(lease.checkpoint))
    return { type: 'time', at: lease.startAt };
  if (sequenceNumber === 'LATEST') return { type: 'now' };
  if (sequenceNumber === 'AT_TIMESTAMP') {
    return configured?.type === 'time' ? configured : { type: 'oldest' };
  }
  throw optionError(
    'lease.checkpoint',
    sequenceNumber,
    'a lease of a shard that has not been read to its end',
  );
}
