import type { Readable } from 'node:stream';

/**
 * The whole body, or undefined when it is larger than `maxBytes`: then the rest is thrown away unread. Rejects when
 * the sender goes away.
 */
export function collectBody(
  source: Readable,
  declared: string | undefined,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    if (Number(declared ?? 0) > maxBytes) {
      source.resume();
      source.on('error', ignore);
      resolve(undefined);
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    source.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        chunks.length = 0;
        resolve(undefined);
      } else chunks.push(chunk);
    });
    source.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    source.on('error', reject);
    source.on('close', () => reject(new Error('The client went away.')));
  });
}

function ignore(): void {
  // The request is refused already.
}
