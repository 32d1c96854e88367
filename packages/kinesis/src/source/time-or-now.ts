import { isMillraceError, type MillraceError } from '../errors.ts';
import type { Position } from '../record/position.ts';
import type { ShardReader } from './shard-reader.ts';

/** Still to come, whatever the service's clock says. */
const farAhead = Date.UTC(9999, 0);

/**
 * What time it is by the service, milliseconds since the epoch. No operation answers that, but one says it: asked for an iterator at
 * a time to come, the service refuses and names its own. Undefined where it does not say.
 *
 * @example
 * ```ts
 * const startAt = (await serviceTime(connection.reader, 'orders', shardId)) ?? Date.now();
 * ```
 */
export async function serviceTime(
  reader: Pick<ShardReader, 'openIterator'>,
  stream: string,
  shardId: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<number | undefined> {
  try {
    await reader.openIterator(stream, shardId, { type: 'time', at: farAhead }, options);
    return undefined;
  } catch (error) {
    if (isRefusal(error)) return serviceTimeIn(error.message);
    if (isMillraceError(error, 'STREAM_NOT_FOUND')) return undefined;
    throw error;
  }
}

/**
 * Asks the service to begin at `position`. It refuses a time that is still to come by its clock, which a clock a little ahead of
 * it easily asks for, or one that went back since; then it is asked for what it says the time is: whatever it stored since it
 * last knew that time, it stored from there on. Only a service that does not say gets asked for its newest record.
 */
export async function timeOrNow<T>(position: Position, ask: (position: Position) => Promise<T>): Promise<T> {
  try {
    return await ask(position);
  } catch (error) {
    if (position.type !== 'time' || !isRefusal(error)) throw error;
    const now = serviceTimeIn(error.message);
    return now !== undefined && now < position.at
      ? timeOrNow({ type: 'time', at: now }, ask)
      : ask({ type: 'now' });
  }
}

function isRefusal(error: unknown): error is MillraceError {
  return isMillraceError(error) && error.details.service === 'InvalidArgumentException';
}

/** The service names its own time when it refuses a later one. Milliseconds since the epoch. */
function serviceTimeIn(message: string): number | undefined {
  const [, time] = /currentTimestampInMillis: (\d{1,15})\b/.exec(message) ?? [];
  return time === undefined ? undefined : Number(time);
}
