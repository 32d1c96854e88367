import process from 'node:process';

import { systemClock } from '../runtime/clock.ts';
import type { Answer, CallOptions, OutgoingRequest } from './http-call.ts';
import { collect, isResponse } from './http-message.ts';
import { RequestTemplate, type Credentials } from './request-template.ts';

/** The parts of a client of ours that a call needs once the SDK has put one together. */
export interface DirectClient {
  readonly config: {
    /** Kept by the SDK, and renewed before they expire. */
    credentials(): Promise<Credentials>;
    /** How far the service's clock is ahead of this machine's, milliseconds, as the SDK found it. */
    readonly systemClockOffset: number;
    readonly requestHandler: {
      handle(request: OutgoingRequest, options?: CallOptions): Promise<Answer>;
    };
  };
}

/** What came of a call that was sent and did not succeed plainly: an answer nobody has read, or what went wrong. */
export type Unsettled = Pick<Answer, 'response'> | { readonly error: unknown };

/** A step of the SDK's. */
type Step = <A extends { request: unknown }, R extends { response: unknown }>(
  next: (args: A) => Promise<R>,
) => (args: A) => Promise<R | Pick<Answer, 'response'>>;

/** The part of an SDK's command that a step is added to. */
interface Command {
  readonly middlewareStack: {
    add(
      step: Step,
      at: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
    ): void;
  };
}

/** For so long a call of the SDK's is a pattern for others: endpoints change. */
const patternMs = 60_000;
/** As far as the SDK lets the clocks differ before it corrects its own. */
const toleratedMs = 240_000;

/**
 * Sends calls of one operation that are like one the SDK has sent. Endpoint, headers and user agent do not change from one call
 * to the next, so they are taken from that one; date, credentials, clock correction and signature do. What is saved is the way
 * through some twenty steps, many times what a small call costs beside.
 *
 * Whatever does not succeed plainly is handed to the SDK, which makes of it what it always does, and puts the next call together
 * anew; and so it does with one call a minute. Only for clients nobody else has a hand in: what others add to a client would be passed by.
 */
export class DirectCalls {
  readonly #client: DirectClient;
  #pattern: { readonly template: RequestTemplate; readonly since: number } | undefined;

  constructor(client: DirectClient) {
    this.#client = client;
  }

  /**
   * The body of a plain success; undefined when nothing was sent: no call is known, or there are no credentials, which the SDK
   * then says in its own words. Never rejects.
   */
  async send(
    body: string | Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Buffer | Unsettled | undefined> {
    const request = await this.#sign(body);
    if (request === undefined) return undefined;
    try {
      const { requestHandler } = this.#client.config;
      const answer = await requestHandler.handle(request, { ...(signal && { abortSignal: signal }) });
      if (answer.response.statusCode === 200) {
        this.#checkClock(answer.response.headers['date']);
        return await collect(answer.response.body, answer.response.headers['content-length']);
      }
      this.#pattern = undefined;
      return answer;
    } catch (error) {
      this.#pattern = undefined;
      return { error };
    }
  }

  /**
   * Has the SDK's call of `command` learnt from, when it goes well; or, when the call was `sent` already, has the SDK make of that
   * what it makes of calls of its own; should it then try again, it does so itself.
   */
  join(command: Command, sent: Unsettled | undefined): void {
    let given = sent;
    const step: Step = (next) => async (args) => {
      const come = given;
      given = undefined;
      if (come === undefined) {
        const result = await next(args);
        if (isResponse(result.response) && result.response.statusCode === 200) this.#learn(args.request);
        return result;
      }
      if ('error' in come) throw come.error;
      return { response: come.response };
    };
    command.middlewareStack.add(step, { step: 'deserialize', priority: 'low', name: 'millraceDirect' });
  }

  /** The SDK corrects its clock by the answers it reads: it is to read the next one. */
  #checkClock(date: string | undefined): void {
    const aheadMs = Date.parse(date ?? '') - systemClock.now() - this.#client.config.systemClockOffset;
    if (Math.abs(aheadMs) >= toleratedMs) this.#pattern = undefined;
  }

  #learn(request: unknown): void {
    // In Lambda every invocation has trace headers of its own, which the SDK puts.
    if ('AWS_LAMBDA_FUNCTION_NAME' in process.env) return;
    const template = isSendable(request) ? RequestTemplate.of(request) : undefined;
    this.#pattern = template && { template, since: systemClock.monotonic() };
  }

  async #sign(body: string | Uint8Array): Promise<OutgoingRequest | undefined> {
    const pattern = this.#pattern;
    if (pattern === undefined) return undefined;
    const now = systemClock.monotonic();
    if (now - pattern.since > patternMs) {
      // One call is put together anew; those beside it go on as before, or a beat of all leases would all be the SDK's.
      this.#pattern = { ...pattern, since: now };
      return undefined;
    }
    const { config } = this.#client;
    try {
      const credentials = await config.credentials();
      return pattern.template.sign(body, credentials, systemClock.now() + config.systemClockOffset);
    } catch {
      return undefined;
    }
  }
}

function isSendable(request: unknown): request is OutgoingRequest {
  return typeof request === 'object' && request !== null && 'headers' in request && 'hostname' in request;
}
