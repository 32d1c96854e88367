import { createHash, createHmac } from 'node:crypto';

import { isMillraceError } from '@millrace/kinesis';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { isServiceError } from '../../src/engine/service-error.ts';
import type { WireRequest } from '../../src/wire/message.ts';
import { createSignatureCheck, type SigningKeys } from '../../src/wire/signature.ts';

const now = Date.UTC(2026, 0, 1, 12);
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const keys: SigningKeys = {
  AKID: secretAccessKey,
  TEMP: { secretAccessKey: 'temporary', sessionToken: 'token/of+a=session' },
};
const verify = createSignatureCheck(keys, () => now, 'local.verifySignatures');

class Sha256 {
  readonly #hash: ReturnType<typeof createHash | typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', secret as string | NodeJS.ArrayBufferView);
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('Not used.');
  }
}

interface Given {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** A request signed by AWS's own signer, as it goes over the wire. */
async function signed(
  given: Given = {},
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = {
    accessKeyId: 'AKID',
    secretAccessKey,
  },
  at = now,
): Promise<WireRequest & { readonly headers: Record<string, string> }> {
  const { method = 'POST', path = '/', query = {}, headers = {}, body = Buffer.from('{}') } = given;
  const signer = new SignatureV4({ credentials, region: 'eu-west-1', service: 'kinesis', sha256: Sha256 });
  const request = await signer.sign(
    new HttpRequest({
      method,
      path,
      query,
      headers: { host: 'localhost:4567', 'x-amz-target': 'Kinesis_20131202.ListStreams', ...headers },
      body,
    }),
    { signingDate: new Date(at) },
  );
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  const lower = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    headers: Object.fromEntries(lower) as Record<string, string>,
    body,
  };
}

function outcome(request: WireRequest): string {
  try {
    verify(request, 'kinesis');
    return 'let in';
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return `${error.type}: ${error.message}`;
  }
}

const mismatch = /^InvalidSignatureException: The request signature we calculated does not match/;
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const segment = fc.oneof(text.map(encodeURIComponent), fc.constantFrom('.', '..', '', 'a%20b', "!'()*~"));
const headerValue = fc
  .string({ unit: fc.constantFrom('a', 'Z', '0', ' ', '  ', '\t', ',', '"', ';', '='), maxLength: 12 })
  .map((value) => value.trim());

const requests = fc.record({
  method: fc.constantFrom('POST', 'GET', 'DELETE'),
  path: fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
  query: fc.dictionary(
    // AWS's signer itself loses a parameter of the name __proto__.
    text.filter((name) => !['', '__proto__', 'x-amz-signature'].includes(name.toLowerCase())),
    fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
    { maxKeys: 4 },
  ),
  headers: fc.dictionary(
    fc.constantFrom('content-type', 'x-amz-meta', 'x-amz-other', 'accept-language'),
    headerValue,
  ),
  body: fc.uint8Array({ maxLength: 200 }),
});

describe('a signature', () => {
  test("of AWS's own signer is let in, whatever is signed", async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (given) => {
        expect(outcome(await signed(given))).toBe('let in');
      }),
      { numRuns: 500 },
    );
  });

  test('of temporary credentials is let in with their token, and not without or with another', async () => {
    const credentials = {
      accessKeyId: 'TEMP',
      secretAccessKey: 'temporary',
      sessionToken: 'token/of+a=session',
    };
    expect(outcome(await signed({}, credentials))).toBe('let in');
    const refused = 'UnrecognizedClientException: The security token included in the request is invalid.';
    expect(outcome(await signed({}, { ...credentials, sessionToken: 'another' }))).toBe(refused);
    const { sessionToken: _without, ...permanent } = credentials;
    expect(outcome(await signed({}, permanent))).toBe(refused);
  });

  test('with a wrong secret is refused', async () => {
    expect(outcome(await signed({}, { accessKeyId: 'AKID', secretAccessKey: 'wrong' }))).toMatch(mismatch);
  });

  test('of an unknown key is refused', async () => {
    expect(outcome(await signed({}, { accessKeyId: 'NOBODY', secretAccessKey: 'x' }))).toMatch(
      /^UnrecognizedClientException/,
    );
    for (const accessKeyId of ['__proto__', 'constructor']) {
      expect(outcome(await signed({}, { accessKeyId, secretAccessKey: 'x' }))).toMatch(
        /^UnrecognizedClientException/,
      );
    }
  });

  test('is refused when anything it covers is changed', async () => {
    const request = await signed({ query: { a: '1' }, headers: { 'content-type': 'application/json' } });
    expect(outcome(request)).toBe('let in');
    const { headers } = request;
    const changed: readonly WireRequest[] = [
      { ...request, body: Buffer.from('{"a":1}') },
      { ...request, method: 'PUT' },
      { ...request, path: '/other?a=1' },
      { ...request, path: '/?a=2' },
      { ...request, path: '/?a=1&b=2' },
      { ...request, path: '/?a=%' },
      { ...request, headers: { ...headers, host: 'elsewhere' } },
      { ...request, headers: { ...headers, 'content-type': 'text/plain' } },
      { ...request, headers: { ...headers, 'x-amz-target': 'Kinesis_20131202.DeleteStream' } },
      { ...request, headers: { ...headers, 'x-amz-date': '20260101T120001Z' } },
    ];
    for (const one of changed) expect(outcome(one)).toMatch(mismatch);
    const without = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-type'));
    expect(outcome({ ...request, headers: without })).toMatch(mismatch);
  });

  test('is refused with any letter of it changed', async () => {
    const request = await signed();
    const { authorization = '' } = request.headers;
    const at = authorization.length - 64;
    for (let index = at; index < authorization.length; index++) {
      const letter = authorization[index] === '0' ? '1' : '0';
      const other = authorization.slice(0, index) + letter + authorization.slice(index + 1);
      expect(outcome({ ...request, headers: { ...request.headers, authorization: other } })).toMatch(
        mismatch,
      );
    }
  });

  test('that leaves out the target, the date or the host is refused, however right it is', async () => {
    const request = await signed();
    for (const name of ['x-amz-target', 'x-amz-date', 'host']) {
      const authorization = (request.headers['authorization'] ?? '').replace(new RegExp(`;?${name}\\b`), '');
      expect(outcome({ ...request, headers: { ...request.headers, authorization } })).toMatch(
        /must be a 'SignedHeader'/,
      );
    }
    const added = { ...request.headers, 'x-amz-extra': 'unsigned' };
    expect(outcome({ ...request, headers: added })).toMatch(/'x-amz-extra' must be a 'SignedHeader'/);
  });

  test('covers the authority of HTTP/2 as the host', async () => {
    const { headers, ...request } = await signed();
    const { host = '', ...rest } = headers;
    expect(outcome({ ...request, headers: { ...rest, ':authority': host } })).toBe('let in');
  });

  test.each([
    [-300_000, /^let in$/],
    [
      -301_000,
      /^InvalidSignatureException: Signature expired: 20260101T115459Z is now earlier than 20260101T115500Z \(20260101T120000Z - 5 min\.\)$/,
    ],
    [300_000, /^let in$/],
    [
      301_000,
      /^InvalidSignatureException: Signature not yet current: 20260101T120501Z is still later than 20260101T120500Z \(20260101T120000Z \+ 5 min\.\)$/,
    ],
  ])('made %d ms from now: %s', async (offset, expected) => {
    expect(outcome(await signed({}, undefined, now + offset))).toMatch(expected);
  });

  test.each([
    ['AWS4-HMAC-SHA256', 'AWS4-HMAC-MD5', /^IncompleteSignatureException: Unsupported AWS 'algorithm'/],
    ['/aws4_request', '', /^IncompleteSignatureException: Credential must have exactly 5/],
    ['aws4_request', 'aws5_request', /valid terminator: 'aws4_request', not 'aws5_request'/],
    ['/kinesis/', '/dynamodb/', /correct service: 'kinesis'/],
    ['/20260101/', '/20260102/', /Date in Credential scope does not match YYYYMMDD/],
    ['/20260101/', '//', /Date in Credential scope does not match YYYYMMDD/],
    ['/eu-west-1/', '/us-east-1/', mismatch],
  ])('of a scope with %j as %j is refused', async (from, to, expected) => {
    const request = await signed();
    const authorization = (request.headers['authorization'] ?? '').replace(from, to);
    expect(outcome({ ...request, headers: { ...request.headers, authorization } })).toMatch(expected);
  });

  test('of any text is refused with an error of the service', () => {
    const values = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `AWS4-HMAC-SHA256 ${rest}`),
      fc
        .tuple(fc.string(), fc.string(), fc.string())
        .map(([a, b, c]) => `AWS4-HMAC-SHA256 Credential=AKID/${a}, SignedHeaders=${b}, Signature=${c}`),
    );
    fc.assert(
      fc.property(values, fc.string(), (authorization, date) => {
        const headers = { authorization, 'x-amz-date': date, host: 'localhost' };
        expect(outcome({ method: 'POST', path: '/', headers, body: '' })).toMatch(/^[A-Z]\w+Exception: /);
      }),
    );
  });
});

test('keys that cannot be are refused without showing a secret', () => {
  const secret = 'do-not-show-me';
  const wrong: readonly unknown[] = [
    {},
    { 'a b': secret },
    { AKID: '' },
    { AKID: 7 },
    { AKID: { secretAccessKey: secret } },
    { AKID: { secretAccessKey: secret, sessionToken: 7 } },
    { AKID: null },
  ];
  for (const one of wrong) {
    let failure: unknown;
    try {
      createSignatureCheck(one as SigningKeys, () => now, 'local.verifySignatures');
    } catch (error) {
      failure = error;
    }
    expect(isMillraceError(failure, 'OPTION_INVALID')).toBe(true);
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain(secret);
  }
});
