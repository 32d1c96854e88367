import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { isObject, optionError } from '@millrace/kinesis/runtime';

import { ServiceError } from '../engine/service-error.ts';
import { canonicalRequest } from './canonical-request.ts';
import type { WireRequest } from './message.ts';

/** The secret of an access key id; with a session token when the credentials are temporary ones. */
export type SigningKey = string | { readonly secretAccessKey: string; readonly sessionToken: string };

export type SigningKeys = Readonly<Record<string, SigningKey>>;

/** Throws a `ServiceError` unless the request is signed, for `service`, by one of the keys. */
export type VerifySignature = (request: WireRequest, service: string) => void;

/** The parts of a signed request's Authorization header. */
export interface AuthorizationHeader {
  readonly algorithm: string;
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
}

/**
 * Checks signatures of Signature Version 4 in the header, as the service does: who, when, for what, and with which
 * secret. See {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html}.
 * Throws `OPTION_INVALID` for keys that cannot be; the error never shows a secret.
 */
export function createSignatureCheck(keys: SigningKeys, now: () => number, path: string): VerifySignature {
  const known = checkKeys(keys, path);
  return (request, service) => {
    const header = readHeader(request.headers['authorization'] ?? '');
    if (header.algorithm !== algorithm) {
      throw incomplete(`Unsupported AWS 'algorithm': '${header.algorithm}'.`);
    }
    const parts = header.credential.split('/');
    if (parts.length !== 5) {
      throw incomplete(
        `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${header.credential}'`,
      );
    }
    const [accessKeyId = '', day = '', region = '', scopedService = '', terminator = ''] = parts;
    const key = known.get(accessKeyId);
    if (key === undefined || !sameText(key.sessionToken, request.headers['x-amz-security-token'] ?? '')) {
      throw new ServiceError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    }
    const date = dateOf(request);
    checkScope({ day, date, service, scopedService, terminator });
    checkSkew(date, now());
    const signedHeaders = header.signedHeaders.split(';');
    checkSignedHeaders(request, signedHeaders);
    const canonical = canonicalRequest(request, signedHeaders, sha256(request.body));
    const scope = `${day}/${region}/${service}/${terminator}`;
    const expected = hmac(
      signingKey(key.secret, day, region, service),
      [algorithm, date, scope, sha256(canonical ?? '')].join('\n'),
    ).toString('hex');
    if (canonical === undefined || !sameText(expected, header.signature)) throw mismatch();
  };
}

const algorithm = 'AWS4-HMAC-SHA256';
const terminatorWord = 'aws4_request';
const toleranceMs = 300_000;

export function readHeader(header: string): AuthorizationHeader {
  const space = header.indexOf(' ');
  const fields = new Map(
    header
      .slice(space + 1)
      .split(',')
      .map((part) => {
        const equals = part.indexOf('=');
        return [part.slice(0, Math.max(0, equals)).trim(), part.slice(equals + 1).trim()] as const;
      }),
  );
  return {
    algorithm: header.slice(0, Math.max(0, space)),
    credential: fields.get('Credential') ?? '',
    signedHeaders: fields.get('SignedHeaders') ?? '',
    signature: fields.get('Signature') ?? '',
  };
}

interface Key {
  readonly secret: string;
  readonly sessionToken: string;
}

function checkKeys(keys: SigningKeys, path: string): ReadonlyMap<string, Key> {
  const checked = new Map<string, Key>();
  for (const [accessKeyId, key] of Object.entries(keys)) {
    const secret: unknown = typeof key === 'string' ? key : isObject(key) ? key.secretAccessKey : undefined;
    const sessionToken: unknown = typeof key === 'string' ? '' : isObject(key) ? key.sessionToken : '';
    if (!/^[\w-]{1,128}$/.test(accessKeyId)) {
      throw optionError(
        path,
        'an access key id that cannot be',
        'access key ids of letters, digits, _ and -',
      );
    }
    if (typeof secret !== 'string' || secret === '' || typeof sessionToken !== 'string') {
      throw optionError(
        `${path}.${accessKeyId}`,
        'not shown',
        'the secret, or { secretAccessKey, sessionToken }, as text that is not empty',
      );
    }
    checked.set(accessKeyId, { secret, sessionToken });
  }
  if (checked.size === 0)
    throw optionError(path, 'without keys', 'at least one access key id and its secret');
  return checked;
}

interface Scope {
  readonly day: string;
  readonly date: string;
  readonly service: string;
  readonly scopedService: string;
  readonly terminator: string;
}

function checkScope({ day, date, service, scopedService, terminator }: Scope): void {
  if (scopedService !== service) {
    throw invalid(`Credential should be scoped to correct service: '${service}'. `);
  }
  if (terminator !== terminatorWord) {
    throw invalid(
      `Credential should be scoped with a valid terminator: '${terminatorWord}', not '${terminator}'. `,
    );
  }
  if (!date.startsWith(day) || day.length !== 8) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != ` +
        `'${date.slice(0, 8)}', from '${date}'.`,
    );
  }
}

/** When it was signed, in ISO 8601's basic format. */
function dateOf({ headers }: WireRequest): string {
  const given = headers['x-amz-date'] ?? headers['date'] ?? '';
  if (timeOf(given) !== undefined) return given;
  const time = headers['x-amz-date'] === undefined ? Date.parse(given) : Number.NaN;
  if (Number.isFinite(time)) return basicFormat(time);
  throw incomplete(
    `Date must be in ISO-8601 'basic format'. Got '${given}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  );
}

function checkSkew(date: string, now: number): void {
  const time = timeOf(date) ?? Number.NaN;
  const was = basicFormat(now);
  if (time < now - toleranceMs) {
    throw invalid(
      `Signature expired: ${date} is now earlier than ${basicFormat(now - toleranceMs)} (${was} - 5 min.)`,
    );
  }
  if (time > now + toleranceMs) {
    throw invalid(
      `Signature not yet current: ${date} is still later than ${basicFormat(now + toleranceMs)} (${was} + 5 min.)`,
    );
  }
}

/** What a request does must be under its signature, else another could be made of it. */
function checkSignedHeaders({ headers }: WireRequest, signed: readonly string[]): void {
  if (!signed.includes('host') && !signed.includes(':authority')) {
    throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  for (const name of Object.keys(headers)) {
    if (name.startsWith('x-amz-') && name !== 'x-amz-user-agent' && !signed.includes(name)) {
      throw invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
}

function timeOf(date: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function basicFormat(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

function signingKey(secret: string, day: string, region: string, service: string): Buffer {
  return [region, service, terminatorWord].reduce(hmac, hmac(`AWS4${secret}`, day));
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** In a time that tells nothing of either text. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

function mismatch(): ServiceError {
  return invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
      'and signing method. Consult the service documentation for details.',
  );
}

function invalid(text: string): ServiceError {
  return new ServiceError('InvalidSignatureException', text);
}

function incomplete(text: string): ServiceError {
  return new ServiceError('IncompleteSignatureException', text);
}
