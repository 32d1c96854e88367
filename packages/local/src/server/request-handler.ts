import type { HttpHandler, HttpRequest } from '@smithy/core/protocols';

import { DroppedConnection } from '../api/dropped-connection.ts';
import { isByteStream, type ByteStream, type WireRequest, type WireResponse } from '../wire/message.ts';
import type { Front } from './front.ts';

/** A `requestHandler` for AWS SDK v3 clients that answers in the same process, without a socket. */
export type InProcessHandler = HttpHandler;

export function createRequestHandler(front: Front): InProcessHandler {
  return {
    metadata: { handlerProtocol: 'in-process' },
    async handle(request, { abortSignal } = {}) {
      const answer = front(await toWire(request));
      const { status, headers, body, dropped } = await unlessAborted(answer, abortSignal);
      if (dropped === true) throw new DroppedConnection();
      // Loaded by the first call: a server that only listens never needs it.
      const { HttpResponse } = await import('@smithy/core/protocols');
      return {
        response: new HttpResponse({
          statusCode: status,
          headers: { ...headers },
          body: toBody(body, abortSignal),
        }),
      };
    },
    destroy() {
      // Nothing is held: clients come and go, the engine stays.
    },
    updateHttpClientConfig() {
      // There is no client to configure.
    },
    httpHandlerConfigs: () => ({}),
  };
}

function toBody(body: WireResponse['body'], signal: Signal | undefined): Uint8Array | ByteStream {
  if (isByteStream(body)) return signal === undefined ? body : abortable(body, signal);
  return typeof body === 'string' ? Buffer.from(body) : body;
}

/** The SDK's real handlers end a streamed answer when the signal fires, too. */
function abortable(body: ByteStream, signal: Signal): ByteStream {
  if (!('addEventListener' in signal)) return body;
  const listening = new AbortController();
  signal.addEventListener('abort', () => void body.return(), { once: true, signal: listening.signal });
  const heed = async (
    result: Promise<IteratorResult<Uint8Array, undefined>>,
  ): Promise<IteratorResult<Uint8Array, undefined>> => {
    const settled = await result;
    if (settled.done === true) listening.abort();
    return settled;
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => heed(body.next()),
    return: () => heed(body.return()),
  };
}

async function toWire(request: HttpRequest): Promise<WireRequest> {
  const query = Object.entries(request.query)
    .flatMap(([name, value]) => [value ?? ''].flat().map((one) => [name, one]))
    .map((pair) => pair.map((part) => encodeURIComponent(part ?? '')).join('='))
    .join('&');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value;
  return {
    method: request.method,
    path: query === '' ? request.path : `${request.path}?${query}`,
    headers,
    body: await readBody(request.body),
  };
}

async function readBody(body: unknown): Promise<string | Uint8Array> {
  if (body === undefined || body === null) return '';
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (!isAsyncIterable(body)) throw new TypeError('The request body is neither text, bytes nor a stream.');
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)));
  }
  return Buffer.concat(chunks);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

type Signal = NonNullable<NonNullable<Parameters<InProcessHandler['handle']>[1]>['abortSignal']>;

async function unlessAborted(
  answer: WireResponse | Promise<WireResponse>,
  signal: Signal | undefined,
): Promise<WireResponse> {
  if (signal?.aborted === true) throw abortError();
  // The SDK's own old kind of signal cannot be listened to.
  if (signal === undefined || !('addEventListener' in signal)) return answer;
  const listening = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(abortError()), { once: true, signal: listening.signal });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    listening.abort();
  }
}

function abortError(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}
