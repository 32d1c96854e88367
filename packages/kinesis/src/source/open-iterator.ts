import type { Position } from '../record/position.ts';
import type { ShardReader } from './shard-reader.ts';
import { timeOrNow } from './time-or-now.ts';

/**
 * Opens an iterator as the reader does, but for one thing: the service refuses a time that is still to come by its clock, which
 * a clock a little ahead of it easily asks for. Then it begins at what the service says the time is.
 *
 * @example
 * ```ts
 * const iterator = await openIterator(connection.reader, 'orders', shardId, { type: 'time', at: clock.now() }, { signal });
 * ```
 */
export function openIterator(
  reader: Pick<ShardReader, 'openIterator'>,
  stream: string,
  shardId: string,
  position: Position,
  options: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  return timeOrNow(position, (from) => reader.openIterator(stream, shardId, from, options));
}
