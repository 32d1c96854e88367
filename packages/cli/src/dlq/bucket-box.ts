import type { Buckets } from '../aws/buckets.ts';
import type { LetterBox, Slip } from './letter-box.ts';

/** The objects of a bucket below a prefix, in the order of their keys: Lambda's begin with the mapping and the day. */
export function createBucketBox(buckets: Buckets, bucket: string, prefix: string): LetterBox {
  return {
    async read(most, signal) {
      const slips: Slip[] = [];
      for (const key of await buckets.keys(bucket, prefix, most, { signal })) {
        slips.push({ id: key, text: await buckets.text(bucket, key, { signal }) });
      }
      return slips;
    },
    remove: ({ id }) => buckets.delete(bucket, id),
    async close() {},
  };
}
