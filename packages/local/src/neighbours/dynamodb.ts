import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';

import type { WireRequest, WireResponse } from '../wire/message.ts';
import type { Neighbour } from './neighbour.ts';

/**
 * DynamoDB by dynalite, for leases, in memory or in `folder`. Loaded with the first request to it. Dynalite keeps its own time, so
 * it does not follow a manual clock.
 */
export function createDynamodb(folder?: string): Neighbour {
  let server: Promise<Server> | undefined;
  return {
    targets: ['DynamoDB_20120810', 'DynamoDB_20111205'],
    async answer(request) {
      try {
        server ??= start(folder);
        return await exchange(await server, request);
      } catch (error) {
        return {
          status: 500,
          headers: { 'content-type': 'application/x-amz-json-1.0' },
          body: JSON.stringify({
            __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
            message: `The embedded DynamoDB failed: ${error instanceof Error ? error.message : String(error)}`,
          }),
        };
      }
    },
    async close() {
      const running = server;
      server = undefined;
      if (folder !== undefined && running !== undefined) await end(await running);
    },
  };
}

/** Dynalite closes its files only when it stops listening, so it listens for that moment. */
function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => server.close(() => resolve()));
  });
}

async function start(folder: string | undefined): Promise<Server> {
  const { default: dynalite } = await import('dynalite');
  return dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(folder === undefined ? {} : { path: folder }),
  });
}

/**
 * One request through a server that does not listen. The request is complete before dynalite sees it: it would throw
 * out of the event loop when a client goes away in the middle of one.
 */
function exchange(server: Server, request: WireRequest): Promise<WireResponse> {
  return new Promise((resolve) => {
    const incoming = Object.assign(new EventEmitter(), {
      method: request.method,
      url: request.path,
      headers: request.headers,
    });
    server.emit('request', incoming, new Answer(resolve));
    const body = toBuffer(request.body);
    if (body.length > 0) incoming.emit('data', body);
    incoming.emit('end');
  });
}

/** The same bytes: the SDK's in-process body is an array that complains of being taken for anything else. */
function toBuffer(body: string | Uint8Array): Buffer {
  return typeof body === 'string'
    ? Buffer.from(body)
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** The part of `http.ServerResponse` that dynalite uses. */
class Answer {
  statusCode = 200;
  contentType: string | undefined;
  readonly #headers: Record<string, string> = {};
  readonly #resolve: (response: WireResponse) => void;

  constructor(resolve: (response: WireResponse) => void) {
    this.#resolve = resolve;
  }

  setHeader(name: string, value: string | number): void {
    this.#headers[name.toLowerCase()] = String(value);
  }

  end(body?: string | Uint8Array): void {
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = this.#headers;
    this.#resolve({ status: this.statusCode, headers, body: body ?? '' });
  }
}
