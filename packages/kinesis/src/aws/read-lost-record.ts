import { MillraceError } from '../errors.ts';
import { decodeLostRecord, type LostDocument } from '../sink/lost-document.ts';
import { memberOf } from '../runtime/unknown-value.ts';
import { toMillraceError } from './aws-error.ts';
import type { ClientOptions } from './clients.ts';
import { withPeer } from './peer.ts';
import { createS3Client, type S3Location } from './s3-sink.ts';
import type { S3Sender } from './sink-options.ts';

export interface ReadLostRecordOptions extends ClientOptions {
  /** An S3 client of your own, for documents that were too large for the queue. */
  readonly s3?: S3Sender;
}

/**
 * The lost record in a message that `lostToSqs` sent, fetched from S3 where it was too large. Rejects with
 * `RECORD_INVALID` when it is none.
 *
 * @example
 * ```ts
 * const { stream, record, error } = await readLostRecord(message.Body ?? '');
 * ```
 */
export async function readLostRecord(
  body: string,
  options: ReadLostRecordOptions = {},
): Promise<LostDocument> {
  const place = placeIn(body);
  return decodeLostRecord(place === undefined ? body : await fetchObject(place, options));
}

function placeIn(body: string): S3Location | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const place = memberOf(parsed, 's3');
  const [bucket, key] = [memberOf(place, 'bucket'), memberOf(place, 'key')];
  return typeof bucket === 'string' && typeof key === 'string' ? { bucket, key } : undefined;
}

async function fetchObject({ bucket, key }: S3Location, options: ReadLostRecordOptions): Promise<string> {
  try {
    return await withPeer('@aws-sdk/client-s3', async () => {
      const { GetObjectCommand } = await import('@aws-sdk/client-s3');
      const client = options.s3 ?? (await createS3Client(options));
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (Body !== undefined) return Body.transformToString();
      throw new MillraceError('DATA_MISSING', `The object ${key} of ${bucket} is empty.`, {
        advice: 'The lost record cannot be had back from here.',
      });
    });
  } catch (error) {
    throw toMillraceError(error, { operation: 'GetObject', destination: `bucket ${bucket}` });
  }
}
