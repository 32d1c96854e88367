import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { isMillraceError } from '@millrace/kinesis';

import { whatHappened } from '../errors/report-error.ts';
import type { Notes } from '../io/notes.ts';

/** Says once of each kind of trouble that reading waits it out: silence would look like an empty stream. */
export function tellTrouble(stream: string, notes: Notes): Disposable {
  const told = new Set<string>();
  const listen = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || Reflect.get(message, 'stream') !== stream) return;
    const error: unknown = Reflect.get(message, 'error');
    if (!isMillraceError(error) || !error.retryable || told.has(error.code)) return;
    told.add(error.code);
    notes.warn(`${whatHappened(error)} Trying again until it works.`);
  };
  const channels = ['millrace:source:retry', 'millrace:consumer:error'];
  for (const channel of channels) subscribe(channel, listen);
  return {
    [Symbol.dispose]: () => {
      for (const channel of channels) unsubscribe(channel, listen);
    },
  };
}
