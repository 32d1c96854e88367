import { MillraceError } from '../errors.ts';
import type { Handler, HandlerContext } from '../process/index.ts';
import type { StreamRecord } from '../record/record.ts';
import { Bell } from '../runtime/bell.ts';

interface Runnable<T> {
  run(handler: Handler<T>): Promise<void>;
  close(options: { readonly drain: number }): Promise<void>;
}

interface Offer<V> {
  readonly value: V;
  /** The loop has come back for more: this one is handled. */
  readonly handled: () => void;
  /** Its shard waits for the loop and is not stuck. */
  readonly progress: () => void;
  /** Whether the loop may be given it: its shard may have been lost while it waited its turn. */
  readonly isHeld: () => boolean;
}

/**
 * Turns a consumer into an iteration over records: shards offer them, the loop takes one after the other. The record in the
 * loop's hands when it breaks (or throws) is not handled, and comes again.
 */
export function iterateRecords<T>(consumer: Runnable<T>): AsyncGenerator<StreamRecord<T>, void, undefined> {
  return iterate<StreamRecord<T>>(consumer, (offer) => consumer.run({ eachRecord: offer }));
}

/** The same over batches: the records of a shard that arrived together. */
export function iterateBatches<T>(
  consumer: Runnable<T>,
): AsyncGenerator<readonly StreamRecord<T>[], void, undefined> {
  return iterate<readonly StreamRecord<T>[]>(consumer, (offer) => consumer.run({ eachBatch: offer }));
}

type OfferTo<V> = (value: V, context: HandlerContext) => Promise<void>;

async function* iterate<V>(
  consumer: Pick<Runnable<never>, 'close'>,
  run: (offer: OfferTo<V>) => Promise<void>,
): AsyncGenerator<V, void, undefined> {
  const offers: Offer<V>[] = [];
  const bell = new Bell();
  let taken = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  const offer: OfferTo<V> = (value, { signal, stream, shardId, progress, isHeld }) =>
    new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(notTaken(stream, shardId));
      signal.addEventListener('abort', onAbort, { once: true });
      const handled = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      offers.push({ value, handled, progress, isHeld: () => !signal.aborted && isHeld() });
      bell.ring();
    });
  const running = run(offer)
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => {
      ended = true;
      bell.ring();
    });
  try {
    for (;;) {
      const next = offers.shift();
      if (next !== undefined) {
        if (!next.isHeld()) continue;
        next.progress();
        // As long as the loop takes anything, those in the queue wait their turn: one is told so each time.
        offers[taken++ % offers.length]?.progress();
        yield next.value;
        next.handled();
      } else if (ended) {
        break;
      } else {
        await bell.wait();
      }
    }
  } finally {
    await consumer.close({ drain: 0 });
    await running;
  }
  if (failure !== undefined) throw failure.error;
}

function notTaken(stream: string, shardId: string): MillraceError {
  return new MillraceError('ABORTED', 'The loop ended before it had handled what it was given.', {
    advice: 'It comes again when the group goes on.',
    stream,
    shardId,
  });
}
