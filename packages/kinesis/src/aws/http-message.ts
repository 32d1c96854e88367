import { Readable } from 'node:stream';

/** What the SDK is about to send. */
export interface Request {
  body: unknown;
}

/** What came back, before the SDK has read it. */
export interface Response {
  readonly statusCode: number;
  body: unknown;
}

export function isRequest(request: unknown): request is Request {
  return typeof request === 'object' && request !== null && 'body' in request;
}

export function isResponse(response: unknown): response is Response {
  return typeof response === 'object' && response !== null && 'statusCode' in response && 'body' in response;
}

/**
 * A step of the SDK's, just before it reads: `take` is given the body of a good answer, and answers what the SDK reads instead.
 * To be added where {@link beforeReading} says.
 */
export function takeBody(
  take: (body: unknown) => unknown,
): <A, R extends { response: unknown }>(next: (args: A) => Promise<R>) => (args: A) => Promise<R> {
  return (next) => async (args) => {
    const result = await next(args);
    const { response } = result;
    if (isResponse(response) && response.statusCode === 200) response.body = await take(response.body);
    return result;
  };
}

export const beforeReading = { step: 'deserialize', priority: 'low', name: 'millraceAnswer' } as const;

/** A body as a whole. */
export async function collect(body: unknown): Promise<Buffer> {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof Readable) return readAll(body);
  const chunks: Uint8Array[] = [];
  if (isChunked(body)) for await (const chunk of body) chunks.push(chunk);
  return join(chunks);
}

/** As iterating over it does, at a part of the cost: most bodies are a chunk or two. */
function readAll(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // It would say nothing any more.
    if (stream.destroyed) reject(stream.errored ?? brokenOff());
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => resolve(join(chunks)));
    stream.once('error', reject);
    stream.once('close', () => {
      if (!stream.readableEnded) reject(brokenOff());
    });
  });
}

/** Named as Node names it when it iterates. */
function brokenOff(): Error {
  const error = new Error('The connection was closed in the middle of an answer');
  return Object.assign(error, { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}

function join(chunks: readonly Uint8Array[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first instanceof Buffer ? first : Buffer.concat(chunks);
}

function isChunked(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
