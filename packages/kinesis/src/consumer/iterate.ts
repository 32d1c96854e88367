import { MillraceError } from '../errors.ts';
import type { EachRecord } from '../process/index.ts';
import type { StreamRecord } from '../record/record.ts';

interface Runnable<T> {
  run(handler: EachRecord<T>): Promise<void>;
  close(options: { readonly drain: number }): Promise<void>;
}

interface Offer<T> {
  readonly record: StreamRecord<T>;
  /** The loop has come back for another record: this one is handled. */
  readonly handled: () => void;
}

/**
 * Turns a consumer into an iteration: shards offer records, the loop takes one after the other. The record in the loop's
 * hands when it breaks (or throws) is not handled, and comes again.
 */
export async function* iterate<T>(consumer: Runnable<T>): AsyncGenerator<StreamRecord<T>, void, undefined> {
  const offers: Offer<T>[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const eachRecord: EachRecord<T>['eachRecord'] = (record, { signal }) =>
    new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(notTaken(record));
      signal.addEventListener('abort', onAbort, { once: true });
      const handled = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      offers.push({ record, handled });
      wake?.();
    });
  const running = consumer
    .run({ eachRecord })
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => {
      ended = true;
      wake?.();
    });
  try {
    for (;;) {
      const offer = offers.shift();
      if (offer !== undefined) {
        yield offer.record;
        offer.handled();
      } else if (ended) {
        break;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    await consumer.close({ drain: 0 });
    await running;
  }
  if (failure !== undefined) throw failure.error;
}

function notTaken(record: StreamRecord<unknown>): MillraceError {
  const { stream, shardId, sequenceNumber } = record;
  return new MillraceError('ABORTED', 'The loop ended before it had handled this record.', {
    advice: 'It comes again when the group goes on.',
    stream,
    shardId,
    sequenceNumber,
  });
}
