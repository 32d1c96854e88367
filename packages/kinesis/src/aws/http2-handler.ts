import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

import { systemClock } from '../runtime/clock.ts';
import {
  aborted,
  bodyOf,
  pathOf,
  plain,
  timedOut,
  type Answer,
  type CallOptions,
  type OutgoingRequest,
} from './http-call.ts';

const connectTimeoutMs = 10_000;
/** What may be under way to us: an event of a large record at once. Node's own limit is made for web pages. */
const windowBytes = 1_048_576;

/**
 * Sends the SDK's requests over HTTP/2, each on a connection of its own that is closed with it: for subscriptions, which
 * last minutes, and the few calls about their consumers. A connection that has died without a word costs one call.
 */
export class Http2Handler {
  readonly metadata = { handlerProtocol: 'h2' };
  readonly #requestTimeoutMs: number;
  readonly #sessions = new Set<ClientHttp2Session>();

  /** `requestTimeoutMs`: silence after which a call has failed; 0 for no limit. */
  constructor(requestTimeoutMs: number) {
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  handle(request: OutgoingRequest, options: CallOptions = {}): Promise<Answer> {
    const { abortSignal, requestTimeout = this.#requestTimeoutMs } = options;
    return new Promise((resolve, reject) => {
      if (abortSignal?.aborted === true) {
        reject(aborted());
        return;
      }
      const body = bodyOf(request);
      const session = this.#connect(request);
      const stream = session.request(headersOf(request));
      const fail = (error: Error): void => {
        reject(error);
        // Closed in peace, the call would first send its body to the end.
        session.destroy(undefined, constants.NGHTTP2_CANCEL);
      };
      watch(stream, requestTimeout, fail);
      const onAbort = (): void => fail(aborted());
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
      signal?.addEventListener('abort', onAbort, { once: true });
      stream.once('response', (headers) => {
        const { ':status': statusCode = 0 } = headers;
        resolve({ response: { statusCode, headers: plain(headers), body: stream } });
      });
      // A stream that waited for its connection knows from it what went wrong.
      stream.on('error', (error: Error) => reject(error.cause instanceof Error ? error.cause : error));
      stream.once('close', () => {
        signal?.removeEventListener('abort', onAbort);
        session.destroy();
        reject(new Error('The HTTP/2 stream was closed without an answer'));
      });
      stream.end(body);
    });
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy();
  }

  /** A part of the SDK's interface; what it would change is fixed here. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {};
  }

  #connect({ protocol, hostname, port }: OutgoingRequest): ClientHttp2Session {
    const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
    const session = connect(origin, { settings: { enablePush: false, initialWindowSize: windowBytes } });
    this.#sessions.add(session);
    session.once('connect', () => {
      // Node tells of the connection of a session that was destroyed meanwhile, too, and nobody would catch what this throws.
      if (!session.destroyed) session.setLocalWindowSize(windowBytes);
    });
    // Its call is told why by its stream.
    session.on('error', () => {});
    session.once('close', () => this.#sessions.delete(session));
    return session;
  }
}

/** Fails a call whose connection takes too long, or that is silent for `silenceMs` afterwards. */
function watch(stream: ClientHttp2Stream, silenceMs: number, fail: (error: Error) => void): void {
  // Not a timer of the stream: Node forgets to stop it when the connection is refused, and it holds the stream's body.
  const limitMs = silenceMs > 0 ? Math.min(silenceMs, connectTimeoutMs) : connectTimeoutMs;
  const connecting = systemClock.timer(limitMs, () => fail(timedOut('connection', limitMs)));
  const stop = (): void => connecting[Symbol.dispose]();
  stream.once('ready', () => {
    stop();
    if (silenceMs > 0) stream.setTimeout(silenceMs, () => fail(timedOut('answer', silenceMs)));
  });
  stream.once('close', stop);
}

function headersOf(request: OutgoingRequest): Readonly<Record<string, string>> {
  // These first: to add to a copy costs ten times as much.
  return { ':path': pathOf(request), ':method': request.method, ...request.headers };
}
