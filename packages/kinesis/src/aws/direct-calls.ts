import { randomUUID } from 'node:crypto';
import process from 'node:process';

import type { Answer, CallOptions, OutgoingRequest } from './http-call.ts';
import { collect } from './http-message.ts';

/** The parts of a client of ours that a call needs once the SDK has put one together. */
export interface DirectClient {
  /** The client's own: they are kept, and renewed before they expire. */
  credentials(): Promise<unknown>;
  handle(request: OutgoingRequest, options: CallOptions): Promise<Answer>;
}

/** What came of a call that was sent and did not succeed plainly: an answer nobody has read, or what went wrong. */
export type Unsettled = Answer | { readonly error: unknown };

/**
 * Sends calls that are like one the SDK has sent. Endpoint, headers and user agent do not change from one call to the next,
 * so they are taken from that one; date, credentials, clock correction and signature do, and the SDK's own signer puts them
 * anew. What is saved is the way through some twenty steps, most of what a call costs beside its records.
 *
 * Whoever uses it hands all but a plain success to the SDK, which makes of it what it always does, and has it put the next
 * call together anew.
 */
export class DirectCalls {
  readonly #client: DirectClient;
  #prepared: Prepared | undefined;

  constructor(client: DirectClient) {
    this.#client = client;
  }

  /** Takes a call the SDK has put together and that went well: the request as it left, and the SDK's context of it. */
  learn(request: unknown, context: unknown): void {
    // In Lambda every invocation has trace headers of its own, which the SDK puts.
    if ('AWS_LAMBDA_FUNCTION_NAME' in process.env) return;
    const scheme = schemeOf(context);
    if (isSendable(request) && scheme !== undefined)
      this.#prepared = { request, headers: lasting(request), scheme };
  }

  /** How the SDK put the call together may be what was wrong with it. */
  forget(): void {
    this.#prepared = undefined;
  }

  /**
   * The body of a plain success; undefined when nothing was sent: no call is known, or it cannot be signed, which the SDK
   * then says in its own words.
   */
  async send(body: Uint8Array, signal: AbortSignal | undefined): Promise<Buffer | Unsettled | undefined> {
    const prepared = this.#prepared;
    if (prepared === undefined) return undefined;
    const { scheme } = prepared;
    // The signer notes in them when the call left.
    const properties = { ...scheme.properties };
    const request = await this.#sign(prepared, body, properties);
    if (request === undefined) return undefined;
    try {
      const answer = await this.#client.handle(request, { ...(signal && { abortSignal: signal }) });
      if (answer.response.statusCode !== 200) return answer;
      const received = await collect(answer.response.body);
      scheme.signer.successHandler?.(answer.response, properties);
      return received;
    } catch (error) {
      return { error };
    }
  }

  async #sign(
    { request, headers, scheme }: Prepared,
    body: Uint8Array,
    properties: object,
  ): Promise<OutgoingRequest | undefined> {
    // A class of the SDK's, so that its signer knows it.
    const unsigned: OutgoingRequest = Object.assign(Object.create(Object.getPrototypeOf(request)), request, {
      headers: {
        ...headers,
        'content-length': String(body.length),
        'amz-sdk-invocation-id': randomUUID(),
      },
      body,
    });
    try {
      return await scheme.signer.sign(unsigned, await this.#client.credentials(), properties);
    } catch {
      return undefined;
    }
  }
}

interface Prepared {
  readonly request: OutgoingRequest;
  /** Those that are the same for every call. */
  readonly headers: Readonly<Record<string, string>>;
  readonly scheme: Scheme;
}

/** How the SDK chose to sign a call. */
interface Scheme {
  readonly signer: Signer;
  readonly properties: object;
}

interface Signer {
  sign(request: OutgoingRequest, identity: unknown, properties: object): Promise<OutgoingRequest>;
  /** Learns from the answer's date how wrong this machine's clock is. */
  successHandler?(response: Answer['response'], properties: object): void;
}

const ofOneCall = new Set([
  'authorization',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'content-length',
  'amz-sdk-invocation-id',
]);

function lasting({ headers }: OutgoingRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneCall.has(name.toLowerCase())));
}

function isSendable(request: unknown): request is OutgoingRequest {
  return isObject(request) && typeof request['hostname'] === 'string' && isObject(request['headers']);
}

function schemeOf(context: unknown): Scheme | undefined {
  const smithy = isObject(context) ? context['__smithy_context'] : undefined;
  const selected = isObject(smithy) ? smithy['selectedHttpAuthScheme'] : undefined;
  const option = isObject(selected) ? selected['httpAuthOption'] : undefined;
  if (!isObject(selected) || !isObject(option) || option['schemeId'] !== 'aws.auth#sigv4') return undefined;
  const { signer } = selected;
  const { signingProperties } = option;
  return isSigner(signer) && isObject(signingProperties)
    ? { signer, properties: signingProperties }
    : undefined;
}

function isSigner(value: unknown): value is Signer {
  return isObject(value) && typeof value['sign'] === 'function';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
