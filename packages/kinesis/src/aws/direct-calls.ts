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

/** A way to write calls and answers that the service understands beside JSON, which is the SDK's. */
export interface BodyFormat {
  readonly contentType: string;
  /** The body of an error, as the SDK reads it; undefined when it says that the call was not understood. */
  readonly errorAsJson: (body: Buffer) => string | undefined;
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
  #format: BodyFormat | undefined;
  /** Whether the service has answered in the format: what fails after that has another reason. */
  #isUnderstood = false;
  #pattern: { readonly template: RequestTemplate; readonly since: number } | undefined;

  /** `format`: how bodies are written, as long as the service understands it. Default: JSON. */
  constructor(client: DirectClient, format?: BodyFormat) {
    this.#client = client;
    this.#format = format;
  }

  /** How the body of the next call is to be written, and that of its success will be; undefined for JSON. */
  get format(): BodyFormat | undefined {
    return this.#format;
  }

  /** Goes over to JSON for good: what the service says in the format cannot be read. */
  giveUpFormat(): void {
    this.#format = undefined;
    this.#pattern = undefined;
  }

  /**
   * The body of a plain success; undefined when the SDK is to make the call: none is known yet, there are no credentials, which it
   * says in its own words, or the service does not understand the format, which is then given up. Never rejects.
   */
  async send(
    body: string | Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Buffer | Unsettled | undefined> {
    const format = this.#format;
    const request = await this.#sign(body);
    if (request === undefined) return undefined;
    try {
      const { requestHandler } = this.#client.config;
      const answer = await requestHandler.handle(request, { ...(signal && { abortSignal: signal }) });
      const { statusCode, headers } = answer.response;
      const isPlain = format === undefined || isIn(headers, format);
      if (statusCode === 200 && isPlain) {
        this.#isUnderstood = true;
        this.#checkClock(headers['date']);
        return await collect(answer.response.body, headers['content-length']);
      }
      this.#pattern = undefined;
      return format === undefined ? answer : await this.#inJson(answer, format);
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
        if (isGood(result.response)) this.#learn(args.request);
        return result;
      }
      if ('error' in come) throw come.error;
      return { response: come.response };
    };
    command.middlewareStack.add(step, { step: 'deserialize', priority: 'low', name: 'millraceDirect' });
  }

  /**
   * Has the SDK's call of another operation learnt from, when it goes well and none is known: it differs from one of `operation`
   * in its name and its body, and goes before the first of them.
   */
  learnFrom(command: Command, operation: string): void {
    const step: Step = (next) => async (args) => {
      const result = await next(args);
      const { request } = args;
      if (this.#pattern === undefined && isGood(result.response) && isSendable(request))
        this.#learn(asOperation(request, operation));
      return result;
    };
    command.middlewareStack.add(step, { step: 'deserialize', priority: 'low', name: 'millraceLearn' });
  }

  /** What did not succeed, as the SDK reads it. */
  async #inJson({ response }: Answer, format: BodyFormat): Promise<Unsettled | undefined> {
    // Read even when nobody wants to know: its connection is free again then.
    const body = await collect(response.body);
    // Those that stand before the service have pages of their own for what fails there; it passes.
    if (this.#isUnderstood && response.statusCode >= 500 && !isIn(response.headers, format))
      return { response: { ...response, body } };
    const { 'content-length': _, ...headers } = response.headers;
    const json = isIn(headers, format) ? format.errorAsJson(body) : undefined;
    if (json !== undefined) return { response: { ...response, headers, body: Buffer.from(json) } };
    // Whatever plays the service, or stands before it, has another language.
    this.giveUpFormat();
    return undefined;
  }

  /** The SDK corrects its clock by the answers it reads: it is to read the next one. */
  #checkClock(date: string | undefined): void {
    const aheadMs = Date.parse(date ?? '') - systemClock.now() - this.#client.config.systemClockOffset;
    if (Math.abs(aheadMs) >= toleratedMs) this.#pattern = undefined;
  }

  #learn(request: unknown): void {
    // In Lambda every invocation has trace headers of its own, which the SDK puts.
    if ('AWS_LAMBDA_FUNCTION_NAME' in process.env) return;
    const template = isSendable(request) ? RequestTemplate.of(inFormat(request, this.#format)) : undefined;
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

function isIn(headers: Readonly<Record<string, string>>, { contentType }: BodyFormat): boolean {
  return headers['content-type']?.startsWith(contentType) === true;
}

function isGood(response: unknown): boolean {
  return isResponse(response) && response.statusCode === 200;
}

function inFormat(request: OutgoingRequest, format: BodyFormat | undefined): OutgoingRequest {
  return format === undefined ? request : withHeader(request, 'content-type', () => format.contentType);
}

/** The service is told the operation as `Kinesis_20131202.GetRecords`. */
function asOperation(request: OutgoingRequest, operation: string): OutgoingRequest {
  return withHeader(request, 'x-amz-target', (target) => target.replace(/[^.]*$/, operation));
}

function withHeader(
  request: OutgoingRequest,
  name: string,
  change: (value: string) => string,
): OutgoingRequest {
  const headers = Object.entries(request.headers).map(([each, value]) =>
    each.toLowerCase() === name ? [each, change(value)] : [each, value],
  );
  return { ...request, headers: Object.fromEntries(headers) };
}
