import { optionError } from '@millrace/kinesis/runtime';

import type { Kinesis } from '../aws/kinesis.ts';
import type { LetterBox } from './letter-box.ts';

/** What the user named: a queue by URL or ARN, `s3://bucket/prefix`, or files. Throws `OPTION_INVALID`, `DATA_MISSING`. */
export async function openBox(where: string, kinesis: () => Promise<Kinesis>): Promise<LetterBox> {
  if (where.startsWith('s3://')) {
    const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9.-]{3,63})(?:\/(.*))?$/.exec(where) ?? [];
    if (bucket === undefined) throw optionError('from', where, 's3://bucket or s3://bucket/prefix');
    const [{ createBucketBox }, { services }] = await Promise.all([import('./bucket-box.ts'), kinesis()]);
    return createBucketBox(await services.buckets(), bucket, prefix);
  }
  const isArn = where.startsWith('arn:');
  if (isArn && !/^arn:[\w-]+:sqs:/.test(where)) {
    throw optionError('from', where, 'the ARN of a queue; a topic keeps nothing, subscribe a queue to it');
  }
  if (isArn || /^https?:\/\//.test(where)) {
    const [{ createQueueBox }, { services }] = await Promise.all([import('./queue-box.ts'), kinesis()]);
    const queues = await services.queues();
    return createQueueBox(queues, isArn ? await queues.urlOf(where) : where);
  }
  return (await import('./file-box.ts')).createFileBox(where);
}
