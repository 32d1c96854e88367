import { MillraceError } from '@millrace/kinesis';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';

import { abortable, call, type CallOptions } from './call.ts';

/** S3 buckets. Every method throws a `MillraceError`. */
export interface Buckets {
  /** The first keys below a prefix, in their order. */
  keys(bucket: string, prefix: string, most: number, options?: CallOptions): Promise<readonly string[]>;
  text(bucket: string, key: string, options?: CallOptions): Promise<string>;
  delete(bucket: string, key: string): Promise<void>;
}

/** The buckets on an SDK client. */
export function createBuckets(client: Pick<S3Client, 'send'>): Buckets {
  return {
    keys: (bucket, prefix, most, { signal } = {}) =>
      call({ operation: 'ListObjectsV2', destination: `bucket ${bucket}` }, async () => {
        const keys: string[] = [];
        let token: string | undefined;
        do {
          const command = new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            MaxKeys: Math.min(1000, most - keys.length),
            ContinuationToken: token,
          });
          const { Contents = [], NextContinuationToken } = await client.send(command, abortable(signal));
          keys.push(...Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
          token = NextContinuationToken;
        } while (token !== undefined && keys.length < most);
        return keys;
      }),
    text: (bucket, key, { signal } = {}) =>
      call({ operation: 'GetObject', destination: `bucket ${bucket}` }, async () => {
        const command = new GetObjectCommand({ Bucket: bucket, Key: key });
        const { Body } = await client.send(command, abortable(signal));
        if (Body !== undefined) return Body.transformToString();
        throw new MillraceError('DATA_MISSING', `The object ${key} of ${bucket} is empty.`, {
          advice: 'There is nothing to redrive in it.',
        });
      }),
    delete: (bucket, key) =>
      call({ operation: 'DeleteObject', destination: `bucket ${bucket}` }, async () => {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      }),
  };
}
