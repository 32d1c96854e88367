import type { IncomingHttpHeaders } from 'node:http';

/** The part of the SDK's request that is sent. */
export interface OutgoingRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the SDK says about one call beside its request. */
export interface CallOptions {
  readonly abortSignal?: AbortSignal | { readonly aborted: boolean };
  /** Milliseconds of silence; 0 for no limit. */
  readonly requestTimeout?: number;
}

/** How the SDK wants to be answered. */
export interface Answer {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Record<string, string>;
    body: unknown;
  };
}

/** With the query, as it stands in a request. */
export function pathOf({ path, query = {} }: OutgoingRequest): string {
  const parts = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => {
      const key = encodeURIComponent(name);
      return typeof value === 'string' ? `${key}=${encodeURIComponent(value)}` : key;
    }),
  );
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** Throws for what cannot be sent in one piece. */
export function bodyOf({ body }: OutgoingRequest): string | Uint8Array | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new TypeError('A request body that is neither text nor bytes cannot be sent');
}

/** Without the pseudo headers; of several values the SDK reads one text. */
export function plain(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value === undefined || name.startsWith(':')) continue;
    kept[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return kept;
}

/** Named as the SDK's own handler names them; what comes after goes by the name. */
export function aborted(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

/** Named so that the SDK takes it for a time-out. */
export function timedOut(what: 'answer' | 'connection', afterMs: number): Error {
  return Object.assign(new Error(`There was no ${what} for ${afterMs} ms`), { name: 'TimeoutError' });
}
