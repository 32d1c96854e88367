import type { Readable } from 'node:stream';

import { systemClock } from '@millrace/kinesis/runtime';

import type { BufferPool } from '../wire/buffer-pool.ts';

/** A body, or why it was not taken. */
export type Body = Uint8Array | 'too large' | 'too busy';

/** Takes in bodies, and never holds more of them at the same time than it may. */
export interface Intake {
  readonly maxRequestBytes: number;
  /**
   * The whole body. What is refused is thrown away unread. Rejects when the sender goes away or takes too long.
   */
  collect(source: Readable, declared: string | undefined): Promise<Body>;
}

/** Requests of the largest size that may be received at the same time; smaller ones accordingly more. */
const largestAtOnce = 16;

/**
 * `requestMs` is how long a body may take, in milliseconds of the machine's own time. Bodies of several pieces are put
 * together in a buffer of `buffers`, for the caller to give back.
 */
export function createIntake(maxRequestBytes: number, requestMs: number, buffers: BufferPool): Intake {
  const capacity = maxRequestBytes * largestAtOnce;
  let held = 0;
  return {
    maxRequestBytes,
    collect: (source, declared) =>
      new Promise((resolve, reject) => {
        const length = Number(declared ?? 0);
        const chunks: Buffer[] = [];
        /** Given when the body's length is known and more than one piece. */
        let whole: Buffer | undefined;
        let bytes = 0;
        let holding = 0;
        let refused = false;
        const late = systemClock.timer(requestMs, () => {
          source.destroy(new Error('The request took too long.'));
        });
        const hold = (more: number): void => {
          held += more;
          holding += more;
        };
        const release = (): void => {
          late[Symbol.dispose]();
          hold(-holding);
        };
        const refuse = (why: 'too large' | 'too busy'): void => {
          refused = true;
          chunks.length = 0;
          whole = undefined;
          release();
          resolve(why);
        };
        const keep = (chunk: Buffer): void => {
          if (bytes === 0 && chunk.length < length) {
            hold(length);
            whole = held > capacity ? undefined : buffers.take(length);
          }
          bytes += chunk.length;
          if (whole === undefined) {
            hold(chunk.length);
            chunks.push(chunk);
          } else whole.set(chunk, bytes - chunk.length);
        };
        if (length > maxRequestBytes) refuse('too large');
        source.on('data', (chunk: Buffer) => {
          if (refused) return;
          // HTTP/1.1 ends a body where it said; HTTP/2 leaves that to us.
          if (bytes + chunk.length > (whole === undefined ? maxRequestBytes : length)) refuse('too large');
          else keep(chunk);
          if (held > capacity) refuse('too busy');
        });
        source.on('end', () => {
          release();
          if (!refused) resolve(whole?.subarray(0, bytes) ?? joined(chunks));
        });
        source.on('error', reject);
        source.on('close', () => {
          release();
          // An error for each request that ended well would cost more than taking it in.
          if (!source.readableEnded) reject(new Error('The client went away.'));
        });
      }),
  };
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
