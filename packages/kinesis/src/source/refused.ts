import { isMillraceError } from '../errors.ts';

/** Whether the service takes exception to an argument: a position it does not know (any more), or a time still to come. */
export function isRefused(error: unknown): boolean {
  return isMillraceError(error) && error.details.service === 'InvalidArgumentException';
}
