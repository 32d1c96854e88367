import { integerOption, optionError } from '@millrace/kinesis/runtime';

import { assemble } from '../assemble.ts';
import type { LocalKinesis } from '../local-kinesis.ts';
import type { LocalKinesisOptions } from '../local-kinesis-options.ts';
import type { Certificate } from './certificate.ts';
import type { Front } from './front.ts';
import { createHostRule } from './host-rule.ts';
import type { Listener, ListenerOptions } from './listener.ts';
import { defaultPatience } from './patience.ts';

export interface ServerOptions extends LocalKinesisOptions {
  /** 0 takes any free port. Default 4567. */
  readonly port?: number;
  /**
   * Whether to serve HTTPS on a second port, and with what. `true`: with a new certificate for localhost, see
   * {@link LocalServer.certificate}. Default false.
   */
  readonly tls?: boolean | Certificate;
  /** 0 takes any free port. Default 4568, or any free one when `port` is 0. */
  readonly tlsPort?: number;
  /** Address to listen on. Default `127.0.0.1`: only this machine. */
  readonly host?: string;
  /** Names besides localhost and addresses that requests may be sent to, for example a container's. */
  readonly allowedHosts?: readonly string[];
  /** Larger requests are refused before they are parsed, bytes. Default 24 MiB: 10 MiB of records as JSON fit. */
  readonly maxRequestBytes?: number;
}

export interface LocalServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:4567`. */
  readonly endpoint: string;
  /** For example `https://127.0.0.1:4568`; undefined without TLS. */
  readonly tlsEndpoint: string | undefined;
  /** What clients of `tlsEndpoint` must trust, in PEM: for `ca`, `NODE_EXTRA_CA_CERTS` or `AWS_CA_BUNDLE`. */
  readonly certificate: string | undefined;
  readonly host: string;
  readonly port: number;
  /** What it serves, for a program in the same process. */
  readonly kinesis: LocalKinesis;
  /** Ends every connection and stops every timer. Idempotent. */
  close(): Promise<void>;
}

/**
 * Serves Kinesis and DynamoDB on one cleartext port and, when asked, one with TLS, over HTTP/1.1 and HTTP/2 alike, to
 * any SDK. Throws
 * `PORT_TAKEN`, `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * await using server = await startServer({ port: 0, streams: { orders: { shards: 2 } } });
 * const client = new KinesisClient({ endpoint: server.endpoint, region: 'us-east-1', credentials });
 * ```
 */
export async function startServer(options: ServerOptions = {}): Promise<LocalServer> {
  const port = integerOption('server.port', options.port ?? 4567, 0, 65_535);
  const host = options.host ?? '127.0.0.1';
  if (host === '') throw optionError('server.host', host, 'an address or name of this machine');
  const tlsPort = integerOption('server.tlsPort', options.tlsPort ?? (port === 0 ? 0 : 4568), 0, 65_535);
  const allowedHosts = options.allowedHosts ?? [];
  const listening = {
    host,
    maxRequestBytes: integerOption(
      'server.maxRequestBytes',
      options.maxRequestBytes ?? 24 * 1024 * 1024,
      1024,
      1024 ** 3,
    ),
    allowsHost: createHostRule(host, allowedHosts),
    patience: defaultPatience,
  };
  const { tls = false } = options;
  const certificate = tls === false ? undefined : await certificateOf(tls, [host, ...allowedHosts]);
  const { kinesis, front } = await assemble(options);
  const listeners = await listenOnAll(front, [
    { ...listening, port },
    ...(certificate === undefined ? [] : [{ ...listening, port: tlsPort, certificate }]),
  ]).catch(async (error: unknown) => {
    await kinesis.close();
    throw error;
  });
  const [plain, secure] = listeners.map(({ address }) => address.port);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= Promise.all([...listeners.map((listener) => listener.close()), kinesis.close()]).then(
      () => undefined,
    );
    return closing;
  };
  return {
    endpoint: endpointOf('http', host, plain ?? port),
    tlsEndpoint: secure === undefined ? undefined : endpointOf('https', host, secure),
    certificate: certificate?.cert,
    host,
    port: plain ?? port,
    kinesis,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function certificateOf(tls: true | Certificate, names: readonly string[]): Promise<Certificate> {
  const { resolveCertificate } = await import('./tls.ts');
  return resolveCertificate(tls, names);
}

/** All or none. */
async function listenOnAll(front: Front, doors: readonly ListenerOptions[]): Promise<readonly Listener[]> {
  const open: Listener[] = [];
  // Who needs no socket need not load what listens.
  const { listen } = await import('./listener.ts');
  try {
    for (const door of doors) open.push(await listen(front, door));
    return open;
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close()));
    throw error;
  }
}

function endpointOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
