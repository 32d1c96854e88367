import { isMillraceError } from '../errors.ts';
import type { Position } from '../record/position.ts';

/**
 * Asks the service to begin at `position`. It refuses a time that is still to come by its clock, which a clock a little ahead of
 * it easily asks for, or one that went back since; then it is asked for what it says the time is: whatever it stored since it
 * last knew that time, it stored from there on. Only a service that does not say gets asked for its newest record.
 */
export async function timeOrNow<T>(position: Position, ask: (position: Position) => Promise<T>): Promise<T> {
  try {
    return await ask(position);
  } catch (error) {
    const refused = isMillraceError(error) && error.details.service === 'InvalidArgumentException';
    if (position.type !== 'time' || !refused) throw error;
    const now = serviceTimeIn(error.message);
    return now !== undefined && now < position.at
      ? timeOrNow({ type: 'time', at: now }, ask)
      : ask({ type: 'now' });
  }
}

/** The service names its own time when it refuses a later one. Milliseconds since the epoch. */
function serviceTimeIn(message: string): number | undefined {
  const [, time] = /currentTimestampInMillis: (\d{1,15})\b/.exec(message) ?? [];
  return time === undefined ? undefined : Number(time);
}
