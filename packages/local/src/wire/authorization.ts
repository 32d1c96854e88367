import { ServiceError } from '../engine/service-error.ts';
import type { WireRequest } from './message.ts';
import type { VerifySignature } from './signature.ts';

export interface AuthorizationRules {
  /** Access key ids that are let in. Default: any. */
  readonly accessKeyIds?: readonly string[];
  /** The region requests must be signed for. Default: any. */
  readonly signingRegion?: string;
  /** Verifies the signature itself. Default: not. */
  readonly verify?: VerifySignature;
}

/**
 * Refuses requests that are not signed, or signed for somebody or somewhere else; the signature itself is verified
 * when the rules say so. Throws `MissingAuthenticationTokenException`, `IncompleteSignatureException`,
 * `InvalidSignatureException`, `UnrecognizedClientException`.
 */
export function authorize(request: WireRequest, rules: AuthorizationRules, service = 'kinesis'): void {
  const header = request.headers['authorization'];
  const mark = request.path.indexOf('?');
  const query = mark < 0 ? noQuery : new URLSearchParams(request.path.slice(mark + 1));
  const signedQuery = query.has('X-Amz-Algorithm');
  if (header !== undefined && signedQuery) {
    throw new ServiceError(
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  const credential =
    header === undefined ? credentialOfQuery(query, signedQuery) : credentialOfHeader(header, request);
  const [accessKeyId = '', , region = ''] = credential.split('/');
  const { accessKeyIds, signingRegion } = rules;
  if (accessKeyIds !== undefined && !accessKeyIds.includes(accessKeyId)) {
    throw new ServiceError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  if (signingRegion !== undefined && region !== signingRegion) {
    throw new ServiceError(
      'InvalidSignatureException',
      `Credential should be scoped to a valid region, not '${region}'. `,
    );
  }
  if (rules.verify === undefined) return;
  if (header === undefined) {
    throw new ServiceError(
      'InvalidSignatureException',
      'This server verifies signatures in the Authorization header only, not in the query string.',
    );
  }
  rules.verify(request, service);
}

const noQuery = new URLSearchParams();

function credentialOfHeader(header: string, request: WireRequest): string {
  const fields = new Map(
    header
      .split(/,| /)
      .slice(1)
      .filter((part) => part !== '')
      .map((part) => {
        const equals = part.indexOf('=');
        return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
      }),
  );
  let missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter. `)
    .join('');
  if (request.headers['x-amz-date'] === undefined && request.headers['date'] === undefined) {
    missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (missing !== '') {
    throw new ServiceError('IncompleteSignatureException', `${missing}Authorization=${header}`);
  }
  return fields.get('Credential') ?? '';
}

function credentialOfQuery(query: URLSearchParams, signed: boolean): string {
  if (!signed) throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const missing = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Signature',
    'X-Amz-SignedHeaders',
    'X-Amz-Date',
  ]
    .filter((name) => !query.get(name))
    .map((name) => `AWS query-string parameters must include '${name}'. `)
    .join('');
  if (missing !== '') {
    throw new ServiceError(
      'IncompleteSignatureException',
      `${missing}Re-examine the query-string parameters.`,
    );
  }
  return query.get('X-Amz-Credential') ?? '';
}
