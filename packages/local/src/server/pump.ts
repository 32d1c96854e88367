import type { Writable } from 'node:stream';

import type { ByteStream } from '../wire/message.ts';

/**
 * Sends a body as its chunks come, never faster than the client reads: the next is asked for when the last has room.
 * When the client goes away the body is told.
 */
export async function pump(body: ByteStream, sink: Writable): Promise<void> {
  if (sink.destroyed) {
    await body.return();
    return;
  }
  const leave = (): void => void body.return();
  sink.once('close', leave);
  try {
    for await (const chunk of body) {
      if (sink.destroyed) return;
      if (!sink.write(chunk)) await drained(sink);
    }
    sink.end();
  } finally {
    sink.off('close', leave);
  }
}

function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      sink.off('drain', settle);
      sink.off('close', settle);
      resolve();
    };
    sink.on('drain', settle);
    sink.on('close', settle);
  });
}
