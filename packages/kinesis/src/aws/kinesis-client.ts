import { KinesisClient } from '@aws-sdk/client-kinesis';

import type { ClientOptions } from './clients.ts';
import { DirectCalls } from './direct-calls.ts';
import { Http1Handler } from './http1-handler.ts';
import { Http2Handler } from './http2-handler.ts';

/**
 * A client for the producer, whose calls are large: no retries of its own, and a kept connection for each call in flight.
 * Nobody else has it, so no call of it need pass what others may add to a client: `direct` sends them by a shorter way.
 */
export function createWriterClient(options: ClientOptions): {
  readonly client: KinesisClient;
  readonly direct: DirectCalls;
} {
  const handler = new Http1Handler(30_000);
  const client = createClient(options, handler);
  const direct = new DirectCalls({
    credentials: () => client.config.credentials(),
    handle: (request, call) => handler.handle(request, call),
  });
  return { client, direct };
}

/** A client for the sources: no retries of its own, connections that are kept and shared. */
export function createReaderClient(options: ClientOptions): KinesisClient {
  return createClient(options, new Http2Handler(30_000));
}

/**
 * A client for subscriptions, which last minutes and may be silent or held back: with connections of their own, so that no
 * other call waits behind them, and without a limit to their time. Their reader watches them.
 */
export function createFanOutClient(options: ClientOptions): KinesisClient {
  return createClient(options, new Http2Handler(0));
}

function createClient(options: ClientOptions, requestHandler: Http1Handler | Http2Handler): KinesisClient {
  // Retries are the producer's and the source's own: they alone know deadlines, order and iterators.
  return new KinesisClient({ ...options, maxAttempts: 1, retryMode: 'standard', requestHandler });
}
