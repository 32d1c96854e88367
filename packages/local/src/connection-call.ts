import { aborted } from '@millrace/kinesis/runtime';

import type { Service } from './api/service.ts';
import { toMillraceError, type CallContext } from './connection-error.ts';

/** A call that answers when what it did is kept, and throws as the ports promise. */
export async function call<T>(
  service: Service,
  signal: AbortSignal | undefined,
  context: CallContext,
  run: () => T | Promise<T>,
): Promise<T> {
  if (signal?.aborted === true) throw aborted(signal);
  try {
    const output = await run();
    await service.engine.settled();
    return output;
  } catch (error) {
    throw toMillraceError(error, context);
  }
}
