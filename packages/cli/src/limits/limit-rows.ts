import type { AccountLimits } from '../aws/account.ts';
import type { DescribedStream } from '../aws/stream-admin.ts';
import { shardLimits } from './shard-limits.ts';

/** Something the service allows so much of, and how near it is. */
export interface LimitRow {
  readonly of: 'account' | 'stream' | 'shards';
  readonly limit: string;
  readonly unit: 'count' | 'bytes/s' | 'records/s' | 'KiB' | 'hours' | 'per second';
  readonly used?: number;
  readonly allowed: number;
  /** Used of allowed, 0 to 1 and beyond. */
  readonly share?: number;
  /** What to do when it is reached. */
  readonly advice: string;
}

/** What is known of the traffic of a stream: means over the minutes looked at, a second. */
export interface StreamTraffic {
  readonly inRecords: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export function accountLimits(limits: AccountLimits): readonly LimitRow[] {
  return [
    used(
      'account',
      'open shards in the region',
      'count',
      limits.openShards,
      limits.shardLimit,
      'Ask for a higher quota in Service Quotas.',
    ),
    used(
      'account',
      'streams on demand',
      'count',
      limits.onDemandStreams,
      limits.onDemandStreamLimit,
      'Ask for a higher quota in Service Quotas.',
    ),
    fixed(
      'account',
      'CreateStream, SplitShard, MergeShards, each',
      'per second',
      5,
      'The SDK retries; spread the calls of many jobs.',
    ),
    fixed(
      'account',
      'DescribeStream',
      'per second',
      10,
      'Use DescribeStreamSummary (20 a second and stream) and ListShards (1,000).',
    ),
  ];
}

export function streamLimits(
  stream: DescribedStream,
  traffic: StreamTraffic | undefined,
  advantage: boolean,
): readonly LimitRow[] {
  const { openShards, consumers, retentionHours, maxRecordKiB = 1024, mode } = stream;
  const provisioned = mode === 'PROVISIONED';
  const whole = (each: number): number => each * openShards;
  const more = provisioned
    ? 'Add shards: millrace shards split, or UpdateShardCount.'
    : 'It scales by itself up to double the peak of the last 30 days; raise its warm throughput before a jump.';
  return [
    used(
      'shards',
      'bytes written, all shards',
      'bytes/s',
      traffic?.inBytes,
      whole(shardLimits.writtenBytes),
      more,
    ),
    used(
      'shards',
      'records written, all shards',
      'records/s',
      traffic?.inRecords,
      whole(shardLimits.writtenRecords),
      more,
    ),
    used(
      'shards',
      'bytes read by polling, all shards',
      'bytes/s',
      traffic?.outBytes,
      whole(shardLimits.readBytes),
      'Give a reader its own 2 MiB/s with a fan-out consumer.',
    ),
    fixed(
      'shards',
      'GetRecords calls of one shard, all readers together',
      'per second',
      5,
      'Poll less often (pollInterval), or use fan-out.',
    ),
    used(
      'stream',
      'fan-out consumers',
      'count',
      consumers,
      advantage ? 50 : 20,
      'Deregister those nobody uses: millrace consumers ls',
    ),
    used(
      'stream',
      'largest record',
      'KiB',
      maxRecordKiB,
      10_240,
      'Larger ones belong into S3, with a pointer in the record.',
    ),
    used('stream', 'retention', 'hours', retentionHours, 8760, 'Keep longer in S3.'),
    ...(provisioned
      ? [
          fixed(
            'stream',
            'changes of the shard count in 24 hours',
            'count',
            10,
            'At most double, at least half each time.',
          ),
        ]
      : []),
  ];
}

function used(
  of: LimitRow['of'],
  limit: string,
  unit: LimitRow['unit'],
  amount: number | undefined,
  allowed: number,
  advice: string,
): LimitRow {
  const base = { of, limit, unit, allowed, advice };
  return amount === undefined ? base : { ...base, used: amount, share: allowed === 0 ? 0 : amount / allowed };
}

function fixed(
  of: LimitRow['of'],
  limit: string,
  unit: LimitRow['unit'],
  allowed: number,
  advice: string,
): LimitRow {
  return { of, limit, unit, allowed, advice };
}
