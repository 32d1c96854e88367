import type { BufferPool } from './buffer-pool.ts';

/** A request as every door hands it on: socket of either HTTP version, or a call in the same process. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | Uint8Array;
  /** Whether it comes from this machine; absent for a call in the same process. */
  readonly fromLoopback?: boolean;
  /** Where an answer may take its buffer from, by a door that gives it back once it is sent. */
  readonly buffers?: BufferPool;
}

export interface WireResponse {
  readonly status: number;
  /** Names in lower case, without `content-length`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | ByteStream;
  /** A fault: the connection is cut and nothing of this is sent. */
  readonly dropped?: true;
}

/** A body whose chunks come with time. A reader that goes away before its end calls `return`, which frees all. */
export interface ByteStream extends AsyncIterator<Uint8Array, undefined> {
  [Symbol.asyncIterator](): this;
  return(): Promise<IteratorResult<Uint8Array, undefined>>;
}

export function isByteStream(body: WireResponse['body']): body is ByteStream {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}
