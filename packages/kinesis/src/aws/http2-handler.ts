import type { ClientHttp2Stream } from 'node:http2';

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
import { cancel, Http2Session } from './http2-session.ts';

const connectTimeoutMs = 10_000;

/**
 * Sends the SDK's requests over HTTP/2, on connections that are kept and shared. The SDK's own handler opens one for every
 * call unless told not to; shared, it keeps the body of each call that was refused or cut off, and goes on using a
 * connection that has died without a word. Here a connection on which a call timed out or was given up takes no more.
 */
export class Http2Handler {
  readonly metadata = { handlerProtocol: 'h2' };
  readonly #requestTimeoutMs: number;
  readonly #sessions = new Map<string, Set<Http2Session>>();
  readonly #own = new Set<Http2Session>();

  /** `requestTimeoutMs`: silence after which a call has failed; 0 for no limit. */
  constructor(requestTimeoutMs: number) {
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  handle(request: OutgoingRequest, options: CallOptions = {}): Promise<Answer> {
    const { abortSignal, isEventStream = false, requestTimeout = this.#requestTimeoutMs } = options;
    return new Promise((resolve, reject) => {
      if (abortSignal?.aborted === true) {
        reject(aborted());
        return;
      }
      const session = this.#sessionFor(request, isEventStream);
      const stream = session.open({ headers: headersOf(request), body: bodyOf(request) });
      const fail = (error: Error): void => {
        session.retire();
        cancel(stream);
        reject(error);
      };
      watch(stream, requestTimeout, fail);
      const onAbort = (): void => fail(aborted());
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
      signal?.addEventListener('abort', onAbort, { once: true });
      let answered = false;
      stream.once('response', (headers) => {
        answered = true;
        const { ':status': statusCode = 0 } = headers;
        resolve({ response: { statusCode, headers: plain(headers), body: stream } });
      });
      // A stream that waited for its connection knows from it what went wrong.
      stream.on('error', (error: Error) => reject(error.cause instanceof Error ? error.cause : error));
      stream.once('close', () => {
        signal?.removeEventListener('abort', onAbort);
        if (isEventStream) session.retire();
        if (!answered) reject(new Error('The HTTP/2 stream was closed without an answer'));
      });
    });
  }

  destroy(): void {
    const shared = [...this.#sessions.values()].flatMap((sessions) => [...sessions]);
    for (const session of [...shared, ...this.#own]) session.destroy();
  }

  /** A part of the SDK's interface; what it would change is fixed here. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {};
  }

  #sessionFor({ protocol, hostname, port }: OutgoingRequest, isEventStream: boolean): Http2Session {
    const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
    if (isEventStream) {
      const session = new Http2Session(origin, () => this.#own.delete(session));
      this.#own.add(session);
      return session;
    }
    const sessions = this.#sessions.get(origin) ?? new Set();
    this.#sessions.set(origin, sessions);
    for (const session of sessions) if (session.hasRoom) return session;
    const session = new Http2Session(origin, () => sessions.delete(session));
    sessions.add(session);
    return session;
  }
}

/** Fails a call whose connection takes too long, or that is silent for `silenceMs` afterwards. */
function watch(stream: ClientHttp2Stream, silenceMs: number, fail: (error: Error) => void): void {
  const start = (): void => {
    if (silenceMs > 0) stream.setTimeout(silenceMs, () => fail(timedOut('answer', silenceMs)));
  };
  if (!stream.pending) {
    start();
    return;
  }
  // Not a timer of the stream: Node forgets to stop it when the connection is refused, and it holds the stream's body.
  const limitMs = silenceMs > 0 ? Math.min(silenceMs, connectTimeoutMs) : connectTimeoutMs;
  const connecting = systemClock.timer(limitMs, () => fail(timedOut('connection', limitMs)));
  const stop = (): void => connecting[Symbol.dispose]();
  stream.once('ready', () => {
    stop();
    start();
  });
  stream.once('close', stop);
}

function headersOf(request: OutgoingRequest): Readonly<Record<string, string>> {
  // These first: to add to a copy costs ten times as much.
  return { ':path': pathOf(request), ':method': request.method, ...request.headers };
}
