import process from 'node:process';

import { md5Hex } from '../record/md5.ts';
import { systemClock } from '../runtime/clock.ts';
import { Delivery } from '../sink/delivery.ts';
import { encodeLostRecord } from '../sink/lost-document.ts';
import type { LostRecordSink } from '../sink/lost-record.ts';
import { toMillraceError } from './aws-error.ts';
import type { ClientOptions } from './clients.ts';
import { withPeer } from './peer.ts';
import { openOnce, type AwsSinkOptions, type S3Sender } from './sink-options.ts';

export interface S3SinkOptions extends AwsSinkOptions {
  readonly bucket: string;
  /** In front of each object's key. @defaultValue `'lost/'` */
  readonly prefix?: string;
  /** An S3 client of your own; turn its retries off (`maxAttempts: 1`), the sink has its own. */
  readonly client?: S3Sender;
}

/** An object in S3. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Keeps each lost record as an object in S3, one JSON document that `decodeLostRecord` reads, whatever its size:
 * `<prefix><stream>/<yyyy>/<mm>/<dd>/<time>-<digest>.json`. The sink rejects with `PEER_MISSING` when
 * `@aws-sdk/client-s3` is not installed, and with the service's error when `deadline` has passed.
 *
 * @example
 * ```ts
 * const onUndeliverable = lostToS3({ bucket: 'shop-lost-records' });
 * await using producer = createProducer(orders, connect(), { onUndeliverable });
 * ```
 */
export function lostToS3(options: S3SinkOptions): LostRecordSink {
  const { clock = systemClock, deadline } = options;
  const delivery = new Delivery({ clock, ...(deadline !== undefined && { deadline }) });
  const store = createObjectStore(options);
  return (lost) => {
    const at = new Date(clock.now());
    const document = encodeLostRecord(lost, at);
    const key = objectKey(options.prefix ?? 'lost/', lost.stream, at, document);
    return delivery.run((signal) => store({ bucket: options.bucket, key }, document, signal));
  };
}

/** Puts one object; a retry puts the same one again. */
export type ObjectStore = (place: S3Location, document: string, signal: AbortSignal) => Promise<void>;

export function createObjectStore(options: ClientOptions & { readonly client?: S3Sender }): ObjectStore {
  const peer = '@aws-sdk/client-s3';
  const open = openOnce(() =>
    withPeer(peer, async () => {
      const { PutObjectCommand } = await import('@aws-sdk/client-s3');
      return { PutObjectCommand, client: options.client ?? (await createS3Client(options)) };
    }),
  );
  return async ({ bucket, key }, document, abortSignal) => {
    try {
      const { client, PutObjectCommand } = await open();
      const command = { Bucket: bucket, Key: key, Body: document, ContentType: 'application/json' };
      await client.send(new PutObjectCommand(command), { abortSignal });
    } catch (error) {
      throw toMillraceError(error, { operation: 'PutObject', destination: `bucket ${bucket}` });
    }
  };
}

export async function createS3Client({ region, endpoint, credentials }: ClientOptions): Promise<S3Sender> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    maxAttempts: 1,
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
    ...(endpoint !== undefined && { endpoint }),
    // Another endpoint than AWS has no name of its own for each bucket.
    forcePathStyle: [endpoint, process.env['AWS_ENDPOINT_URL_S3'], process.env['AWS_ENDPOINT_URL']].some(
      Boolean,
    ),
  });
}

export function objectKey(prefix: string, stream: string, at: Date, document: string): string {
  const time = at.toISOString();
  return `${prefix}${stream}/${time.slice(0, 10).replaceAll('-', '/')}/${time}-${md5Hex(document)}.json`;
}
