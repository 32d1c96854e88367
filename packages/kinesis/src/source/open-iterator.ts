import type { Position } from '../record/position.ts';
import { isRefused } from './refused.ts';
import type { ShardReader } from './shard-reader.ts';

/**
 * Opens an iterator as the reader does, but for one thing: the service refuses a time that is still to come by its clock, which
 * a clock a little ahead of it easily asks for. Then nothing is stored from there on, and now is as good.
 *
 * @example
 * ```ts
 * const iterator = await openIterator(connection.reader, 'orders', shardId, { type: 'time', at: clock.now() }, { signal });
 * ```
 */
export async function openIterator(
  reader: Pick<ShardReader, 'openIterator'>,
  stream: string,
  shardId: string,
  position: Position,
  options: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  try {
    return await reader.openIterator(stream, shardId, position, options);
  } catch (error) {
    if (position.type !== 'time' || !isRefused(error)) throw error;
    return reader.openIterator(stream, shardId, { type: 'now' }, options);
  }
}
