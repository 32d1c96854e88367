import { createHmac, hash, randomUUID } from 'node:crypto';

import type { OutgoingRequest } from './http-call.ts';

/** What a request is signed with; as the SDK resolves it. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Of one call alone, and signed. */
const alwaysSigned = ['amz-sdk-invocation-id', 'content-length', 'x-amz-content-sha256', 'x-amz-date'];
const token = 'x-amz-security-token';
/** Of one call alone: they come anew with each. Not all credentials have a token. */
const ofOneCall = new Set([...alwaysSigned, token, 'authorization']);
const algorithm = 'AWS4-HMAC-SHA256';
const authorization =
  /^AWS4-HMAC-SHA256 Credential=[^,]+\/\d{8}\/([^/,]+)\/([^/,]+)\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/;

/**
 * A request of the SDK's, signed, with everything in it that is the same for each call of its operation: where it goes, its
 * headers, its region. Made anew for another body it is what the SDK would have sent, at a small part of the cost: the SDK
 * resolves the endpoint, the scheme and the client's name again for each call.
 *
 * See {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html}.
 */
export class RequestTemplate {
  readonly #request: OutgoingRequest;
  /** Those of one call have a place in it, empty: to copy an object and fill it in costs a hundredth of adding to it. */
  readonly #headers: Readonly<Record<string, string>>;
  readonly #plain: SignedHeaders;
  readonly #withToken: SignedHeaders;
  readonly #scope: string;
  /** The signing key, good for one day and one secret. */
  #key: { readonly of: string; readonly key: Buffer } | undefined;

  private constructor(request: OutgoingRequest, scope: string, signed: Readonly<Record<string, string>>) {
    const kept = Object.entries(request.headers).filter(([name]) => !ofOneCall.has(name.toLowerCase()));
    this.#request = request;
    const own = [...alwaysSigned, 'authorization'];
    this.#headers = Object.fromEntries([...kept, ...own.map((name) => [name, ''] as const)]);
    this.#plain = signedHeaders(signed, alwaysSigned);
    this.#withToken = signedHeaders(signed, [...alwaysSigned, token]);
    this.#scope = scope;
  }

  /** Undefined for what is no plain call signed with Signature Version 4. */
  static of(request: OutgoingRequest): RequestTemplate | undefined {
    const headers = new Map(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const [, region, service, names = ''] = authorization.exec(headers.get('authorization') ?? '') ?? [];
    if (region === undefined || request.method !== 'POST' || request.path !== '/') return undefined;
    if (Object.keys(request.query ?? {}).length > 0) return undefined;
    const kept = names.split(';').filter((name) => !ofOneCall.has(name));
    const signed = Object.fromEntries(kept.map((name) => [name, canonical(headers.get(name) ?? '')]));
    return new RequestTemplate(request, `${region}/${service}/aws4_request`, signed);
  }

  /** The same call with another body, signed for that time (milliseconds since the epoch). */
  sign(body: string | Uint8Array, credentials: Credentials, now: number): OutgoingRequest {
    const { accessKeyId, sessionToken } = credentials;
    const date = `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
    const day = date.slice(0, 8);
    const digest = hash('sha256', body, 'hex');
    const headers: Record<string, string> = { ...this.#headers };
    headers['amz-sdk-invocation-id'] = randomUUID();
    headers['content-length'] = String(Buffer.byteLength(body));
    headers['x-amz-content-sha256'] = digest;
    headers['x-amz-date'] = date;
    if (sessionToken !== undefined) headers[token] = sessionToken;
    const { names, pieces, end } = sessionToken === undefined ? this.#plain : this.#withToken;
    let lines = '';
    for (const { text, name } of pieces) lines += text + headers[name];
    const scope = `${day}/${this.#scope}`;
    const call = hash('sha256', `POST\n/\n\n${lines}${end}\n${names}\n${digest}`, 'hex');
    const signature = createHmac('sha256', this.#keyOf(credentials, day))
      .update(`${algorithm}\n${date}\n${scope}\n${call}`)
      .digest('hex');
    headers['authorization'] =
      `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return { ...this.#request, headers, body };
  }

  #keyOf({ secretAccessKey }: Credentials, day: string): Buffer {
    const of = `${day}${secretAccessKey}`;
    if (this.#key?.of === of) return this.#key.key;
    let key: Buffer | string = `AWS4${secretAccessKey}`;
    for (const part of [day, ...this.#scope.split('/')])
      key = createHmac('sha256', key).update(part).digest();
    if (typeof key === 'string') throw new TypeError('A signing key is made of bytes');
    this.#key = { of, key };
    return key;
  }
}

/** What is signed of the headers. */
interface SignedHeaders {
  readonly names: string;
  /** Text that is the same for each call, up to the value of a header that is not. */
  readonly pieces: readonly { readonly text: string; readonly name: string }[];
  /** The text behind the last of them. */
  readonly end: string;
}

function signedHeaders(same: Readonly<Record<string, string>>, own: readonly string[]): SignedHeaders {
  const names = [...Object.keys(same), ...own].toSorted();
  const pieces = [];
  let text = '';
  for (const name of names) {
    const value = same[name];
    text += `${name}:`;
    if (value === undefined) pieces.push({ text, name });
    text = value === undefined ? '\n' : `${text}${value}\n`;
  }
  return { names: names.join(';'), pieces, end: text };
}

function canonical(value: string): string {
  return value.trim().replaceAll(/\s+/g, ' ');
}
