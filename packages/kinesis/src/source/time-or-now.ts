import { isMillraceError } from '../errors.ts';
import type { Position } from '../record/position.ts';

/**
 * Asks the service to begin at `position`. It refuses a time that is still to come by its clock, which a clock a little ahead of
 * it easily asks for; then nothing is stored from there on, and now is as good.
 */
export async function timeOrNow<T>(position: Position, ask: (position: Position) => Promise<T>): Promise<T> {
  try {
    return await ask(position);
  } catch (error) {
    const refused = isMillraceError(error) && error.details.service === 'InvalidArgumentException';
    if (position.type !== 'time' || !refused) throw error;
    return ask({ type: 'now' });
  }
}
