import type { Readable } from 'node:stream';

import { systemClock } from '@millrace/kinesis/runtime';

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

/** `requestMs` is how long a body may take, in milliseconds of the machine's own time. */
export function createIntake(maxRequestBytes: number, requestMs: number): Intake {
  const capacity = maxRequestBytes * largestAtOnce;
  let held = 0;
  return {
    maxRequestBytes,
    collect: (source, declared) =>
      new Promise((resolve, reject) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        let refused = false;
        const late = systemClock.timer(requestMs, () => {
          source.destroy(new Error('The request took too long.'));
        });
        const release = (): void => {
          late[Symbol.dispose]();
          held -= bytes;
          bytes = 0;
        };
        const refuse = (why: 'too large' | 'too busy'): void => {
          refused = true;
          chunks.length = 0;
          release();
          resolve(why);
        };
        if (Number(declared ?? 0) > maxRequestBytes) refuse('too large');
        source.on('data', (chunk: Buffer) => {
          if (refused) return;
          bytes += chunk.length;
          held += chunk.length;
          if (bytes > maxRequestBytes) refuse('too large');
          else if (held > capacity) refuse('too busy');
          else chunks.push(chunk);
        });
        source.on('end', () => {
          release();
          if (!refused) resolve(chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks));
        });
        source.on('error', reject);
        source.on('close', () => {
          release();
          reject(new Error('The client went away.'));
        });
      }),
  };
}
