import type { Stream } from '../../engine/stream.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { structure } from '../shape.ts';
import { pageLimit, shardId, streamArn, streamId, streamName } from '../shapes.ts';
import { describeShard, type ShardOutput } from '../shard-output.ts';
import { streamOf } from '../stream-reference.ts';
import { describeEncryption } from './encryption.ts';
import { shardLevelMetrics } from './enhanced-monitoring.ts';
import type { WarmThroughput } from './stream-mode.ts';

/** What both descriptions of a stream say. */
export interface StreamOutput {
  readonly StreamName: string;
  readonly StreamARN: string;
  readonly StreamStatus: string;
  readonly StreamModeDetails: { readonly StreamMode: string };
  readonly RetentionPeriodHours: number;
  readonly StreamCreationTimestamp: number;
  readonly EnhancedMonitoring: readonly { readonly ShardLevelMetrics: readonly string[] }[];
  readonly EncryptionType: string;
  readonly KeyId?: string;
}

export interface DescribeStreamOutput {
  readonly StreamDescription: StreamOutput & {
    readonly Shards: readonly ShardOutput[];
    readonly HasMoreShards: boolean;
  };
}

export interface DescribeStreamSummaryOutput {
  readonly StreamDescriptionSummary: StreamOutput & {
    readonly OpenShardCount: number;
    readonly ConsumerCount: number;
    readonly MaxRecordSizeInKiB: number;
    readonly ChannelCount: number;
    /** On demand, in an account with MinimumThroughputBillingCommitment. */
    readonly WarmThroughput?: WarmThroughput;
    /** On demand. */
    readonly RecordDistributionStrategy?: string;
  };
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html}. */
export function describeStream({ engine }: OperationContext, input: unknown): DescribeStreamOutput {
  const request = accept(describeShape, input);
  const stream = streamOf(engine, request);
  const start = request.ExclusiveStartShardId ?? '';
  const limit = Math.min(largestPage, Math.floor(request.Limit ?? largestPage));
  const shards = stream.shards(engine.now).filter((shard) => shard.id > start);
  return {
    StreamDescription: {
      ...describe(stream),
      Shards: shards.slice(0, limit).map(describeShard),
      HasMoreShards: shards.length > limit,
    },
  };
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html}. */
export function describeStreamSummary(
  { engine }: OperationContext,
  input: unknown,
): DescribeStreamSummaryOutput {
  const stream = streamOf(engine, accept(summaryShape, input));
  const onDemand = stream.mode === 'ON_DEMAND';
  const warm = onDemand && engine.account.commitment(engine.now).status !== 'DISABLED';
  const { warmMiBps, distribution } = stream.settings;
  return {
    StreamDescriptionSummary: {
      ...describe(stream),
      OpenShardCount: stream.openShards.length,
      ConsumerCount: stream.consumers.size,
      MaxRecordSizeInKiB: stream.maxRecordBytes / 1024,
      ChannelCount: engine.channels.of(stream).length,
      ...(warm
        ? {
            WarmThroughput: {
              ...(warmMiBps === undefined ? {} : { TargetMiBps: warmMiBps }),
              CurrentMiBps: stream.openShards.length,
            },
          }
        : {}),
      ...(onDemand ? { RecordDistributionStrategy: distribution } : {}),
    },
  };
}

const largestPage = 100;

const describeShape = structure({
  Limit: pageLimit,
  ExclusiveStartShardId: shardId,
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
});

const summaryShape = structure({ StreamName: streamName, StreamARN: streamArn, StreamId: streamId });

function describe(stream: Stream): StreamOutput {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: stream.mode },
    RetentionPeriodHours: stream.retentionHours,
    StreamCreationTimestamp: stream.createdAt,
    EnhancedMonitoring: [{ ShardLevelMetrics: shardLevelMetrics(stream) }],
    ...describeEncryption(stream),
  };
}
