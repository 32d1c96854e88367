import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';

import type { ClientOptions } from './clients.ts';
import { isNotInstalled } from './peer.ts';

/** A client that suits the producer and the sources: no retries of its own, one shared HTTP/2 session. */
export function createKinesisClient(options: ClientOptions): Promise<KinesisClient> {
  return createClient(options, 30_000);
}

/**
 * A client for subscriptions, which last minutes and may be silent or held back: with sessions of their own, so that no
 * other call waits behind them, and without a limit to their time. Their reader watches them.
 */
export function createFanOutClient(options: ClientOptions): Promise<KinesisClient> {
  return createClient(options, 0);
}

async function createClient(options: ClientOptions, requestTimeout: number): Promise<KinesisClient> {
  const requestHandler = await sharedSessions(requestTimeout);
  // Retries are the producer's and the source's own: they alone know deadlines, order and iterators.
  return new KinesisClient({ ...options, maxAttempts: 1, ...(requestHandler && { requestHandler }) });
}

/** The SDK opens an HTTP/2 session for every call by default; one shared session saves the handshake. */
async function sharedSessions(requestTimeout: number): Promise<KinesisClientConfig['requestHandler']> {
  try {
    const { NodeHttp2Handler } = await import('@smithy/node-http-handler');
    return new NodeHttp2Handler({
      disableConcurrentStreams: false,
      maxConcurrentStreams: 64,
      requestTimeout,
      // A few answers of 10 MiB on one session are more than Node allows by default.
      nodeHttp2ConnectOptions: { maxSessionMemory: 1000 },
    });
  } catch (error) {
    if (isNotInstalled(error, '@smithy/node-http-handler')) return undefined;
    throw error;
  }
}
