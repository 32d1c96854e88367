import type { ShardMetric, StreamOptions } from '@millrace/infra';
import { optionError } from '@millrace/kinesis/runtime';

import type { DescribedStream } from '../aws/stream-admin.ts';

/**
 * A stream that is there as the options that make it. Throws `OPTION_INVALID` when its key is needed and cannot be named
 * in the policy of a role.
 */
export function streamOptionsOf(stream: DescribedStream, needsKey: boolean): StreamOptions {
  const { name, mode, openShards, retentionHours, maxRecordKiB, shardMetrics } = stream;
  const key = needsKey ? keyArnOf(stream) : undefined;
  return {
    name,
    ...(mode !== 'ON_DEMAND' && { shards: openShards }),
    retentionHours,
    ...(maxRecordKiB !== undefined && maxRecordKiB !== 1024 && { maxRecordKiB }),
    ...(key !== undefined && { kmsKey: key }),
    ...(shardMetrics.length > 0 && {
      shardMetrics: shardMetrics.length === 7 ? 'all' : shardMetrics.filter(isShardMetric),
    }),
  };
}

/** Undefined for the key of AWS, and where there is none. */
function keyArnOf({ arn, kmsKeyId: key = 'alias/aws/kinesis' }: DescribedStream): string | undefined {
  if (key.endsWith('alias/aws/kinesis')) return undefined;
  if (key.includes('alias/')) {
    throw optionError(
      '--from-stream',
      `a stream encrypted with ${key}`,
      'one whose key is named by ARN or id, or --config with the ARN of the key as stream.kmsKey: roles cannot be given an alias',
    );
  }
  const [, partition, , region, account] = arn.split(':');
  return key.startsWith('arn:') ? key : `arn:${partition}:kms:${region}:${account}:key/${key}`;
}

function isShardMetric(name: string): name is ShardMetric {
  return name !== 'ALL';
}
