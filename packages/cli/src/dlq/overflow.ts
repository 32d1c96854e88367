import { memberOf } from '@millrace/kinesis/runtime';

/** Where a lost record lies that was too large for its queue: the message holds nothing but the place. */
export interface Overflow {
  readonly bucket: string;
  readonly key: string;
}

/** The place in a document of `lostToSqs`; undefined when the record itself is in it. */
export function overflowIn(document: unknown): Overflow | undefined {
  const place = memberOf(document, 's3');
  const [bucket, key] = [memberOf(place, 'bucket'), memberOf(place, 'key')];
  return typeof bucket === 'string' && typeof key === 'string' ? { bucket, key } : undefined;
}
