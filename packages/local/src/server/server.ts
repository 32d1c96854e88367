import { integerOption, optionError } from '@millrace/kinesis/runtime';

import { assemble, type LocalKinesis, type LocalKinesisOptions } from '../local-kinesis.ts';
import { createHostRule } from './host-rule.ts';
import { listen } from './listener.ts';

export interface ServerOptions extends LocalKinesisOptions {
  /** 0 takes any free port. Default 4567. */
  readonly port?: number;
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
  readonly host: string;
  readonly port: number;
  /** What it serves, for a program in the same process. */
  readonly kinesis: LocalKinesis;
  /** Ends every connection and stops every timer. Idempotent. */
  close(): Promise<void>;
}

/**
 * Serves Kinesis and DynamoDB on one cleartext port, over HTTP/1.1 and HTTP/2 alike, to any SDK. Throws
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
  const { kinesis, front } = assemble(options);
  const listener = await listen(front, {
    host,
    port,
    maxRequestBytes: integerOption(
      'server.maxRequestBytes',
      options.maxRequestBytes ?? 24 * 1024 * 1024,
      1024,
      1024 ** 3,
    ),
    allowsHost: createHostRule(host, options.allowedHosts ?? []),
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= Promise.all([listener.close(), kinesis.close()]).then(() => undefined);
    return closing;
  };
  return {
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${listener.address.port}`,
    host,
    port: listener.address.port,
    kinesis,
    close,
    [Symbol.asyncDispose]: close,
  };
}
