import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/**
 * An iteration as a Node stream that reads nothing ahead. Destroying it calls `close`, which ends the iteration, also while it
 * waits for the next value.
 */
export function toReadable<V>(
  values: AsyncGenerator<V, void, undefined>,
  close: () => Promise<void>,
): Readable {
  const next = async (): Promise<void> => {
    try {
      const { done, value } = await values.next();
      // An end pushed after it was destroyed would pass for a proper one, and a pipeline would wait for it for ever.
      if (!readable.destroyed) readable.push(done === true ? null : value);
    } catch (error) {
      readable.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const end = async (error: Error | null, done: (error: Error | null) => void): Promise<void> => {
    await close();
    done(error);
  };
  const readable = new Readable({
    objectMode: true,
    highWaterMark: 0,
    read: () => void next(),
    destroy: (error, done) => void end(error, done),
  });
  return readable;
}

/** The same as a web stream; cancelling it calls `close`. */
export function toReadableStream<V>(
  values: AsyncGenerator<V, void, undefined>,
  close: () => Promise<void>,
): ReadableStream<V> {
  return new ReadableStream<V>(
    {
      async pull(controller) {
        const { done, value } = await values.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}
