import type { WireRequest } from './message.ts';

/** The canonical request of Signature Version 4, or undefined when a part of it cannot be read. */
export function canonicalRequest(
  request: WireRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
): string | undefined {
  try {
    const [path = '/', query = ''] = splitOnce(request.path, '?');
    const headers = signedHeaders.map((name) => canonicalHeader(request, name));
    return [
      request.method,
      canonicalPath(path),
      canonicalQuery(query),
      ...headers,
      '',
      signedHeaders.join(';'),
      payloadHash,
    ].join('\n');
  } catch (error) {
    if (error instanceof URIError || error instanceof MissingHeader) return undefined;
    throw error;
  }
}

class MissingHeader extends Error {}

/** Encoded once on the wire and once more here, without empty and dotted segments; S3 alone does otherwise. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const tail = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.map(escapeUri).join('/')}${tail}`;
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', value = ''] = splitOnce(part, '=').map((text) => escapeUri(decodeURIComponent(text)));
      return [name, value] as const;
    })
    .filter(([name]) => name !== 'X-Amz-Signature')
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

function canonicalHeader(request: WireRequest, name: string): string {
  const value = name === 'host' ? hostOf(request) : request.headers[name];
  if (value === undefined) throw new MissingHeader();
  return `${name}:${value.trim().replaceAll(/\s+/g, ' ')}`;
}

/** HTTP/2 has a pseudo-header for it. */
function hostOf({ headers }: WireRequest): string | undefined {
  return headers['host'] ?? headers[':authority'];
}

function escapeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
