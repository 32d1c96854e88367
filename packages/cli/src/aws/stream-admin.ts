import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  ListStreamsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  type ListStreamsCommandOutput,
} from '@aws-sdk/client-kinesis';
import { MillraceError } from '@millrace/kinesis';
import type { KinesisSender } from '@millrace/kinesis/aws';

import { abortable, call, type CallOptions } from './call.ts';

export interface ListedStream {
  readonly name: string;
  /** Undefined where the endpoint answers names alone, as older emulators do. */
  readonly status?: string;
  readonly mode?: string;
  readonly arn?: string;
  readonly createdAt?: string;
}

export interface DescribedStream {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly mode: string;
  readonly openShards: number;
  readonly retentionHours: number;
  readonly maxRecordKiB?: number;
  readonly encryption: string;
  /** ARN, id or alias of its KMS key, as it was given. */
  readonly kmsKeyId?: string;
  readonly consumers?: number;
  /** Metrics published for each of its shards. */
  readonly shardMetrics: readonly string[];
  readonly createdAt?: string;
}

export interface NewStream {
  readonly shards?: number;
  readonly onDemand: boolean;
  readonly maxRecordKiB?: number;
}

/** What is done to streams as a whole. Every method throws a `MillraceError`. */
export interface StreamAdmin {
  list(options?: CallOptions): Promise<readonly ListedStream[]>;
  describe(stream: string, options?: CallOptions): Promise<DescribedStream>;
  create(stream: string, init: NewStream, options?: CallOptions): Promise<void>;
  delete(stream: string, options?: CallOptions & { readonly consumers?: boolean }): Promise<void>;
  /** `at`: the first hash key of the second half. */
  split(stream: string, shardId: string, at: bigint, options?: CallOptions): Promise<void>;
  merge(stream: string, shardId: string, adjacent: string, options?: CallOptions): Promise<void>;
}

/** The admin on an SDK client. */
export function createStreamAdmin(client: KinesisSender): StreamAdmin {
  return {
    list: ({ signal } = {}) =>
      call({ operation: 'ListStreams' }, async () => {
        const streams: ListedStream[] = [];
        let start: string | undefined;
        do {
          const command = new ListStreamsCommand(
            start === undefined ? {} : { ExclusiveStartStreamName: start },
          );
          const answer = await client.send(command, abortable(signal));
          const page = listed(answer);
          streams.push(...page);
          start = answer.HasMoreStreams === true ? page.at(-1)?.name : undefined;
        } while (start !== undefined);
        return streams;
      }),

    describe: (stream, { signal } = {}) =>
      call({ operation: 'DescribeStreamSummary', stream }, async () => {
        const command = new DescribeStreamSummaryCommand({ StreamName: stream });
        const { StreamDescriptionSummary: summary } = await client.send(command, abortable(signal));
        if (summary === undefined) throw notAKinesis(stream);
        const { MaxRecordSizeInKiB: maxRecordKiB, ConsumerCount: consumers } = summary;
        return {
          name: summary.StreamName ?? stream,
          arn: summary.StreamARN ?? '',
          status: summary.StreamStatus ?? 'UNKNOWN',
          mode: summary.StreamModeDetails?.StreamMode ?? 'PROVISIONED',
          openShards: summary.OpenShardCount ?? 0,
          retentionHours: summary.RetentionPeriodHours ?? 24,
          ...(maxRecordKiB !== undefined && { maxRecordKiB }),
          encryption: summary.EncryptionType ?? 'NONE',
          ...(summary.KeyId !== undefined && { kmsKeyId: summary.KeyId }),
          ...(consumers !== undefined && { consumers }),
          shardMetrics: (summary.EnhancedMonitoring ?? []).flatMap((one) => one.ShardLevelMetrics ?? []),
          ...created(summary.StreamCreationTimestamp),
        };
      }),

    create: (stream, { shards, onDemand, maxRecordKiB }, { signal } = {}) =>
      call({ operation: 'CreateStream', stream }, async () => {
        const command = new CreateStreamCommand({
          StreamName: stream,
          StreamModeDetails: { StreamMode: onDemand ? 'ON_DEMAND' : 'PROVISIONED' },
          ...(!onDemand && { ShardCount: shards ?? 1 }),
          ...(maxRecordKiB !== undefined && { MaxRecordSizeInKiB: maxRecordKiB }),
        });
        await client.send(command, abortable(signal));
      }),

    delete: (stream, { signal, consumers = false } = {}) =>
      call({ operation: 'DeleteStream', stream }, async () => {
        const command = new DeleteStreamCommand({ StreamName: stream, EnforceConsumerDeletion: consumers });
        await client.send(command, abortable(signal));
      }),

    split: (stream, shardId, at, { signal } = {}) =>
      call({ operation: 'SplitShard', stream, shardId }, async () => {
        const command = new SplitShardCommand({
          StreamName: stream,
          ShardToSplit: shardId,
          NewStartingHashKey: String(at),
        });
        await client.send(command, abortable(signal));
      }),

    merge: (stream, shardId, adjacent, { signal } = {}) =>
      call({ operation: 'MergeShards', stream, shardId }, async () => {
        const command = new MergeShardsCommand({
          StreamName: stream,
          ShardToMerge: shardId,
          AdjacentShardToMerge: adjacent,
        });
        await client.send(command, abortable(signal));
      }),
  };
}

function listed({ StreamSummaries, StreamNames }: ListStreamsCommandOutput): readonly ListedStream[] {
  if (StreamSummaries === undefined || StreamSummaries.length === 0) {
    return (StreamNames ?? []).map((name) => ({ name }));
  }
  return StreamSummaries.map((summary) => {
    const mode = summary.StreamModeDetails?.StreamMode;
    return {
      name: summary.StreamName ?? '',
      ...(summary.StreamStatus !== undefined && { status: summary.StreamStatus }),
      ...(mode !== undefined && { mode }),
      ...(summary.StreamARN !== undefined && { arn: summary.StreamARN }),
      ...created(summary.StreamCreationTimestamp),
    };
  });
}

function created(at: Date | undefined): { readonly createdAt?: string } {
  return at === undefined ? {} : { createdAt: at.toISOString() };
}

function notAKinesis(stream: string): MillraceError {
  return new MillraceError('SERVICE_FAILED', `The description of ${stream} is empty.`, {
    advice: 'Check that the endpoint is a Kinesis: this is not an answer of the service.',
    stream,
  });
}
