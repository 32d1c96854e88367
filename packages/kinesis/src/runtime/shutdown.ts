import process from 'node:process';

import type { Duration } from './duration.ts';

/** Something that can be closed in an orderly way: a producer or a consumer. */
export interface Closable {
  close(options?: { readonly drain?: Duration }): Promise<unknown>;
}

/**
 * Closes `closable` on SIGTERM and SIGINT, so that a deploy checkpoints, releases its leases and loses nothing. A second
 * signal falls through to Node's default and ends the process at once. Dispose to stop listening.
 *
 * @example
 * ```ts
 * using _ = closeOnSignals(consumer, { drain: '25s' });
 * await consumer.run({ eachRecord });
 * ```
 */
export function closeOnSignals(
  closable: Closable,
  options: { readonly drain?: Duration; readonly onError?: (error: unknown) => void } = {},
): Disposable {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  const stop = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (): void => {
    stop();
    closable
      .close(options.drain === undefined ? {} : { drain: options.drain })
      .catch((error: unknown) => options.onError?.(error));
  };
  for (const signal of signals) process.on(signal, onSignal);
  return { [Symbol.dispose]: stop };
}
