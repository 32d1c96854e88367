import { createHmac, hash, randomUUID } from 'node:crypto';

import type { OutgoingRequest } from './http-call.ts';

/** What a request is signed with; as the SDK resolves it. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Of one call alone: they come anew with each. */
const ofOneCall = new Set([
  'authorization',
  'content-length',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'amz-sdk-invocation-id',
]);
/** Those of one call alone that are signed, but for the token, which not all credentials have. */
const alwaysSigned = ['amz-sdk-invocation-id', 'content-length', 'x-amz-content-sha256', 'x-amz-date'];
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
  readonly #headers: Readonly<Record<string, string>>;
  /** Those of the headers that are signed, as they are signed. */
  readonly #signed: Readonly<Record<string, string>>;
  /** The names of all that are signed, in their order. */
  readonly #names: readonly string[];
  readonly #namesWithToken: readonly string[];
  readonly #scope: string;
  /** The signing key, good for one day and one secret. */
  #key: { readonly of: string; readonly key: Buffer } | undefined;

  private constructor(request: OutgoingRequest, scope: string, signed: Readonly<Record<string, string>>) {
    const kept = Object.entries(request.headers).filter(([name]) => !ofOneCall.has(name.toLowerCase()));
    this.#request = request;
    this.#headers = Object.fromEntries(kept);
    this.#signed = signed;
    this.#names = [...Object.keys(signed), ...alwaysSigned].toSorted();
    this.#namesWithToken = [...this.#names, 'x-amz-security-token'].toSorted();
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
    const own: Record<string, string> = {
      'amz-sdk-invocation-id': randomUUID(),
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-content-sha256': digest,
      'x-amz-date': date,
    };
    if (sessionToken !== undefined) own['x-amz-security-token'] = sessionToken;
    const names = sessionToken === undefined ? this.#names : this.#namesWithToken;
    let lines = '';
    for (const name of names) lines += `${name}:${own[name] ?? this.#signed[name]}\n`;
    const all = names.join(';');
    const scope = `${day}/${this.#scope}`;
    const call = hash('sha256', `POST\n/\n\n${lines}\n${all}\n${digest}`, 'hex');
    const signature = createHmac('sha256', this.#keyOf(credentials, day))
      .update(`${algorithm}\n${date}\n${scope}\n${call}`)
      .digest('hex');
    own['authorization'] =
      `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${all}, Signature=${signature}`;
    return { ...this.#request, headers: { ...this.#headers, ...own }, body };
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

function canonical(value: string): string {
  return value.trim().replaceAll(/\s+/g, ' ');
}
