import { KinesisClient } from '@aws-sdk/client-kinesis';

import type { ClientOptions } from './clients.ts';
import { Http2Handler } from './http2-handler.ts';

/** A client that suits the producer and the sources: no retries of its own, connections that are kept and shared. */
export function createKinesisClient(options: ClientOptions): KinesisClient {
  return createClient(options, 30_000);
}

/**
 * A client for subscriptions, which last minutes and may be silent or held back: with connections of their own, so that no
 * other call waits behind them, and without a limit to their time. Their reader watches them.
 */
export function createFanOutClient(options: ClientOptions): KinesisClient {
  return createClient(options, 0);
}

function createClient(options: ClientOptions, requestTimeoutMs: number): KinesisClient {
  // Retries are the producer's and the source's own: they alone know deadlines, order and iterators.
  return new KinesisClient({
    ...options,
    maxAttempts: 1,
    requestHandler: new Http2Handler(requestTimeoutMs),
  });
}
