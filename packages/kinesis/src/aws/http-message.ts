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

/** A body as a whole. `length` is what its header says, in bytes, where it says it. */
export async function collect(body: unknown, length?: string): Promise<Buffer> {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof Readable) return readAll(body, new Chunks(length));
  const chunks = new Chunks(length);
  if (isChunked(body)) for await (const chunk of body) chunks.push(chunk);
  return chunks.join();
}

/** As iterating over it does, at a part of the cost. */
function readAll(stream: Readable, chunks: Chunks): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // It would say nothing any more.
    if (stream.destroyed) reject(stream.errored ?? brokenOff());
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => resolve(chunks.join()));
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

/** No answer is longer: 10 MiB of records as base64, or a page of leases. What claims to be gets no room before it has come. */
const mostBytes = 16 * 1_048_576;

/**
 * What has come of a body. One of known length that comes in many chunks is put together as they come: each is in the
 * processor's cache then, and free to go, while a large body kept twice has the garbage collector run through everything.
 */
class Chunks {
  readonly #length: number;
  #chunks: Uint8Array[] = [];
  #room: Buffer | undefined;
  /** Bytes in the room. */
  #filled = 0;

  constructor(length: string | undefined) {
    this.#length = Number(length);
  }

  push(chunk: Uint8Array): void {
    const isFirst = this.#room === undefined && this.#chunks.length === 0;
    if (isFirst && chunk.length < this.#length && this.#length <= mostBytes)
      this.#room = takeRoom(this.#length);
    if (this.#room !== undefined && chunk.length <= this.#length - this.#filled) {
      this.#room.set(chunk, this.#filled);
      this.#filled += chunk.length;
      return;
    }
    this.#leaveRoom();
    this.#chunks.push(chunk);
  }

  join(): Buffer {
    this.#leaveRoom();
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first instanceof Buffer ? first : Buffer.concat(this.#chunks);
  }

  #leaveRoom(): void {
    if (this.#room !== undefined) this.#chunks.push(this.#room.subarray(0, this.#filled));
    this.#room = undefined;
  }
}

/** Smaller rooms are made as quickly as they are looked for. */
const worthKeeping = 1_048_576;
/**
 * Rooms of large bodies that are done with. Each new one would bring the garbage collector nearer to a look at all there is; it
 * may have those that nobody takes.
 */
const rooms: WeakRef<ArrayBufferLike>[] = [];

function takeRoom(length: number): Buffer {
  if (length < worthKeeping) return Buffer.allocUnsafeSlow(length);
  for (let kept = rooms.pop(); kept !== undefined; kept = rooms.pop()) {
    const room = kept.deref();
    if (room !== undefined && room.byteLength >= length) return Buffer.from(room, 0, length);
  }
  const size = Math.ceil(length / worthKeeping) * worthKeeping;
  return Buffer.allocUnsafeSlow(size).subarray(0, length);
}

/** Gives back the room of a body that was collected: nothing may look at it any more. */
export function release({ buffer }: Buffer): void {
  if (buffer.byteLength >= worthKeeping) rooms.push(new WeakRef(buffer));
}

function isChunked(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
