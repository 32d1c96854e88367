import { optionError } from '@millrace/kinesis/runtime';

import type { Resource } from '../template/template.ts';
import { attribute, reference, type Numeric, type Text } from '../template/value.ts';
import { checkMembers, checkNumber, checkText, tagList } from './check.ts';
import { mustBeUnsafe } from './unsafe.ts';

export type ShardMetric =
  | 'IncomingBytes'
  | 'IncomingRecords'
  | 'IteratorAgeMilliseconds'
  | 'OutgoingBytes'
  | 'OutgoingRecords'
  | 'ReadProvisionedThroughputExceeded'
  | 'WriteProvisionedThroughputExceeded';

/** A stream to be. Everything has a default that loses nothing. */
export interface StreamOptions {
  /** 1 to 128 letters, digits and _ . - */
  readonly name: Text;
  /** Open shards, 1 to 20,000: provisioned capacity. Without it the stream is on-demand. */
  readonly shards?: Numeric;
  /** On-demand only: write capacity kept ready, MiB/s, 1 to 10,240. Default: AWS scales by itself. */
  readonly warmThroughputMiBps?: number;
  /** On-demand only: `auto` spreads records evenly and ignores partition keys. Default `key`. */
  readonly distribution?: 'key' | 'auto';
  /** Hours records are kept, 24 to 8,760. Default 168: what fails on a Friday can be read again on Monday. */
  readonly retentionHours?: Numeric;
  /** Largest record in KiB, 1,024 to 10,240. Default 1,024, as the service's. */
  readonly maxRecordKiB?: number;
  /**
   * ARN of the KMS key; the roles of readers are given it, which an alias cannot be. Default `alias/aws/kinesis`, which
   * costs nothing and needs no permission.
   */
  readonly kmsKey?: Text;
  /** Paid by shard and metric; `'all'` for the seven of them. Default none. */
  readonly shardMetrics?: readonly ShardMetric[] | 'all';
  readonly tags?: Readonly<Record<string, Text>>;
  /** Default true. */
  readonly encrypted?: boolean;
  /** Whether it outlives its stack. Default true. */
  readonly retain?: boolean;
  readonly unsafe?: {
    /** Permits `encrypted: false`. */
    readonly unencrypted?: boolean;
    /** Permits `retain: false`: deleting the stack deletes every record. */
    readonly deleteWithStack?: boolean;
  };
}

/** A stream that the deployment may name. */
export type UnnamedStreamOptions = Omit<StreamOptions, 'name'> & Partial<Pick<StreamOptions, 'name'>>;

/** The stream as the rest of the stack refers to it. */
export interface StreamReference {
  readonly name: Text;
  readonly arn: Text;
  readonly retentionHours: Numeric;
  readonly shards?: Numeric;
  /** ARN of the key, when it is not the key of AWS: its users need permissions. */
  readonly kmsKeyArn?: Text;
}

const members: readonly (keyof StreamOptions)[] = [
  'name',
  'shards',
  'warmThroughputMiBps',
  'distribution',
  'retentionHours',
  'maxRecordKiB',
  'kmsKey',
  'shardMetrics',
  'tags',
  'encrypted',
  'retain',
  'unsafe',
];

const id = 'Stream';
/** The key of AWS, which everybody may use through Kinesis. */
const awsKey = 'alias/aws/kinesis';

/**
 * The resource of a stream, and how others refer to it. Throws `OPTION_INVALID`.
 *
 * @see {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesis-stream.html}
 */
export function streamResource(options: UnnamedStreamOptions): {
  readonly resource: Resource;
  readonly stream: StreamReference;
} {
  checkStream(options);
  const { name, shards, kmsKey = awsKey, encrypted = true, retain = true } = options;
  const retentionHours = checkNumber('stream.retentionHours', options.retentionHours ?? 168, 24, 8760);
  const resource: Resource = {
    id,
    type: 'AWS::Kinesis::Stream',
    retain,
    ...(name !== undefined && { name }),
    comment: retain ? 'Outlives the stack: it holds records that exist nowhere else.' : '',
    properties: {
      ...(name !== undefined && { Name: name }),
      ...capacity(options),
      RetentionPeriodHours: retentionHours,
      ...(encrypted && { StreamEncryption: { EncryptionType: 'KMS', KeyId: kmsKey } }),
      MaxRecordSizeInKiB: checkNumber('stream.maxRecordKiB', options.maxRecordKiB ?? 1024, 1024, 10_240),
      ...(options.shardMetrics !== undefined && {
        DesiredShardLevelMetrics: options.shardMetrics === 'all' ? ['ALL'] : options.shardMetrics,
      }),
      ...(options.tags !== undefined && { Tags: tagList(options.tags) }),
    },
  };
  const keyArn = !encrypted || kmsKey === awsKey ? undefined : kmsKey;
  return {
    resource,
    stream: {
      name: reference(id),
      arn: attribute(id, 'Arn'),
      retentionHours,
      ...(shards !== undefined && { shards }),
      ...(keyArn !== undefined && { kmsKeyArn: keyArn }),
    },
  };
}

/** Refuses names and keys that cannot be, and what loses or bares records unless it is meant. */
function checkStream(options: UnnamedStreamOptions): void {
  checkMembers('stream', options, members);
  const { name, kmsKey = awsKey, encrypted = true, retain = true, unsafe } = options;
  if (name !== undefined) {
    checkText('stream.name', name, /^[\w.-]{1,128}$/, 'a name of 1 to 128 letters, digits, and _ . -');
  }
  if (kmsKey !== awsKey && typeof kmsKey === 'string' && /^alias\/|^[\w-]*$/.test(kmsKey)) {
    throw optionError('stream.kmsKey', kmsKey, 'the ARN of a key: roles cannot be given an alias or an id');
  }
  if (!encrypted) {
    mustBeUnsafe(unsafe, 'unencrypted', {
      path: 'stream.encrypted',
      got: false,
      loses: 'records lie on disk as they are.',
      instead: 'true (it costs nothing with the key of AWS)',
    });
  }
  if (!retain) {
    mustBeUnsafe(unsafe, 'deleteWithStack', {
      path: 'stream.retain',
      got: false,
      loses: 'deleting the stack, or an update that replaces the stream, deletes every record in it.',
      instead: 'true',
    });
  }
}

function capacity(options: UnnamedStreamOptions): Resource['properties'] {
  const { shards, warmThroughputMiBps: warm, distribution } = options;
  if (shards === undefined) {
    return {
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      ...(warm !== undefined && {
        WarmThroughputMiBps: checkNumber('stream.warmThroughputMiBps', warm, 1, 10_240),
      }),
      ...(distribution !== undefined && {
        RecordDistributionStrategy: distribution === 'auto' ? 'AUTO' : 'USER_PARTITION_KEY',
      }),
    };
  }
  for (const name of ['warmThroughputMiBps', 'distribution'] as const) {
    if (options[name] !== undefined) {
      throw optionError(`stream.${name}`, options[name], 'it without stream.shards: it is for on-demand');
    }
  }
  return {
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    ShardCount: checkNumber('stream.shards', shards, 1, 20_000),
  };
}
