import { KinesisClient } from '@aws-sdk/client-kinesis';

import type { ClientOptions } from './clients.ts';
import { DirectCalls, type BodyFormat } from './direct-calls.ts';
import { Http1Handler } from './http1-handler.ts';
import { Http2Handler } from './http2-handler.ts';

/** A client nobody else has, so that no call of it need pass what others may add to one: `direct` sends them by a shorter way. */
export interface OwnClient {
  readonly client: KinesisClient;
  readonly direct: DirectCalls;
}

/**
 * A client for the producer or the sources: no retries of its own, and a kept connection for each call in flight, which is given
 * up after `silenceMs`. `direct` is for PutRecords, or GetRecords, in the format given.
 */
export function createOwnClient(options: ClientOptions, silenceMs: number, format?: BodyFormat): OwnClient {
  const client = createClient(options, new Http1Handler(silenceMs));
  return { client, direct: new DirectCalls(client, format) };
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
