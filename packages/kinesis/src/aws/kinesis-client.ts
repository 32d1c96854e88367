import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';

import type { ClientOptions } from './clients.ts';
import { isNotInstalled } from './peer.ts';

/** A client that suits the producer and the sources: no retries of its own, one shared HTTP/2 session. */
export async function createKinesisClient(options: ClientOptions): Promise<KinesisClient> {
  const requestHandler = await sharedSessions();
  // Retries are the producer's and the source's own: they alone know deadlines, order and iterators.
  return new KinesisClient({ ...options, maxAttempts: 1, ...(requestHandler && { requestHandler }) });
}

/** The SDK opens an HTTP/2 session for every call by default; one shared session saves the handshake. */
async function sharedSessions(): Promise<KinesisClientConfig['requestHandler']> {
  try {
    const { NodeHttp2Handler } = await import('@smithy/node-http-handler');
    return new NodeHttp2Handler({
      disableConcurrentStreams: false,
      maxConcurrentStreams: 64,
      requestTimeout: 30_000,
      // A few answers of 10 MiB on one session are more than Node allows by default.
      nodeHttp2ConnectOptions: { maxSessionMemory: 1000 },
    });
  } catch (error) {
    if (isNotInstalled(error, '@smithy/node-http-handler')) return undefined;
    throw error;
  }
}
