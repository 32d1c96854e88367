import { Agent, request as requestInClear, type AgentOptions, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as requestOverTls } from 'node:https';

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

/** A connection that nothing used for so long is closed by us, before the service closes it under the next call. */
const idleMs = 20_000;
/** A process may have 1,024 files open by default, and has a handler or three. Further calls wait for a connection. */
const mostConnections = 256;
const kept: AgentOptions = { keepAlive: true, timeout: idleMs, maxSockets: mostConnections };

/**
 * Sends the SDK's requests over HTTP/1.1, each call in flight on a connection of its own that is kept for the next. HTTP/2
 * lets the calls of a connection have 64 KiB under way between them until the service asks for more, which is less than one
 * PutRecords call of 500 entries, so that they wait a round trip for every 64 KiB; and in Node all there was of a call
 * outlives the young generation, which makes collecting it a good part of what small calls cost.
 */
export class Http1Handler {
  /** The SDK then signs the header `host`. */
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #requestTimeoutMs: number;
  readonly #agent = new Agent(kept);
  readonly #tlsAgent = new TlsAgent(kept);

  /** `requestTimeoutMs`: silence, also while connecting, after which a call has failed. */
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
      const call = this.#open(request, requestTimeout);
      const onAbort = (): void => {
        call.destroy(aborted());
        // One that waits for a connection would say so when it gets it.
        reject(aborted());
      };
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
      signal?.addEventListener('abort', onAbort, { once: true });
      call.once('response', (answer) => {
        // Whoever reads it hears of it, too; until then nobody does.
        answer.on('error', () => {});
        const { statusCode = 0, headers } = answer;
        resolve({ response: { statusCode, headers: plain(headers), body: answer } });
      });
      call.once('timeout', () => void call.destroy(timedOut('answer', requestTimeout)));
      call.on('error', reject);
      call.once('close', () => signal?.removeEventListener('abort', onAbort));
      call.end(body);
    });
  }

  destroy(): void {
    this.#agent.destroy();
    this.#tlsAgent.destroy();
  }

  /** A part of the SDK's interface; what it would change is fixed here. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {};
  }

  #open(request: OutgoingRequest, timeout: number): ReturnType<typeof requestInClear> {
    const { method, protocol, hostname, port, headers } = request;
    const options: RequestOptions = {
      method,
      // An address of IPv6 stands in brackets in a URL, and nowhere else.
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      path: pathOf(request),
      // As they are: each one set by name costs a look at it.
      headers: Object.entries(headers).flat(),
      timeout,
      ...(port !== undefined && { port }),
    };
    return protocol === 'https:'
      ? requestOverTls({ ...options, agent: this.#tlsAgent })
      : requestInClear({ ...options, agent: this.#agent });
  }
}
